import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatIndexes, parseIndexes } from '../../src/controllers/job/indexes.ts';
import { EVENTS, formatTime, JOBS, PODS, type Job, type Pod } from '../../src/model/index.ts';
import { cluster, type Cluster } from './cluster.ts';

function job(name: string, spec: Partial<Job['spec']> = {}): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'main', image: 'x' }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' }, spec: { template, ...spec } };
}

let plane: Cluster;
beforeEach(async () => {
  plane = await cluster(['job', 'ttl-after-finished', 'garbage-collector']);
});
afterEach(() => plane.scope.close());

const live = (name = 'work') => plane.client.get(JOBS, name, 'default');
const active = async () =>
  (await plane.pods()).filter(
    ({ status, metadata }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && !metadata.deletionTimestamp,
  );
const indexOf = ({ metadata }: Pod) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'];

async function create(spec: Partial<Job['spec']> = {}): Promise<void> {
  await plane.client.create(JOBS, job('work', spec));
  await plane.clock.settle();
}

async function change(spec: object): Promise<void> {
  await plane.client.patch({ kind: JOBS, name: 'work', namespace: 'default' }, { type: 'merge', patch: { spec } });
  await plane.clock.settle();
}

async function end(pod: Pod, exitCode = 0): Promise<void> {
  const present = await plane.client.get(PODS, pod.metadata.name, 'default');
  const finishedAt = formatTime(plane.clock.now());
  const state = { terminated: { exitCode, finishedAt } };
  const containerStatuses = [{ name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0, state }];
  await plane.trusted.updateStatus(PODS, { ...present, status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses } });
  await plane.clock.settle();
}

/** So that they end in their own time once they are deleted. */
async function bindAll(): Promise<void> {
  for (const { metadata } of await active()) {
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target: { name: 'here' } };
    await plane.trusted.post({ kind: PODS, name: metadata.name, namespace: 'default', subresource: 'binding' }, binding as never);
  }
  await plane.clock.settle();
}

const remove = async (pod: Pod, options = {}) => {
  await plane.trusted.delete({ kind: PODS, name: pod.metadata.name, namespace: 'default' }, options);
  await plane.clock.settle();
};
const saysOf = ({ status }: Job) => status?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
const events = async () => {
  await plane.clock.settle();
  return (await plane.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason, message }) => `${reason}: ${message}`);
};

