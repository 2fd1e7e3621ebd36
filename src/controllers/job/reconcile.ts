import { equalJson } from '../../base/index.ts';
import { controllerOf, JOBS, PODS, selectorFrom, type Job, type ObjectKey, type Pod } from '../../model/index.ts';
import { claim, decideClaims, ignoreNotFound, selects } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { podWriter } from '../podwriter.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { slowStart } from '../slow-start.ts';
import type { FailureRun } from './backoff.ts';
import { isFinished } from './ending.ts';
import { isTracked, TRACKING } from './facts.ts';
import { newPodOf } from './newpod.ts';
import { jobsOf } from './owner.ts';
import { decidePods, type PodDecision } from './pods.ts';
import { decideStatus, type StatusDecision } from './status.ts';
import { viewJob } from './view.ts';

const TRACKED = 'controllers/tracked-by';
const OURS = 'kubernetes.io/job-controller';

export function jobReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const jobs = client.informer(JOBS);
  const pods = client.informer(PODS);
  const writer = podWriter(client, events);
  const podsBy = indexControlled(pods);
  pods.index(TRACKED, (pod) => (isTracked(pod) ? jobsOf(pod) : []));
  /** By job, up to what its status lists: the pods themselves may be gone before their job may try again. */
  const runs = new Map<ObjectKey, FailureRun & { readonly uid: string }>();

  return async (key: ObjectKey): Promise<Outcome> => {
    const job = jobs.get(key);
    await letGo(pods.by(TRACKED, key).filter((pod) => isStray(job, pod)));
    if (!job || (job.spec.managedBy ?? OURS) !== OURS) {
      runs.delete(key);
      return SETTLED;
    }
    const kept = runs.get(key);
    const known = kept?.uid === job.metadata.uid ? kept : undefined;
    const claims = decideClaims(job, selectorFrom(job.spec.selector) ?? [], [...podsBy.of(job.metadata.uid!), ...orphans(job)]);
    const owned = await claim({ client, kind: JOBS, owner: job, finalizer: TRACKING }, PODS, claims);
    const decision: PodDecision | undefined = isFinished(job) ? undefined : decidePods(viewJob(job, owned, clock.now(), known));
    const failure = decision && (await act(job, decision));
    const present = jobs.get(key);
    if (present?.metadata.uid !== job.metadata.uid) return SETTLED;
    const view = viewJob(present!, podsBy.of(job.metadata.uid!), clock.now(), known);
    const said = decideStatus(view);
    await conclude(present!, said, () => runs.set(key, { ...view.failureRun, uid: job.metadata.uid! }));
    if (failure && isNamespaceTerminating(failure.error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
    if (failure) throw failure.error;
    return lookAgain([decision?.lookAgainIn, said.lookAgainIn], 'back-off or deadline');
  };

  /** Pods that nobody controls, where the job looks for pods by labels of its own. */
  function orphans({ metadata, spec }: Job): readonly Pod[] {
    if (spec.manualSelector) return podsBy.orphans(metadata.namespace!);
    return pods.by(TRACKED, `${metadata.namespace}/${metadata.name}`).filter((pod) => !controllerOf(pod));
  }

  async function act(job: Job, { create, remove }: PodDecision): Promise<{ readonly error: unknown } | undefined> {
    const owner = { kind: JOBS, object: job };
    if (remove.areSuperfluous) await letGo(remove.pods.filter(isTracked));
    const removals = await Promise.allSettled(remove.pods.map((pod) => writer.remove(owner, pod)));
    const failed = removals.find((result) => result.status === 'rejected');
    if (failed) return { error: failed.reason as unknown };
    const left = [...create];
    return slowStart(create.length, () => writer.create(owner, newPodOf(job, left.shift()!)));
  }

  /** First what has ended is listed, then it is let go: whoever comes after a stop in between finds it listed. */
  async function conclude(job: Job, { status, release, events: told }: StatusDecision, listed: () => void): Promise<void> {
    if (!equalJson(status, job.status)) await client.updateStatus(JOBS, { ...job, status });
    listed();
    for (const { type, reason, message } of told) events.event({ kind: JOBS, object: job }, type, reason, message);
    await letGo(release);
  }

  async function letGo(tracked: readonly Pod[]): Promise<void> {
    await Promise.all(
      tracked.map(({ metadata: { name, namespace, uid } }) => {
        const metadata = { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING] };
        return client.patch({ kind: PODS, name, namespace }, { type: 'strategic', patch: { metadata } }).catch(ignoreNotFound);
      }),
    );
  }
}

/** Tracked for a job that is not there, or not any more, or that would not take it. */
function isStray(job: Job | undefined, pod: Pod): boolean {
  const owner = controllerOf(pod)?.uid;
  return !job || (owner === undefined ? !selects(job.spec.selector, pod) : owner !== job.metadata.uid);
}
