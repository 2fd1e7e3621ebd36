import type { Millis } from '../../base/index.ts';
import { formatTarget } from '../desired/identity.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { changingSteps, type ApplicationPlan } from '../plan/steps.ts';
import { countSteps, formatCounts, toPlanStep } from '../plan/summary.ts';
import { formatProblem, type Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';
import { authorsOf, type Repair } from './heal.ts';
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

export function tellPlan(plan: ApplicationPlan, { record, observer }: Listeners): void {
  const { application, commit, digest } = plan;
  const steps = changingSteps(plan).map(toPlanStep);
  record({
    event: 'plan',
    message: `${application}: ${formatCounts(countSteps(plan))}`,
    fields: { application, commit: commit.oid, digest, steps },
  });
  observer.planned?.(plan);
}

export function tellOutcome(plan: ApplicationPlan, report: ApplyReport, name: string, ms: Millis, { record, observer }: Listeners): void {
  const { application, commit } = plan;
  const failures = report.results.flatMap((result) => (result.outcome === 'failed' ? [result.message] : []));
  const fields = { application, commit: commit.oid, plan: name, ended: report.ended, ms, ...(failures.length > 0 ? { failures } : {}) };
  record({ event: report.ended === 'complete' ? 'applied' : 'failed', message: `${application}: plan ${name} ${report.ended}`, fields });
  observer.applied?.(plan, report, ms);
}

export function tellDrift({ application, item, before, after }: Drift, { delayMs, fight }: Repair, { record, observer }: Listeners): void {
  const authors = authorsOf(before, after);
  const object = formatTarget({ kind: item, namespace: item.namespace, name: item.name });
  const by = authors.length > 0 ? ` by ${authors.join(', ')}` : '';
  const later = fight ? `; it is fought over, so it is put back only in ${Math.round(delayMs / 1000)} s` : '';
  const message = `${object} was ${after ? 'changed' : 'deleted'}${by}${later}`;
  record({ event: 'drift', message: `${application}: ${message}`, fields: { application, object, authors, delayMs } });
  observer.drifted?.(application, message);
}