describe('a job', () => {
  test('runs a pod, counts it when it has ended, and is complete', async () => {
    await create();
    const [pod] = await plane.pods();
    expect(pod!.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
    expect((await live()).status).toEqual({
      active: 1,
      ready: 0,
      terminating: 0,
      startTime: '2026-01-01T00:00:00Z',
      uncountedTerminatedPods: {},
    });
    await end(pod!);
    const { status } = await live();
    expect(status).toMatchObject({ succeeded: 1, ready: 0, completionTime: '2026-01-01T00:00:00Z', uncountedTerminatedPods: {} });
    expect(status!.active).toBeUndefined();
    expect(saysOf(await live())).toEqual(['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']);
    expect((await plane.pods())[0]!.metadata.finalizers ?? []).toEqual([]);
    expect((await events()).at(-1)).toBe('Completed: Job completed');
  });

  test('gives its pods the finalizers of its template beside its own', async () => {
    const { template } = job('work').spec;
    await create({ template: { ...template, metadata: { finalizers: ['example.com/held'] } } });
    expect((await plane.pods())[0]!.metadata.finalizers).toEqual(['example.com/held', 'batch.kubernetes.io/job-tracking']);
  });

  test('keeps as many pods running as it may, and makes no more than are still needed', async () => {
    await create({ completions: 5, parallelism: 2 });
    const counts: number[] = [];
    for (let i = 0; i < 5; i++) {
      counts.push((await active()).length);
      await end((await active())[0]!);
    }
    expect(counts).toEqual([2, 2, 2, 2, 1]);
    expect((await live()).status?.succeeded).toBe(5);
    expect(await plane.pods()).toHaveLength(5);
  });

  test('without completions ends with its first success, once the others have ended', async () => {
    await create({ parallelism: 3 });
    await end((await active())[0]!);
    expect(await active()).toHaveLength(2);
    for (const pod of await active()) await end(pod);
    expect((await live()).status).toMatchObject({ succeeded: 3 });
    expect(saysOf(await live())).toContain('Complete=True CompletionsReached');
  });

  test('tries again after 10 s, then 20 s, and fails when the limit is reached', async () => {
    await create({ backoffLimit: 2, activeDeadlineSeconds: 3600 });
    await end((await active())[0]!, 1);
    expect(await active()).toHaveLength(0);
    await plane.clock.advance(9_000);
    expect(await active()).toHaveLength(0);
    await plane.clock.advance(1_000);
    await end((await active())[0]!, 1);
    await plane.clock.advance(19_000);
    expect(await active()).toHaveLength(0);
    await plane.clock.advance(1_000);
    await end((await active())[0]!, 1);
    expect((await live()).status).toMatchObject({ failed: 3 });
    expect(saysOf(await live())).toEqual(['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded']);
    expect(await events()).toContain('BackoffLimitExceeded: Job has reached the specified backoff limit');
  });

  test('is ended by its deadline, and waits for its pods to end before it says so', async () => {
    await create({ activeDeadlineSeconds: 60, completions: 2, parallelism: 2 });
    await bindAll();
    await plane.clock.advance(60_000);
    expect(saysOf(await live())).toEqual(['FailureTarget=True DeadlineExceeded']);
    expect((await live()).status).toMatchObject({ failed: 2, terminating: 2 });
    for (const pod of await plane.pods()) await remove(pod, { gracePeriodSeconds: 0 });
    expect(saysOf(await live())).toEqual(['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded']);
    expect((await live()).status).toMatchObject({ failed: 2, terminating: 0 });
  });

  test('that is suspended removes its pods without counting them, and begins anew when it is resumed', async () => {
    await create({ completions: 2, parallelism: 2 });
    await change({ suspend: true });
    expect(await plane.pods()).toHaveLength(0);
    expect(saysOf(await live())).toEqual(['Suspended=True JobSuspended']);
    expect((await live()).status).not.toHaveProperty('failed');
    expect((await live()).status).not.toHaveProperty('startTime');
    await plane.clock.advance(5_000);
    await change({ suspend: false });
    expect(await active()).toHaveLength(2);
    expect((await live()).status).toMatchObject({ startTime: '2026-01-01T00:00:05Z' });
    expect(saysOf(await live())).toEqual(['Suspended=False JobResumed']);
    expect(await events()).toEqual(expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']));
  });

  test('whose parallelism shrinks lets the rest go without counting them', async () => {
    await create({ completions: 10, parallelism: 4 });
    await change({ parallelism: 1 });
    expect(await active()).toHaveLength(1);
    expect((await live()).status).toMatchObject({ active: 1 });
    expect((await live()).status?.failed).toBeUndefined();
  });

  test('counts a deleted pod as failed and replaces it', async () => {
    await create({ backoffLimit: 3 });
    const [pod] = await active();
    await plane.client.delete({ kind: PODS, name: pod!.metadata.name, namespace: 'default' });
    await plane.clock.advance(10_000);
    expect((await live()).status).toMatchObject({ failed: 1, active: 1 });
    expect((await plane.pods()).map(({ metadata }) => metadata.name)).not.toContain(pod!.metadata.name);
  });

  test('waits before it replaces a deleted pod, also when that is gone already', async () => {
    await create({ backoffLimit: 3 });
    for (const delay of [10_000, 20_000]) {
      await remove((await active())[0]!);
      await plane.clock.advance(delay - 1_000);
      expect(await plane.pods()).toEqual([]);
      await plane.clock.advance(1_000);
      expect(await active()).toHaveLength(1);
    }
  });

  test('takes a pod that was deleted while it ran for ended then, and not when its init containers did', async () => {
    await create();
    await bindAll();
    const [pod] = await active();
    const ended = { name: 'init', image: 'x', imageID: '', ready: true, restartCount: 0, state: { terminated: { exitCode: 0, finishedAt: '2026-01-01T00:00:00Z' } } }; // prettier-ignore
    await plane.trusted.updateStatus(PODS, { ...pod!, status: { phase: 'Running', initContainerStatuses: [ended] } });
    await plane.clock.advance(60_000);
    await remove(pod!);
    await plane.clock.advance(9_000);
    expect(await active()).toEqual([]);
    await plane.clock.advance(1_000);
    expect(await active()).toHaveLength(1);
  });

  test('that replaces only what has ended keeps the rest when its parallelism shrinks', async () => {
    await create({ completions: 10, parallelism: 4, podReplacementPolicy: 'Failed' });
    await bindAll();
    await change({ parallelism: 2 });
    expect((await live()).status).toMatchObject({ active: 2, terminating: 2 });
    expect(await plane.pods()).toHaveLength(4);
  });

  test('that has a first success and no number of completions lets the others end, however few it may have', async () => {
    await create({ parallelism: 3 });
    await end((await active())[0]!);
    await change({ parallelism: 1 });
    expect(await active()).toHaveLength(2);
  });

  test('says so when more have succeeded than it asked for', async () => {
    await create({ completions: 2, parallelism: 2 });
    const present = await live();
    await plane.trusted.updateStatus(JOBS, { ...present, status: { ...present.status, succeeded: 3 } });
    expect(await events()).toContain('TooManySucceededPods: Too many succeeded pods running after completion count reached');
    expect(saysOf(await live())).toContain('Complete=True CompletionsReached');
  });

  test('of another controller is left alone', async () => {
    await create({ managedBy: 'example.com/queue' });
    expect(await plane.pods()).toHaveLength(0);
    expect((await live()).status).toEqual({});
  });

  test('that is deleted lets its pods go', async () => {
    await create({ completions: 2, parallelism: 2 });
    await plane.client.delete({ kind: JOBS, name: 'work', namespace: 'default' }, { propagation: 'Background' });
    await plane.clock.advance(1_000);
    expect(await plane.pods()).toHaveLength(0);
  });

  test('goes with its pods, also where it would wait for each of them to fail', async () => {
    const rules = [{ action: 'Ignore' as const, onExitCodes: { operator: 'In' as const, values: [42] } }];
    await create({ completions: 2, parallelism: 2, podFailurePolicy: { rules } });
    await plane.client.delete({ kind: JOBS, name: 'work', namespace: 'default' }, { propagation: 'Foreground' });
    await plane.clock.advance(1_000);
    expect(await plane.pods()).toHaveLength(0);
    await expect(live()).rejects.toThrow('not found');
  });

  test('goes some time after it has finished', async () => {
    await create({ ttlSecondsAfterFinished: 30 });
    await end((await active())[0]!);
    await plane.clock.advance(29_000);
    await live();
    await plane.clock.advance(1_000);
    await expect(live()).rejects.toThrow('not found');
    expect(await plane.pods()).toHaveLength(0);
  });
});

describe('an indexed job', () => {
  const indexed = { completionMode: 'Indexed' as const };

  test('runs one pod for each index, the lowest first, and names what has succeeded', async () => {
    await create({ ...indexed, completions: 4, parallelism: 2 });
    const pods = await active();
    expect(pods.map(indexOf).toSorted()).toEqual(['0', '1']);
    expect(pods.map(({ spec }) => spec.hostname).toSorted()).toEqual(['work-0', 'work-1']);
    expect(pods[0]!.spec.containers[0]!.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX');
    expect(
      pods.every(({ metadata }) => metadata.name.startsWith(`work-${metadata.labels!['batch.kubernetes.io/job-completion-index']}-`)),
    ).toBe(true);
    await end(pods.find((pod) => indexOf(pod) === '1')!);
    expect((await live()).status).toMatchObject({ completedIndexes: '1', succeeded: 1 });
    for (let i = 0; i < 3; i++) await end((await active())[0]!);
    expect((await live()).status).toMatchObject({ completedIndexes: '0-3', succeeded: 4 });
    expect(saysOf(await live())).toContain('Complete=True CompletionsReached');
  });

  test('with a limit for each index goes on with the others, and names what has failed', async () => {
    await create({ ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 1 });
    const zero = async () => (await active()).find((pod) => indexOf(pod) === '0')!;
    await end(await zero(), 1);
    expect((await live()).status?.failedIndexes).toBe('');
    await plane.clock.advance(10_000);
    expect((await zero()).metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    await end(await zero(), 1);
    expect((await live()).status).toMatchObject({ failedIndexes: '0', failed: 2 });
    expect(saysOf(await live())).toBeUndefined();
    await end((await active())[0]!);
    expect((await live()).status).toMatchObject({ completedIndexes: '1', failedIndexes: '0' });
    expect(saysOf(await live())).toEqual(['FailureTarget=True FailedIndexes', 'Failed=True FailedIndexes']);
  });

  test('fails at once when too many indexes have failed', async () => {
    await create({ ...indexed, completions: 4, parallelism: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    for (const index of ['0', '1'])
      await end(
        (await active()).find((pod) => indexOf(pod) === index)!,
        1,
      );
    expect(saysOf(await live())).toContain('FailureTarget=True MaxFailedIndexesExceeded');
    expect(await active()).toHaveLength(0);
  });

  test('succeeds by its policy before all indexes have', async () => {
    await create({ ...indexed, completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '2' }] } });
    await end((await active()).find((pod) => indexOf(pod) === '2')!);
    expect(saysOf(await live())).toEqual(['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy']);
    expect((await live()).status).toMatchObject({ succeeded: 1, completedIndexes: '2' });
    expect((await live()).status?.failed).toBeUndefined();
    expect(await active()).toHaveLength(0);
  });

  test('keeps the place of an index that waits for its next try', async () => {
    await create({ ...indexed, completions: 3, parallelism: 2, backoffLimitPerIndex: 1 });
    await end(
      (await active()).find((pod) => indexOf(pod) === '0')!,
      1,
    );
    expect((await active()).map(indexOf)).toEqual(['1']);
    await plane.clock.advance(10_000);
    expect((await active()).map(indexOf).toSorted()).toEqual(['0', '1']);
  });

  test('names its pods and their hosts by their index, however long its own name is', async () => {
    const name = 'a'.repeat(60);
    const { template } = job(name).spec;
    const named = { ...template, spec: { ...template.spec, hostname: 'mine' } };
    await plane.client.create(JOBS, job(name, { ...indexed, completions: 1, template: named }));
    await plane.clock.settle();
    const [pod] = await plane.pods();
    expect(pod!.spec.hostname).toBe(`${name}-0`);
    expect(pod!.metadata.generateName).toBe(`${'a'.repeat(55)}-0-`);
  });

  test('grows and shrinks', async () => {
    await create({ ...indexed, completions: 3, parallelism: 3 });
    await change({ completions: 1, parallelism: 1 });
    expect((await active()).map(indexOf)).toEqual(['0']);
    await change({ completions: 2, parallelism: 2 });
    expect((await active()).map(indexOf).toSorted()).toEqual(['0', '1']);
  });
});

describe('a pod failure policy', () => {
  const policy = (rule: object) => ({ backoffLimit: 0, podFailurePolicy: { rules: [rule] } as Job['spec']['podFailurePolicy'] });
  const on42 = { onExitCodes: { operator: 'In', values: [42] } };

  test('fails the job on an exit code', async () => {
    await create({ ...policy({ action: 'FailJob', ...on42 }), completions: 2, parallelism: 2, backoffLimit: 6 });
    const [pod] = await active();
    await end(pod!, 42);
    const [target] = (await live()).status!.conditions!;
    expect(target).toMatchObject({ type: 'FailureTarget', reason: 'PodFailurePolicy' });
    expect(target!.message).toBe(
      `Container main for pod default/${pod!.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    );
  });

  test('does not count what is to be ignored', async () => {
    await create(policy({ action: 'Ignore', ...on42 }));
    await end((await active())[0]!, 42);
    await plane.clock.advance(10_000);
    expect(await active()).toHaveLength(1);
    expect((await live()).status?.failed).toBeUndefined();
    await end((await active())[0]!, 1);
    expect(saysOf(await live())).toContain('Failed=True BackoffLimitExceeded');
  });
});

test.each([
  ['', []],
  ['0', [0]],
  ['1,3-5,7', [1, 3, 4, 5, 7]],
  ['0,1', [0, 1]],
])('indexes are listed as %j', (text, indexes) => {
  expect([...parseIndexes(text, 10)]).toEqual(indexes);
  expect(formatIndexes(new Set(indexes))).toBe(text);
});
