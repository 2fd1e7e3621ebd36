import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decidePods, decideStatus, viewJob } from '../../src/controllers/job/index.ts';
import { newPodOf } from '../../src/controllers/job/newpod.ts';
import { formatTime, type Job, type JobSpec, type Pod } from '../../src/model/index.ts';

type End = 'Succeeded' | 'Failed';

class Stopped extends Error {}

const isGoing = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
const isTracked = ({ metadata }: Pod) => (metadata.finalizers?.length ?? 0) > 0;
const hasEnded = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** A job without a cluster: its controller may stop before any of its writes, and pods end when a test says so. */
class JobModel {
  job: Job;
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly pods = new Map<string, Pod>();
  /** What is to be counted of every pod that came to something while it was tracked. */
  readonly #fates = new Map<string, End>();
  #made = 0;
  #writesLeft = Infinity;

  constructor(spec: Partial<JobSpec>) {
    const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'x' }] } };
    const metadata = { name: 'work', namespace: 'default', uid: 'job' };
    const defaults = { parallelism: 1, backoffLimit: 1000, template };
    this.job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { ...defaults, ...spec }, status: {} };
  }

  /** Whether the controller came through with it. */
  turn(writes = Infinity): boolean {
    this.#writesLeft = writes;
    try {
      this.#reconcile();
      return true;
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return false;
    }
  }

  #reconcile(): void {
    const finished = this.isFinished();
    const { create, remove } = finished ? { create: [], remove: { pods: [], areSuperfluous: false } } : decidePods(this.#view());
    if (remove.areSuperfluous) for (const pod of remove.pods) this.#write(() => this.#release(pod));
    for (const pod of remove.pods) this.#write(() => this.delete(pod.metadata.uid!));
    for (const each of create) this.#write(() => this.#add(newPodOf(this.job, each)));
    const { status, release } = decideStatus(this.#view());
    this.#write(() => (this.job = { ...this.job, status }));
    for (const pod of release) this.#write(() => this.#letGo(pod));
  }

  /** A pod that an earlier controller had asked for arrives only now. */
  arrive(index: number): void {
    this.#add(newPodOf(this.job, { index: this.job.spec.completionMode === 'Indexed' ? index : undefined, annotations: {} }));
  }

  change(spec: Partial<JobSpec>): void {
    if (!this.isFinished()) this.job = { ...this.job, spec: { ...this.job.spec, ...spec } };
  }

  end(index: number, phase: End): void {
    const running = [...this.pods.values()].filter((pod) => !hasEnded(pod));
    const pod = running[index % Math.max(1, running.length)];
    if (!pod) return;
    const { uid } = pod.metadata;
    if (isTracked(pod) && !this.#isListed(uid!)) this.#fates.set(uid!, phase);
    this.#put({ ...pod, status: { phase } });
  }

  /** A pod that is deleted while it is tracked counts as failed, unless the job waits for its end. */
  delete(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod || isGoing(pod)) return;
    const waits = this.job.spec.podReplacementPolicy === 'Failed';
    if (isTracked(pod) && !hasEnded(pod) && !waits) this.#fates.set(uid, 'Failed');
    this.#put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: formatTime(this.now) } });
  }

  evict(index: number): void {
    const uids = [...this.pods.keys()];
    if (uids.length > 0) this.delete(uids[index % uids.length]!);
  }

  isFinished(): boolean {
    const conditions = this.job.status?.conditions ?? [];
    return conditions.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
  }

  /** Counted, and listed to be counted. */
  get counted() {
    const { succeeded = 0, failed = 0, uncountedTerminatedPods: listed = {} } = this.job.status ?? {};
    return { succeeded: succeeded + (listed.succeeded?.length ?? 0), failed: failed + (listed.failed?.length ?? 0) };
  }

  get fates() {
    const all = [...this.#fates.values()];
    return { succeeded: all.filter((end) => end === 'Succeeded').length, failed: all.filter((end) => end === 'Failed').length };
  }

  get active(): number {
    return [...this.pods.values()].filter((pod) => !hasEnded(pod) && !isGoing(pod)).length;
  }

  #isListed(uid: string): boolean {
    const { succeeded = [], failed = [] } = this.job.status?.uncountedTerminatedPods ?? {};
    return succeeded.includes(uid) || failed.includes(uid);
  }

  #view() {
    return viewJob(this.job, [...this.pods.values()], this.now);
  }

  #write(change: () => void): void {
    if (this.#writesLeft-- <= 0) throw new Stopped();
    change();
  }

  #add(pod: Pod): void {
    const uid = `pod-${++this.#made}`;
    this.#put({ ...pod, metadata: { ...pod.metadata, name: uid, uid, creationTimestamp: formatTime(this.now) } });
  }

  /** What has ended is to be found in the status first: after a stop nobody would count it. */
  #letGo(pod: Pod): void {
    const isDone = this.job.spec.completionMode === 'Indexed' && pod.status?.phase === 'Succeeded';
    if (!this.isFinished() && !isDone) expect(this.#isListed(pod.metadata.uid!)).toBe(true);
    this.#release(pod);
  }

  #release({ metadata: { uid } }: Pod): void {
    const pod = this.pods.get(uid!);
    if (pod) this.#put({ ...pod, metadata: { ...pod.metadata, finalizers: [] } });
  }

  /** What is deleted goes once it has ended and nobody holds it. */
  #put(pod: Pod): void {
    if (isGoing(pod) && hasEnded(pod) && !isTracked(pod)) this.pods.delete(pod.metadata.uid!);
    else this.pods.set(pod.metadata.uid!, pod);
  }
}

