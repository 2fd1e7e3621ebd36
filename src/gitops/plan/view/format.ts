import { formatYaml } from '../../../base/index.ts';
import { formatPath } from '../../../model/index.ts';
import { formatTarget } from '../../desired/identity.ts';
import { formatProblem } from '../../problem.ts';
import { effectOf, formatEffect } from '../effects.ts';
import { AWAITS_APPROVAL, changingSteps, type ApplicationPlan, type Step } from '../steps.ts';
import { formatPlanCounts, heldReasons, isMove } from '../summary.ts';
import { diffObjects } from './diff.ts';
import { escapeMarkdown, formatMarkdown } from './markdown.ts';
import { paintFor, type Paint, type Tone } from './paint.ts';
import { toReport } from './report.ts';
import { viewText } from './yaml.ts';

export type PlanFormat = 'diff' | 'stat' | 'json' | 'yaml' | 'markdown';

export interface FormatOptions {
  readonly format?: PlanFormat;
  readonly colour?: boolean;
  /** Why the commit is not going to be applied as things are, where that is so. */
  readonly notTaken?: string;
}

type Changing = Exclude<Step, { op: 'keep' }>;

const SIGNS: Readonly<Record<Changing['op'] | 'move', readonly [sign: string, tone: Tone]>> = {
  create: ['+', 'added'],
  update: ['~', 'changed'],
  move: ['>', 'changed'],
  replace: ['±', 'removed'],
  prune: ['-', 'removed'],
  hook: ['»', 'changed'],
};

/** Whole objects are cut after this many lines: the file or the history of the repository has the rest. */
const MOST_LINES = { create: 60, prune: 12 } as const;

/** Several plans as one text: programs get one list. */
export function formatPlans(plans: readonly ApplicationPlan[], options: FormatOptions = {}): string {
  const { format, colour = false, notTaken } = options;
  const reports = () => plans.map((plan) => ({ ...toReport(plan), ...(notTaken ? { notTaken } : {}) }));
  if (format === 'json') return JSON.stringify(reports(), undefined, 2);
  if (format === 'yaml') return formatYaml(reports()).trimEnd();
  const texts = plans.map((plan) => formatPlan(plan, options));
  if (format === 'markdown') return [...(notTaken ? [`> ⚠ ${escapeMarkdown(notTaken)}`] : []), ...texts].join('\n\n');
  return [...(notTaken ? [paintFor(colour)('error', `! ${notTaken}`)] : []), ...texts].join('\n');
}

export function formatPlan(plan: ApplicationPlan, { format = 'diff', colour = false }: FormatOptions = {}): string {
  if (format === 'json') return JSON.stringify(toReport(plan), undefined, 2);
  if (format === 'yaml') return formatYaml(toReport(plan)).trimEnd();
  if (format === 'markdown') return formatMarkdown(plan);
  const paint = paintFor(colour);
  const lines = [header(plan, paint), ...plan.problems.map((problem) => `  ${paint('error', formatProblem(problem))}`)];
  const show = (step: Changing, note?: string) => {
    lines.push([title(step, paint), ...(note === undefined ? [] : [paint('changed', note)])].join('  '));
    if (format === 'diff') lines.push(...body(step, paint));
    else if ('fields' in step) lines.push(`    ${paint('quiet', step.fields.map(({ path }) => formatPath(path)).join(', '))}`);
  };
  for (const step of changingSteps(plan)) show(step);
  for (const { step } of plan.held) if (step) show(step, AWAITS_APPROVAL);
  lines.push(...plan.warnings.map((warning) => `  ${paint('changed', `! ${warning}`)}`));
  lines.push(...heldReasons(plan.held).map((reason) => `  ${paint('changed', `! ${reason}`)}`));
  return lines.join('\n');
}

function header(plan: ApplicationPlan, paint: Paint): string {
  const { application, commit, problems } = plan;
  const what =
    problems.length > 0 ? `${problems.length} problem${problems.length > 1 ? 's' : ''}, nothing is changed` : formatPlanCounts(plan);
  const who = commit.oid === '' ? commit.subject : `${commit.short} ${JSON.stringify(commit.subject)} by ${commit.author.name}`;
  return `${paint('title', application)} ${paint('quiet', who)}: ${what}`;
}

function title(step: Changing, paint: Paint): string {
  const op = isMove(step) ? 'move' : step.op;
  const [sign, tone] = SIGNS[op];
  const effect = formatEffect(effectOf(step));
  const notes = [
    step.op === 'hook' ? step.desired.stage.phase : undefined,
    'from' in step && step.from ? `from application ${step.from}` : undefined,
    'desired' in step ? paint('place', `${step.desired.origin.file}:${step.desired.origin.line}`) : undefined,
    effect && paint(effect.startsWith('starts') ? 'quiet' : 'changed', effect),
  ].filter((note) => note !== undefined);
  return [paint(tone, `${sign} ${op.padEnd(6)} ${formatTarget(step.target)}`), ...notes].join('  ');
}

function body(step: Changing, paint: Paint): readonly string[] {
  if (isMove(step)) return [];
  switch (step.op) {
    case 'create':
      return whole(viewText(step.after), '+', 'added', MOST_LINES.create, paint);
    case 'hook':
      return [];
    case 'prune':
      return whole(viewText(step.before), '-', 'removed', MOST_LINES.prune, paint);
    case 'update':
    case 'replace':
      return changes(step, paint);
  }
}

function whole(text: string, sign: string, tone: Tone, most: number, paint: Paint): readonly string[] {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, most).map((line) => paint(tone, `    ${sign}${line}`));
  return lines.length > most ? [...shown, paint('quiet', `     … ${lines.length - most} more lines`)] : shown;
}

function changes(step: Extract<Step, { op: 'update' | 'replace' }>, paint: Paint): readonly string[] {
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
