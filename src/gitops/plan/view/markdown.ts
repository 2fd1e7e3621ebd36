import { formatTarget } from '../../desired/identity.ts';
import { formatProblem } from '../../problem.ts';
import { effectOf, formatEffect } from '../effects.ts';
import { AWAITS_APPROVAL, changingSteps, type ApplicationPlan, type Step } from '../steps.ts';
import { formatPlanCounts, heldReasons, isMove } from '../summary.ts';
import { diffObjects } from './diff.ts';
import { viewText } from './yaml.ts';

/** For a comment at a merge request. */
export function formatMarkdown(plan: ApplicationPlan): string {
  const { application, commit, problems, warnings, held } = plan;
  const what =
    problems.length > 0
      ? `**${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}, nothing is changed**`
      : formatPlanCounts(plan);
  return [
    `### ${escapeMarkdown(application)}: ${what}`,
    '',
    `${commit.short ? `\`${commit.short}\` ` : ''}${escapeMarkdown(commit.subject)}${commit.author.name ? ` (${escapeMarkdown(commit.author.name)})` : ''}`,
    '',
    ...list(
      problems.map((problem) => `\`${problem.file}:${problem.line}\` ${escapeMarkdown(formatProblem(problem).replace(/^\S+ /, ''))}`),
    ),
    ...list([...warnings, ...heldReasons(held)].map((text) => `⚠ ${escapeMarkdown(text)}`)),
    ...changingSteps(plan).flatMap((step) => section(step)),
    ...held.flatMap(({ step }) => (step ? section(step, AWAITS_APPROVAL) : [])),
  ]
    .join('\n')
    .trimEnd();
}

function section(step: Exclude<Step, { op: 'keep' }>, note?: string): readonly string[] {
  const notes = [
    step.op === 'hook' ? step.desired.stage.phase : undefined,
    'desired' in step ? `\`${step.desired.origin.file}:${step.desired.origin.line}\`` : undefined,
    formatEffect(effectOf(step)),
    note,
  ];
  const summary = [
    `**${isMove(step) ? 'move' : step.op}** ${escapeMarkdown(formatTarget(step.target))}`,
    ...notes.filter((note) => note !== undefined),
  ].join(' · ');
  const text = diffOf(step);
  // A fence that is longer than any in the text cannot be ended by it.
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return [
    `<details><summary>${summary.replaceAll(/\*\*(.*?)\*\*/g, '<b>$1</b>').replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</summary>`,
    '',
    `${fence}diff`,
    text,
    fence,
    '',
    '</details>',
    '',
  ];
}

function diffOf(step: Exclude<Step, { op: 'keep' }>): string {
  switch (step.op) {
    case 'create':
    case 'hook':
      return signed('+', viewText(step.after));
    case 'prune':
      return signed('-', viewText(step.before));
    case 'update':
    case 'replace':
      return diffObjects(step.before, step.after, step.fields)
        .flatMap(({ field, line, lines }) => [
          `@@ ${field ?? ''} ${step.desired.origin.file}:${line ?? step.desired.origin.line} @@`,
          ...lines,
        ])
        .join('\n');
  }
}

const signed = (sign: string, text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `${sign}${line}`)
    .join('\n');

function list(items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [...items.map((item) => `- ${item.replaceAll('\n', ' ')}`), ''];
}

/** What people wrote must not become markup. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]#|]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
