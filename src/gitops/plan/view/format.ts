import { formatPath } from '../../../model/index.ts';
import { formatTarget } from '../../desired/identity.ts';
import { formatProblem } from '../../problem.ts';
import { changingSteps, type ApplicationPlan, type Step } from '../steps.ts';
import { countSteps, formatCounts, toPlanStep } from '../summary.ts';
import { diffObjects } from './diff.ts';
import { paintFor, type Paint, type Tone } from './paint.ts';
import { viewText } from './yaml.ts';

export type PlanFormat = 'diff' | 'stat' | 'json';

export interface FormatOptions {
  readonly format?: PlanFormat;
  readonly colour?: boolean;
}

const SIGNS: Readonly<Record<Step['op'], readonly [sign: string, tone: Tone]>> = {
  create: ['+', 'added'],
  update: ['~', 'changed'],
  prune: ['-', 'removed'],
  keep: ['=', 'quiet'],
};

/** Whole objects are cut after this many lines: the file or the history of the repository has the rest. */
const MOST_LINES = { create: 60, prune: 12 } as const;

export function formatPlan(plan: ApplicationPlan, { format = 'diff', colour = false }: FormatOptions = {}): string {
  if (format === 'json') return JSON.stringify(toJson(plan), undefined, 2);
  const paint = paintFor(colour);
  const lines = [header(plan, paint), ...plan.problems.map((problem) => `  ${paint('error', formatProblem(problem))}`)];
  for (const step of changingSteps(plan)) {
    lines.push(title(step, paint));
    if (format === 'diff') lines.push(...body(step, paint));
    else if (step.op === 'update') lines.push(`    ${paint('quiet', step.fields.map(({ path }) => formatPath(path)).join(', '))}`);
  }
  lines.push(...plan.held.map(({ reason }) => `  ${paint('changed', reason)}`));
  return lines.join('\n');
}

function header(plan: ApplicationPlan, paint: Paint): string {
  const { application, commit, problems } = plan;
  const what =
    problems.length > 0
      ? `${problems.length} problem${problems.length > 1 ? 's' : ''}, nothing is changed`
      : formatCounts(countSteps(plan));
  return `${paint('title', application)} ${paint('quiet', `${commit.short} ${JSON.stringify(commit.subject)} by ${commit.author.name}`)}: ${what}`;
}

function title(step: Step, paint: Paint): string {
  const [sign, tone] = SIGNS[step.op];
  const place = 'desired' in step ? `  ${paint('place', `${step.desired.origin.file}:${step.desired.origin.line}`)}` : '';
  return `${paint(tone, `${sign} ${step.op.padEnd(6)} ${formatTarget(step.target)}`)}${place}`;
}

function body(step: Step, paint: Paint): readonly string[] {
  switch (step.op) {
    case 'create':
      return whole(viewText(step.after), '+', 'added', MOST_LINES.create, paint);
    case 'prune':
      return whole(viewText(step.before), '-', 'removed', MOST_LINES.prune, paint);
    case 'update':
      return update(step, paint);
    case 'keep':
      return [];
  }
}

function whole(text: string, sign: string, tone: Tone, most: number, paint: Paint): readonly string[] {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, most).map((line) => paint(tone, `    ${sign}${line}`));
  return lines.length > most ? [...shown, paint('quiet', `     … ${lines.length - most} more lines`)] : shown;
}

function update(step: Extract<Step, { op: 'update' }>, paint: Paint): readonly string[] {
  const hunks = diffObjects(step.before, step.after, step.fields);
  if (hunks.length === 0) return [paint('quiet', '    no value changes; fields that another manager has set are taken over')];
  const { file, line: start } = step.desired.origin;
  return hunks.flatMap(({ field, line, lines }) => [
    `  ${paint('place', `@@ ${field === undefined ? '' : `${field}  `}${file}:${line ?? start} @@`)}`,
    ...lines.map((text) => `    ${paintLine(text, paint)}`),
  ]);
}

function paintLine(text: string, paint: Paint): string {
  if (text.startsWith('+')) return paint('added', text);
  return text.startsWith('-') ? paint('removed', text) : text;
}

function toJson(plan: ApplicationPlan) {
  const { application, commit, digest, problems, held } = plan;
  const { oid, author, subject, time } = commit;
  return {
    application,
    commit: { oid, author: author.name, email: author.email, subject, time: new Date(time).toISOString() },
    digest,
    counts: countSteps(plan),
    steps: plan.steps.map(toPlanStep),
    held: held.map(({ reason }) => reason),
    problems,
  };
}
