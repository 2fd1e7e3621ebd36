import { describe, expect, test } from 'vitest';
import type { Job, JobSpec, JobStatus, Pod } from '../../src/model/index.ts';
import { ago, ended, indexed, job, many, onCode, pod, policy, replacesEnded, saysOf, statusOf, told, uids } from './jobsamples.ts';

describe('how a job ends', () => {
  const started = { ...indexed, completions: 4, parallelism: 4 };
  const rules = (...of: NonNullable<JobSpec['successPolicy']>['rules'][number][]) => ({ ...started, successPolicy: { rules: of } });
  const restarting = (backoffLimit: number): Partial<JobSpec> => ({
    backoffLimit,
    template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image: 'x' }] } },
  });
  const failure = { phase: 'Failed' as const };
  const fails = (action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count', exitCodes: readonly number[], rest: object = {}) =>
    [job({ ...policy({ ...onCode(action, 42), ...rest }), backoffLimit: 0 }), [pod('a', { ...failure, exitCodes })]] as const;
  const disrupted = (status: 'True' | 'False') => ({ ...failure, conditions: [{ type: 'DisruptionTarget', status } as const] });
  const onDisruption = job({
    ...policy({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }),
    backoffLimit: 0,
  });
  const LIMIT = 'FailureTarget BackoffLimitExceeded';
  const POLICY = 'FailureTarget PodFailurePolicy';

  test.each<[string, Job, readonly Pod[], string]>([
    ['goes on after 6 failures', job({}, { failed: 6 }), [], ''],
    ['not after 7, where nothing else is asked for', job({}, { failed: 6 }), [pod('a', failure)], LIMIT],
    [
      'those that are listed and not counted yet count',
      job({ backoffLimit: 1 }, { uncountedTerminatedPods: { failed: ['a', 'b'] } }),
      [pod('a', failure), pod('b', failure)],
      LIMIT,
    ],
    ['restarts of containers count as failures', job(restarting(3)), [pod('a', { restarts: 2 }), pod('b', { restarts: 1 })], LIMIT],
    ['fewer are no cause', job(restarting(3)), [pod('a', { restarts: 2 })], ''],
    ['with a limit of 0 the first is', job(restarting(0)), [pod('a', { restarts: 1 })], LIMIT],
    ['and none is not', job(restarting(0)), [pod('a')], ''],
    ['no restarts of a pod that has ended', job(restarting(3)), [pod('a', { phase: 'Succeeded', restarts: 3 }), pod('b')], ''],
    ['late', job({ activeDeadlineSeconds: 60 }), [pod('a')], 'FailureTarget DeadlineExceeded'],
    ['not while it is suspended', job({ activeDeadlineSeconds: 60, suspend: true }, ended('Suspended', 'x')), [], 'Suspended x'],
    [
      'failed, though it has also succeeded',
      job({ activeDeadlineSeconds: 60, completions: 1 }),
      [pod('a', { phase: 'Succeeded' })],
      'FailureTarget DeadlineExceeded',
    ],
    [
      'as it was announced, whatever has come since',
      job({ activeDeadlineSeconds: 60, completions: 1 }, ended('SuccessCriteriaMet', 'CompletionsReached')),
      [pod('a', { phase: 'Succeeded' })],
      'SuccessCriteriaMet CompletionsReached',
    ],
    [
      'a rule asks for all of its indexes',
      job(rules({ succeededIndexes: '0,2' }), { completedIndexes: '0' }),
      [pod('b', { index: 1 })],
      '',
    ],
    [
      'or for so many of them',
      job(rules({ succeededIndexes: '0,2,3', succeededCount: 2 }), { completedIndexes: '0,2' }),
      [pod('b', { index: 1 })],
      'SuccessCriteriaMet SuccessPolicy',
    ],
    [
      'and no others',
      job(rules({ succeededIndexes: '0,2', succeededCount: 2 }), { completedIndexes: '0,1' }),
      [pod('b', { index: 2 })],
      '',
    ],
    [
      'or for so many of any',
      job(rules({ succeededCount: 2 }), { completedIndexes: '0,1' }),
      [pod('b', { index: 2 })],
      'SuccessCriteriaMet SuccessPolicy',
    ],
    ['an exit code may end it', ...fails('FailJob', [42]), POLICY],
    ['another does not', ...fails('FailJob', [41]), LIMIT],
    [
      'one of another container does not',
      ...fails('FailJob', [1, 42], { onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }),
      LIMIT,
    ],
    ['one that is none of those asked for does', ...fails('FailJob', [1], { onExitCodes: { operator: 'NotIn', values: [42] } }), POLICY],
    ['and success is none of them', ...fails('FailJob', [0], { onExitCodes: { operator: 'NotIn', values: [42] } }), LIMIT],
    ['a condition of the pod may be ignored', onDisruption, [pod('a', disrupted('True'))], ''],
    ['and one that does not hold is none', onDisruption, [pod('a', disrupted('False'))], LIMIT],
    [
      'the first rule that fits decides',
      job({ ...policy(onCode('Count', 42), onCode('FailJob', 42)) }),
      [pod('a', { ...failure, exitCodes: [42] })],
      '',
    ],
  ])('%s', (_name, of, pods, says) => expect(saysOf(statusOf(of, pods).status).join(', ')).toBe(says));

  test('an exit code may fail its index at once', () => {
    const of = job({ ...started, backoffLimitPerIndex: 9, ...policy(onCode('FailIndex', 42)) });
    const { status } = statusOf(of, [pod('a', { ...failure, index: 2, exitCodes: [42] })]);
    expect(status).toMatchObject({ failedIndexes: '2' });
    expect(told(of, [pod('a', { ...failure, index: 2, exitCodes: [42] })])).toBe('make 0 1 3');
  });

  test('an init container may decide it as any other', () => {
    const of = job({ ...policy(onCode('FailJob', 42)), backoffLimit: 0 });
    const failed = pod('a', { ...failure, exitCodes: [42] });
    const inInit = { ...failed, status: { phase: 'Failed' as const, initContainerStatuses: failed.status!.containerStatuses! } };
    expect(saysOf(statusOf(of, [inInit]).status)).toEqual([POLICY]);
  });

  test.each<[string, Job, number | undefined]>([
    ['after what is left of its time', job({ activeDeadlineSeconds: 90 }), 30_000],
    ['not while it is suspended', job({ activeDeadlineSeconds: 90, suspend: true }, ended('Suspended', 'x')), undefined],
    ['nor when it is ending', job({ activeDeadlineSeconds: 60 }), undefined],
    ['nor without a deadline', job(), undefined],
  ])('is looked for %s', (_name, of, afterMs) => expect(statusOf(of, [pod('a')]).lookAgainIn).toBe(afterMs));

  test('is announced once, and has a time of completion only where it is complete', () => {
    const announced = (type: string): JobStatus => {
      const condition = { type, status: 'True', reason: 'X', message: '', lastProbeTime: ago(30), lastTransitionTime: ago(30) } as const;
      return { conditions: [condition] };
    };
    const failing = statusOf(job({}, announced('FailureTarget')), []).status;
    expect(failing.conditions).toMatchObject([{ lastTransitionTime: ago(30) }, { type: 'Failed', lastTransitionTime: ago(0) }]);
    expect(failing.completionTime).toBeUndefined();
    expect(statusOf(job({}, announced('SuccessCriteriaMet')), []).status.completionTime).toBe(ago(0));
  });

  test.each<[string, Job, readonly Pod[]]>([
    [
      'a pod of an index holds its finalizer',
      job({ ...indexed, completions: 1 }, { ...ended('SuccessCriteriaMet', 'x'), completedIndexes: '0', succeeded: 1 }),
      [pod('a', { index: 0, phase: 'Succeeded' })],
    ],
    ['a pod that was let go still runs', job({}, ended('SuccessCriteriaMet', 'x')), [pod('a', { isFree: true })]],
    ['or is on its way out', job({}, ended('FailureTarget', 'x')), [pod('a', { isFree: true, deletedAgo: 1 })]],
    [
      'one is listed and not counted',
      job({}, { ...ended('FailureTarget', 'x'), uncountedTerminatedPods: { failed: ['a'] } }),
      [pod('a', failure)],
    ],
  ])('is not said while %s', (_name, of, pods) => {
    expect(saysOf(statusOf(of, pods).status)).toHaveLength(1);
    expect(saysOf(statusOf(of, []).status)).toHaveLength(2);
  });
});

