import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decidePods, decideStatus, viewJob } from '../../src/controllers/job/index.ts';
import { newPodOf } from '../../src/controllers/job/newpod.ts';
import { formatTime, type Job, type JobSpec, type Pod } from '../../src/model/index.ts';

type Cut = 'whole' | 'before the status' | 'before the release';

/** A job without a cluster: its decisions, cut off wherever a process may end, and pods that end when a test says so. */
class JobModel {
  job: Job;
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly pods = new Map<string, Pod>();
  /** What came of every pod that ended while it was tracked. */
  readonly ends = { succeeded: 0, failed: 0 };
  #made = 0;

  constructor(spec: Partial<JobSpec>) {
    const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'x' }] } };
    const metadata = { name: 'work', namespace: 'default', uid: 'job' };
    this.job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: { parallelism: 1, backoffLimit: 1000, template, ...spec },
      status: {},
    };
  }

  turn(cut: Cut): void {
    const finished = this.isFinished();
    const { create, remove } = finished ? { create: [], remove: { pods: [], areSuperfluous: false } } : decidePods(this.#view());
    for (const pod of remove.pods) {
      if (remove.areSuperfluous) this.#release(pod);
      this.delete(pod.metadata.uid!);
    }
    for (const each of create) {
      const pod = newPodOf(this.job, each);
      const uid = `pod-${++this.#made}`;
      this.pods.set(uid, { ...pod, metadata: { ...pod.metadata, name: uid, uid, creationTimestamp: formatTime(this.now) } });
    }
    if (cut === 'before the status') return;
    const { status, release } = decideStatus(this.#view());
    this.job = { ...this.job, status };
    if (cut === 'before the release') return;
    for (const pod of release) this.#release(pod);
  }

  end(index: number, phase: 'Succeeded' | 'Failed'): void {
    const running = [...this.pods.values()].filter(({ status, metadata }) => !status?.phase && !metadata.deletionTimestamp);
    const pod = running[index % Math.max(1, running.length)];
    if (!pod) return;
    this.pods.set(pod.metadata.uid!, { ...pod, status: { phase } });
    this.ends[phase === 'Succeeded' ? 'succeeded' : 'failed']++;
  }

  /** A pod that is deleted while it is tracked counts as failed. */
  delete(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod || pod.metadata.deletionTimestamp) return;
    if (!pod.metadata.finalizers?.length) return void this.pods.delete(uid);
    if (!pod.status?.phase) this.ends.failed++;
    this.pods.set(uid, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: formatTime(this.now) } });
  }

  evict(index: number): void {
    const uids = [...this.pods.keys()];
    if (uids.length > 0) this.delete(uids[index % uids.length]!);
  }

  isFinished(): boolean {
    return (
      this.job.status?.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True') ?? false
    );
  }

  /** Counted, and listed to be counted. */
  get counted() {
    const { succeeded = 0, failed = 0, uncountedTerminatedPods: listed = {} } = this.job.status ?? {};
    return { succeeded: succeeded + (listed.succeeded?.length ?? 0), failed: failed + (listed.failed?.length ?? 0) };
  }

  get active(): number {
    return [...this.pods.values()].filter(({ status, metadata }) => !status?.phase && !metadata.deletionTimestamp).length;
  }

  #view() {
    return viewJob(this.job, [...this.pods.values()], this.now);
  }

  #release({ metadata }: Pod): void {
    const pod = this.pods.get(metadata.uid!);
    if (!pod) return;
    if (pod.metadata.deletionTimestamp) this.pods.delete(metadata.uid!);
    else this.pods.set(metadata.uid!, { ...pod, metadata: { ...pod.metadata, finalizers: [] } });
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      cut: fc.constantFrom<Cut>('whole', 'before the status', 'before the release'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat({ max: 9 }),
      phase: fc.constantFrom('Succeeded' as const, 'Failed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), index: fc.nat({ max: 9 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(model: JobModel, each: Step): void {
  model.now += 700_000;
  if (each.kind === 'turn') model.turn(each.cut);
  else if (each.kind === 'end') model.end(each.index, each.phase);
  else model.evict(each.index);
}

function finish(model: JobModel): void {
  for (let turn = 0; turn < 400 && !model.isFinished(); turn++) {
    model.now += 700_000;
    model.turn('whole');
    if (turn % 3 === 2) model.end(0, 'Succeeded');
  }
}

const size = fc.record({ completions: fc.integer({ min: 1, max: 8 }), parallelism: fc.integer({ min: 1, max: 4 }) });

describe('a job, wherever its controller is cut off,', () => {
  test.each(['NonIndexed', 'Indexed'] as const)('counts each pod once and ends with what it asked for: %s', (completionMode) => {
    fc.assert(
      fc.property(size, fc.array(step, { maxLength: 60, size: 'max' }), ({ completions, parallelism }, steps) => {
        const model = new JobModel({ completions, parallelism, completionMode });
        for (const each of steps) {
          const before = model.counted;
          take(model, each);
          expect(model.counted.succeeded).toBeLessThanOrEqual(model.ends.succeeded);
          expect(model.counted.failed).toBeLessThanOrEqual(model.ends.failed);
          expect(model.counted.succeeded).toBeGreaterThanOrEqual(before.succeeded);
          expect(model.counted.failed).toBeGreaterThanOrEqual(before.failed);
          expect(model.active).toBeLessThanOrEqual(parallelism);
        }
        finish(model);
        expect(model.job.status).toMatchObject({ succeeded: completions, uncountedTerminatedPods: {} });
        expect(model.job.status?.failed ?? 0).toBe(model.ends.failed);
        expect([...model.pods.values()].every(({ metadata }) => !metadata.finalizers?.length)).toBe(true);
        if (completionMode === 'Indexed') expect(model.job.status?.completedIndexes).toBe(listed(completions));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

const listed = (count: number) => (count === 1 ? '0' : count === 2 ? '0,1' : `0-${count - 1}`);
