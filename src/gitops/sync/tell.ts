import type { Millis } from '../../base/index.ts';
import { formatTarget } from '../desired/identity.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { formatGate } from '../apply/gate.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import { countSteps, formatCounts, planStepsOf } from '../plan/summary.ts';
import { Pace } from '../pace.ts';
import { formatProblem, type Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';
import type { Application } from '../../model/index.ts';
import { APPROVED_ANNOTATION, isSuspended } from './applications.ts';
import { authorsOf, lostFields, type Repair } from './heal.ts';
import type { SyncTools } from './tools.ts';
import type { Drift } from './watch.ts';

/** What happens is told twice: to the journal, and to whoever looks on. */
type Listeners = Pick<SyncTools, 'record' | 'observer'>;

export function tellCommit(commit: Commit, { record, observer }: Listeners): void {
  const { oid, short, author, subject, time } = commit;
  const fields = { commit: oid, author: `${author.name} <${author.email}>`, time: new Date(time).toISOString() };
  record({ event: 'commit', message: `${short} ${subject}`, fields });
  observer.commit?.(commit);
}

export function tellProblems(application: string, problems: readonly Problem[], commit: Commit, { record, observer }: Listeners): void {
  const message = `${application}: nothing is changed\n${problems.map(formatProblem).join('\n')}`;
  record({ event: 'problems', message, fields: { application, commit: commit.oid, problems } });
  observer.problems?.(application, problems, commit);
}

/** Steps of a plan: telling many takes a turn of its own. */
const STEPS_PER_TURN = 2_000;
const pace = new Pace(STEPS_PER_TURN);

/** `approval`: what a person said, where the plan needed it. */
export async function tellPlan(plan: ApplicationPlan, { record, observer }: Listeners, approval?: string): Promise<void> {
  const { application, commit, digest, drift } = plan;
  const steps = planStepsOf(plan);
  await pace.spend(plan.steps.length);
  record({
    event: 'plan',
    message: `${application}: ${formatCounts(countSteps(plan))}${drift ? ' against drift' : ''}${heldBack(plan)}`,
    fields: {
      application,
      commit: commit.oid,
      digest,
      ...(drift ? { drift } : {}),
      steps,
      ...(approval === undefined ? {} : { approval }),
    },
  });
  await pace.spend(plan.steps.length);
  observer.planned?.(plan);
  await pace.spend(plan.steps.length);
}

const EVENTS = { complete: 'applied', failed: 'failed', waiting: 'waiting', superseded: 'failed', outdated: 'failed' } as const;

export function tellOutcome(plan: ApplicationPlan, report: ApplyReport, name: string, ms: Millis, { record, observer }: Listeners): void {
  const { application, commit } = plan;
  const { ended, gate, results } = report;
  const failures = results.flatMap((result) => (result.outcome === 'failed' ? [result.message] : []));
  const fields = { application, commit: commit.oid, plan: name, ended, ms, ...(failures.length > 0 ? { failures } : {}) };
  const why = gate ? `: ${formatGate(gate)}` : failures.length > 0 ? `: ${failures[0]}` : '';
  record({ event: EVENTS[ended], message: `${application}: plan ${name} ${ended}${why}`, fields });
  observer.applied?.(plan, report, ms);
}

export function tellGone(application: string, commit: Commit, { record, observer }: Listeners): void {
  record({ event: 'gone', message: `${application} is gone, as ${commit.short} says`, fields: { application, commit: commit.oid } });
  observer.gone?.(application, commit);
}

/** What a person told an application beside its policy. */
export function tellOrders(before: Application, after: Application, { record }: Listeners): void {
  const application = after.metadata.name;
  const [was, is] = [before, after].map(({ metadata }) => metadata.annotations ?? {}) as [Annotations, Annotations];
  const by = authorsOf(before, after);
  const who = by.length > 0 ? ` by ${by.join(', ')}` : '';
  const approved = is[APPROVED_ANNOTATION];
  if (approved !== undefined && approved !== was[APPROVED_ANNOTATION]) {
    record({ event: 'approved', message: `${application}: ${approved} was approved${who}`, fields: { application, approved, by } });
  }
  if (isSuspended(before) !== isSuspended(after)) {
    const what = isSuspended(after) ? 'suspended' : 'resumed';
    record({ event: what, message: `${application} was ${what}${who}`, fields: { application, by } });
  }
}

type Annotations = Readonly<Record<string, string>>;

/** Of the fields that somebody changed, so many are named. */
const MOST_FIELDS = 3;

/** Gives what it told. */
export function tellDrift(
  { application, item, before, after }: Drift,
  { delayMs, fight }: Repair,
  { record, observer }: Listeners,
): string {
  const authors = authorsOf(before, after);
  const object = formatTarget({ kind: item, namespace: item.namespace, name: item.name });
  const by = authors.length > 0 ? ` by ${authors.join(', ')}` : '';
  const later = fight ? `; it is fought over, so it is put back only in ${Math.round(delayMs / 1000)} s` : '';
  const fields = lostFields(before, after);
  const more = fields.length > MOST_FIELDS ? ` and ${fields.length - MOST_FIELDS} more` : '';
  const which = fields.length > 0 ? ` (${fields.slice(0, MOST_FIELDS).join(', ')}${more})` : '';
  const message = `${object} was ${after ? 'changed' : 'deleted'}${by}${which}${later}`;
  record({ event: 'drift', message: `${application}: ${message}`, fields: { application, object, authors, fields, delayMs } });
  observer.drifted?.(application, message);
  return message;
}

function heldBack({ held }: ApplicationPlan): string {
  return held.length > 0 ? `; ${held.length} held back: ${held[0]!.reason}` : '';
}
