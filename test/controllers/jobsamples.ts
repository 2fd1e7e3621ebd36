import { deepFreeze } from '../../src/base/index.ts';
import { decidePods, decideStatus, viewJob } from '../../src/controllers/job/index.ts';
import { formatTime, type Condition, type Job, type JobSpec, type JobStatus, type Pod } from '../../src/model/index.ts';

export const NOW = Date.parse('2026-01-01T01:00:00Z');
export const ago = (seconds: number) => formatTime(NOW - seconds * 1000);

export function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}, metadata: Partial<Job['metadata']> = {}): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'main', image: 'x' }] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default', uid: 'job', ...metadata },
    spec: { parallelism: 1, template, ...spec },
    status: { startTime: ago(60), ...status },
  };
}

export interface PodFacts {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly index?: number;
  readonly isFree?: boolean;
  readonly deletedAgo?: number;
  /** How long ago each container ended; `undefined`: it runs. */
  readonly endedAgo?: readonly (number | undefined)[];
  readonly exitCodes?: readonly number[];
  readonly restarts?: number;
  readonly failures?: number;
  readonly ignored?: number;
  readonly conditions?: readonly Condition[];
}

export function pod(uid: string, facts: PodFacts = {}): Pod {
  const {
    phase = 'Running',
    index,
    isFree,
    deletedAgo,
    endedAgo = [],
    exitCodes = [],
    restarts = 0,
    failures,
    ignored,
    conditions,
  } = facts;
  const counts = {
    ...(index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': `${index}` }),
    ...(failures === undefined ? {} : { 'batch.kubernetes.io/job-index-failure-count': `${failures}` }),
    ...(ignored === undefined ? {} : { 'batch.kubernetes.io/job-index-ignored-failure-count': `${ignored}` }),
  };
  const count = Math.max(endedAgo.length, exitCodes.length, restarts > 0 ? 1 : 0);
  const containerStatuses = Array.from({ length: count }, (_, n) => ({
    name: n === 0 ? 'main' : `beside-${n}`,
    image: 'x',
    imageID: '',
    ready: false,
    restartCount: restarts,
    state:
      endedAgo[n] === undefined && exitCodes[n] === undefined
        ? { running: { startedAt: ago(300) } }
        : { terminated: { exitCode: exitCodes[n] ?? (phase === 'Failed' ? 1 : 0), finishedAt: ago(endedAgo[n] ?? 0) } },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid,
      namespace: 'default',
      uid,
      creationTimestamp: ago(600),
      annotations: counts,
      ...(isFree ? {} : { finalizers: ['batch.kubernetes.io/job-tracking'] }),
      ...(deletedAgo === undefined ? {} : { deletionTimestamp: ago(deletedAgo - 30), deletionGracePeriodSeconds: 30 }),
    },
    spec: { containers: [{ name: 'main', image: 'x' }] },
    status: { phase, ...(count > 0 ? { containerStatuses } : {}), ...(conditions ? { conditions } : {}) },
  };
}

export const many = (count: number, facts: PodFacts = {}) => Array.from({ length: count }, (_, n) => pod(`p${n}`, facts));
export const uids = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.uid);
export const view = (of: Job, pods: readonly Pod[]) => viewJob(deepFreeze(of), deepFreeze(pods), NOW);
export const statusOf = (of: Job, pods: readonly Pod[]) => decideStatus(view(of, pods));
export const saysOf = ({ conditions = [] }: JobStatus) => conditions.map(({ type, reason }) => `${type} ${reason}`);

export const indexed = { completionMode: 'Indexed' as const };
export const replacesEnded = { podReplacementPolicy: 'Failed' as const };
export const ended = (type: string, reason: string): JobStatus => ({ conditions: [{ type, status: 'True', reason, message: '' }] });
export const onCode = (action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count', ...values: number[]) => ({
  action,
  onExitCodes: { operator: 'In' as const, values },
});
export const policy = (...rules: NonNullable<JobSpec['podFailurePolicy']>['rules'][number][]) => ({ podFailurePolicy: { rules } });

/** `make 2`, `make 0 3`, `let go a b`, `remove a b`, `wait 10`. */
export function told(of: Job, pods: readonly Pod[]): string {
  const { create, remove, lookAgainIn } = decidePods(view(of, pods));
  const words = [
    ...(create.length > 0 ? [of.spec.completionMode ? `make ${create.map(({ index }) => index).join(' ')}` : `make ${create.length}`] : []),
    ...(remove.pods.length > 0 ? [`${remove.areSuperfluous ? 'let go' : 'remove'} ${uids(remove.pods).join(' ')}`] : []),
    ...(lookAgainIn === undefined ? [] : [`wait ${lookAgainIn / 1000}`]),
  ];
  return words.join(', ');
}