describe('what a job has counted', () => {
  test('lists 500 at most, and lets go of no pod that is not listed', () => {
    const pods = [...many(400, { phase: 'Failed' }), ...Array.from({ length: 700 }, (_, n) => pod(`s${n}`, { phase: 'Succeeded' }))];
    const of = job({ completions: 2000, backoffLimit: 9999 });
    const first = statusOf(of, pods);
    const { succeeded = [], failed = [] } = first.status.uncountedTerminatedPods!;
    expect([succeeded.length, failed.length]).toEqual([500, 400]);
    expect(uids(first.release).toSorted()).toEqual([...succeeded, ...failed].toSorted());
    const left = pods.map((each) =>
      first.release.includes(each) ? pod(each.metadata.uid!, { phase: each.status!.phase as 'Failed', isFree: true }) : each,
    );
    const second = statusOf({ ...of, status: first.status }, left);
    expect(second.status).toMatchObject({ succeeded: 500, failed: 400 });
    expect(second.status.uncountedTerminatedPods!.succeeded).toHaveLength(200);
    expect(uids(second.release)).toEqual(second.status.uncountedTerminatedPods!.succeeded);
  });

  test('takes for terminating what is on its way out and still runs', () => {
    const pods = [
      pod('a', { deletedAgo: 1 }),
      pod('b', { deletedAgo: 1, phase: 'Failed' }),
      pod('c', { deletedAgo: 1, phase: 'Succeeded' }),
    ];
    expect(statusOf(job({ completions: 9 }), pods).status).toMatchObject({ terminating: 1 });
  });

  test('keeps listing those that it could not let go, and counts the others', () => {
    const of = job(
      { completions: 5 },
      { succeeded: 1, failed: 1, uncountedTerminatedPods: { succeeded: ['a', 'b'], failed: ['c', 'gone'] } },
    );
    const pods = [pod('a', { phase: 'Succeeded' }), pod('b', { phase: 'Succeeded', isFree: true }), pod('c', { phase: 'Failed' })];
    const { status, release } = statusOf(of, pods);
    expect(status).toMatchObject({ succeeded: 2, failed: 2, uncountedTerminatedPods: { succeeded: ['a'], failed: ['c'] } });
    expect(uids(release)).toEqual(['a', 'c']);
  });

  test('holds the last failure of an index until its successor runs, which counts on from it', () => {
    const of = job({ ...indexed, completions: 2, backoffLimitPerIndex: 1 });
    const pods = [pod('a', { index: 0, failures: 0, phase: 'Failed' })];
    expect(statusOf(of, pods)).toMatchObject({ release: [], status: { uncountedTerminatedPods: {} } });
    const { status, release } = statusOf(of, [...pods, pod('b', { index: 0, failures: 1 })]);
    expect(status.uncountedTerminatedPods).toEqual({ failed: ['a'] });
    expect(uids(release)).toEqual(['a']);
  });

  test('holds no pod once it has finished, and says nothing new', () => {
    const of = job({}, { ...ended('Complete', 'CompletionsReached'), succeeded: 1 });
    const { status, release } = statusOf(of, [pod('a'), pod('b', { phase: 'Failed' }), pod('c', { phase: 'Succeeded', isFree: true })]);
    expect(status).toEqual(of.status);
    expect(uids(release)).toEqual(['a', 'b']);
  });

  test('takes no pod for its own that stands for none of its indexes', () => {
    const of = job({ ...indexed, completions: 1 });
    const { status } = statusOf(of, [pod('a', { phase: 'Failed' }), pod('b', { phase: 'Succeeded', index: 1 })]);
    expect(status.failed).toBeUndefined();
    expect(status.succeeded).toBeUndefined();
    expect(status.uncountedTerminatedPods).toEqual({});
  });

  test('takes each pod that it cuts short for failed, once, and none that is to be ignored', () => {
    const rule = { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' as const }] };
    const of = job({ ...replacesEnded, ...policy(rule), activeDeadlineSeconds: 60 });
    const pods = [
      pod('a', { deletedAgo: 1 }),
      pod('b', { deletedAgo: 1, conditions: [{ type: 'DisruptionTarget', status: 'True' }] }),
      pod('c', { phase: 'Succeeded' }),
    ];
    const first = statusOf(of, pods);
    expect(first.status.uncountedTerminatedPods).toEqual({ succeeded: ['c'], failed: ['a'] });
    expect(uids(first.release)).toEqual(['a', 'b', 'c']);
    const second = statusOf({ ...of, status: first.status }, pods);
    expect(second.status.uncountedTerminatedPods).toEqual({ succeeded: ['c'], failed: ['a'] });
  });

  test('takes none that it cuts short for failed that stands for none of its indexes', () => {
    const of = job({ ...replacesEnded, ...indexed, completions: 1, activeDeadlineSeconds: 60 });
    const { status, release } = statusOf(of, [pod('a', { deletedAgo: 1, index: 0 }), pod('b', { deletedAgo: 1, index: 1 }), pod('c')]);
    expect(status.uncountedTerminatedPods).toEqual({ failed: ['a'] });
    expect(uids(release)).toEqual(['a', 'b', 'c']);
  });
});
