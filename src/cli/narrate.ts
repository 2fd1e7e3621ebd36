import colours from 'picocolors';
import {
  changingSteps,
  formatGate,
  formatLate,
  formatPlan,
  formatProblem,
  type ApplicationPlan,
  type ApplyReport,
  type PipelineObserver,
  type Step,
} from '../gitops/index.ts';
import type { HealthState } from '../model/index.ts';

const SIGNS: Readonly<Record<HealthState, string>> = {
  Healthy: colours.green('✔'),
  Progressing: colours.cyan('…'),
  Suspended: colours.cyan('…'),
  Unknown: colours.yellow('?'),
  Missing: colours.yellow('!'),
  Degraded: colours.red('✖'),
};

/** A plan of thousands of objects does not drown what came before it. */
const MOST_LINES = 200;

function shorten(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= MOST_LINES) return text;
  return [...lines.slice(0, MOST_LINES), colours.dim(`  … ${lines.length - MOST_LINES} more lines`)].join('\n');
}

export interface Narrator extends PipelineObserver {
  /** Until then plans are told in short: at the start everything is new. */
  begin(): void;
}

/** Tells on the terminal what the pipeline does. */
export function narrator(print: (text: string) => void): Narrator {
  const colour = colours.isColorSupported;
  const health = new Map<string, string>();
  const syncs = new Syncs();
  let begun = false;
  return {
    begin: () => {
      begun = true;
    },
    empty: () => print(`${colours.cyan('…')} the repository has no commit yet: waiting for the first one`),
    commit: ({ short, subject, author }) =>
      print(`\n${colours.bold('commit')} ${colours.yellow(short)} ${subject} ${colours.dim(`(${author.name})`)}`),
    problems: (application, problems) => {
      const [what, stays] = problems.length === 1 ? ['a problem', 'it is mended'] : [`${problems.length} problems`, 'they are mended'];
      print(`${colours.red('✖')} ${application} has ${what}; it stays as it is until ${stays}:`);
      for (const problem of problems) print(`    ${formatProblem(problem)}`);
    },
    planned: (plan) => print(shorten(formatPlan(plan, { colour, format: begun ? 'diff' : 'stat' }))),
    applied: (plan, report, ms) => {
      const { results, ended, gate } = report;
      const done = syncs.add(plan, report, ms);
      const failed = results.flatMap((result, i) =>
        result.outcome === 'failed' ? [{ step: plan.steps[i]!, message: result.message }] : [],
      );
      if (ended === 'complete') return print(`${colours.green('✔')} ${plan.application}: ${formatDone(done)} in ${formatMs(done.ms)}`);
      if (ended === 'waiting') {
        const before = done.fresh > 0 ? `${formatDone(done)}; ` : '';
        return print(`${colours.cyan('…')} ${plan.application}: ${before}${formatGate(gate!)}`);
      }
      const why = {
        failed: gate ? formatLate(gate) : 'not all could be applied',
        superseded: 'a newer commit took over',
        outdated: 'the cluster changed meanwhile, planning again',
      }[ended];
      print(`${ended === 'failed' ? colours.red('✖') : colours.yellow('!')} ${plan.application}: ${why}`);
      for (const { step, message } of failed) print(`    ${step.target.kind.kind}/${step.target.name}: ${message}`);
    },
    unchanged: (application, { short }) => print(`${colours.green('✔')} ${application} is as ${short} says, nothing to change`),
    gone: (application, { short }) => print(`${colours.green('✔')} ${application} is gone, as ${short} says`),
    drifted: (application, message) => print(`${colours.yellow('!')} ${application}: ${message}`),
    health: (application, { state, message }) => {
      const text = `${state}${message ? `: ${message}` : ''}`;
      if (health.get(application) === text) return;
      health.set(application, text);
      print(`${SIGNS[state]} ${application} is ${text.replaceAll('\n', '\n    ')}`);
    },
    failed: (message) => print(`${colours.red('✖')} ${message}`),
  };
}

/** What has come of a sync so far. */
interface Done {
  readonly changes: number;
  /** Of them in its last part. */
  readonly fresh: number;
  readonly hooks: number;
  readonly ms: number;
}

/** Syncs that wait for something on their way: each part of one is planned anew, and they are told as one. */
class Syncs {
  readonly #under = new Map<string, { commit: string; began: number; changes: Set<string>; hooks: Set<string> }>();

  add(plan: ApplicationPlan, { results, ended }: ApplyReport, ms: number): Done {
    const now = performance.now();
    const { application, commit } = plan;
    const known = this.#under.get(application);
    const sync =
      known?.commit === commit.oid ? known : { commit: commit.oid, began: now - ms, changes: new Set<string>(), hooks: new Set<string>() };
    const before = sync.changes.size;
    const changing = new Set<Step>(changingSteps(plan));
    for (const [i, step] of plan.steps.entries()) {
      const outcome = results[i]?.outcome;
      // An object that is going is in no later part any more.
      if (!changing.has(step) || !(outcome === 'applied' || (outcome === 'running' && step.op === 'prune'))) continue;
      const { kind, namespace, name } = step.target;
      (step.op === 'hook' ? sync.hooks : sync.changes).add(`${kind.group}/${kind.kind}/${namespace}/${name}`);
    }
    if (ended === 'waiting') this.#under.set(application, sync);
    else this.#under.delete(application);
    return { changes: sync.changes.size, fresh: sync.changes.size - before, hooks: sync.hooks.size, ms: now - sync.began };
  }
}

function formatDone({ changes, hooks }: Done): string {
  const parts = [
    ...(changes > 0 || hooks === 0 ? [`${changes} ${changes === 1 ? 'change' : 'changes'} applied`] : []),
    ...(hooks > 0 ? [`${hooks} ${hooks === 1 ? 'hook has' : 'hooks have'} run`] : []),
  ];
  return parts.join(', ');
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