const index = fc.nat({ max: 9 });
const kind = <const K extends string>(name: K) => fc.constant(name);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind('turn') }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('stopped turn'), writes: fc.nat({ max: 8 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('end'), index, phase: fc.constantFrom<End>('Succeeded', 'Failed') }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('evict'), index }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('suspend'), suspend: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('scale'), parallelism: fc.integer({ min: 1, max: 4 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Whether the controller has done all that it wanted. */
function take(model: JobModel, each: Step): boolean {
  model.now += 700_000;
  if (each.kind === 'turn') return model.turn();
  if (each.kind === 'stopped turn') return model.turn(each.writes);
  if (each.kind === 'end') model.end(each.index, each.phase);
  else if (each.kind === 'evict') model.evict(each.index);
  else if (each.kind === 'suspend') model.change({ suspend: each.suspend });
  else model.change({ parallelism: each.parallelism });
  return false;
}

function finish(model: JobModel): void {
  model.change({ suspend: false });
  for (let turn = 0; turn < 400 && !model.isFinished(); turn++) {
    model.now += 700_000;
    model.turn();
    if (turn % 3 === 2) model.end(0, 'Succeeded');
  }
  model.turn();
}

const spec = fc.record({
  completions: fc.integer({ min: 1, max: 8 }),
  parallelism: fc.integer({ min: 1, max: 4 }),
  podReplacementPolicy: fc.constantFrom('TerminatingOrFailed' as const, 'Failed' as const),
});

describe('a job, whichever write its controller stops before,', () => {
  test.each(['NonIndexed', 'Indexed'] as const)('counts each pod once and ends with what it asked for: %s', (completionMode) => {
    fc.assert(
      fc.property(spec, fc.array(step, { maxLength: 60, size: 'max' }), (given, steps) => {
        const model = new JobModel({ ...given, completionMode });
        for (const each of steps) {
          const before = model.counted;
          const isThrough = take(model, each);
          expect(model.counted.succeeded).toBeLessThanOrEqual(model.fates.succeeded);
          expect(model.counted.failed).toBeLessThanOrEqual(model.fates.failed);
          expect(model.counted.succeeded).toBeGreaterThanOrEqual(before.succeeded);
          expect(model.counted.failed).toBeGreaterThanOrEqual(before.failed);
          if (isThrough) expect(model.active).toBeLessThanOrEqual(model.job.spec.suspend ? 0 : model.job.spec.parallelism!);
        }
        finish(model);
        const { status } = model.job;
        model.arrive(0);
        model.turn();
        expect(model.job.status).toEqual(status);
        const { succeeded } = status!;
        expect(succeeded).toBeGreaterThanOrEqual(given.completions);
        expect(succeeded).toBe(completionMode === 'Indexed' ? given.completions : model.fates.succeeded);
        expect(model.job.status?.failed ?? 0).toBe(model.fates.failed);
        expect(model.job.status?.uncountedTerminatedPods).toEqual({});
        expect([...model.pods.values()].filter(isTracked)).toEqual([]);
        if (completionMode === 'Indexed') expect(model.job.status?.completedIndexes).toBe(listed(given.completions));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

const listed = (count: number) => (count === 1 ? '0' : count === 2 ? '0,1' : `0-${count - 1}`);
