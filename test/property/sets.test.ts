import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideDaemonSet, type DaemonState } from '../../src/controllers/daemonset/index.ts';
import { daemonPod } from '../../src/controllers/daemonset/newpod.ts';
import { decideStatefulSet, decideStatefulStatus, ordinalOf, type StatefulState } from '../../src/controllers/statefulset/index.ts';
import { statefulPod } from '../../src/controllers/statefulset/identity.ts';
import { formatTime, resolveCount, type DaemonSet, type Node, type Pod, type StatefulSet } from '../../src/model/index.ts';
import { isReady } from '../../src/status/index.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
const selector = { matchLabels: { app: 'web' } };
const ready = (is: boolean): Pod['status'] => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: is ? 'True' : 'False', lastTransitionTime: formatTime(NOW) }],
});
const leaving = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: formatTime(NOW) } });
const serves = (pod: Pod | undefined) => pod !== undefined && isReady(pod) && !pod.metadata.deletionTimestamp;

/** Pods that start, fail and leave when a test says so. */
class Pods {
  readonly all = new Map<string, Pod>();

  pick(index: number, fits: (pod: Pod) => boolean): Pod | undefined {
    const found = [...this.all.values()].filter(fits);
    return found[index % Math.max(1, found.length)];
  }

  set(pod: Pod): void {
    this.all.set(pod.metadata.uid!, pod);
  }

  /** What leaves has left, what starts is ready; whether there was any such. */
  calm(): boolean {
    let isCalm = true;
    for (const pod of this.all.values()) {
      if (!pod.metadata.deletionTimestamp && isReady(pod)) continue;
      isCalm = false;
      if (pod.metadata.deletionTimestamp) this.all.delete(pod.metadata.uid!);
      else this.set({ ...pod, status: ready(true) });
    }
    return isCalm;
  }
}

const index = fc.nat({ max: 20 });
const life = [
  { weight: 6, arbitrary: fc.constant({ kind: 'turn' as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ready' as const), index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('gone' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('template' as const) }) },
] as const;
const mishaps = [
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unready' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale' as const), index: fc.nat({ max: 6 }) }) },
] as const;

interface Step {
  readonly kind: 'turn' | 'ready' | 'gone' | 'template' | 'unready' | 'delete' | 'scale';
  readonly index?: number;
}

/** What happens to pods without their set's doing. */
function befall(pods: Pods, { kind, index = 0 }: Step): void {
  const starting = (pod: Pod) => !isReady(pod) && !pod.metadata.deletionTimestamp;
  if (kind === 'ready') {
    const pod = pods.pick(index, starting);
    if (pod) pods.set({ ...pod, status: ready(true) });
  } else if (kind === 'unready') {
    const pod = pods.pick(index, isReady);
    if (pod) pods.set({ ...pod, status: ready(false) });
  } else if (kind === 'delete') {
    const pod = pods.pick(index, (each) => !each.metadata.deletionTimestamp);
    if (pod) pods.set(leaving(pod));
  } else if (kind === 'gone') {
    const pod = pods.pick(index, (each) => each.metadata.deletionTimestamp !== undefined);
    if (pod) pods.all.delete(pod.metadata.uid!);
  }
}

class StatefulModel {
  readonly pods = new Pods();
  set: StatefulSet;
  revision = 1;
  /** The one that is being left. */
  #current = 'rev-1';
  #made = 0;

  constructor(replicas: number, start: number, partition = 0) {
    this.set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web', namespace: 'default', uid: 'set' },
      spec: {
        replicas,
        selector,
        template,
        ordinals: { start },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
      },
    };
  }

  get #state(): StatefulState {
    return { set: this.set, pods: [...this.pods.all.values()], current: this.#current, update: `rev-${this.revision}`, now: NOW };
  }

  byOrdinal(ordinal: number): Pod | undefined {
    return [...this.pods.all.values()].find((pod) => ordinalOf(this.set, pod) === ordinal);
  }

  turn(): { readonly created: readonly number[]; readonly removed: readonly number[] } {
    const { create, remove } = decideStatefulSet(this.#state);
    const removed = remove.map((pod) => ordinalOf(this.set, pod)!);
    for (const pod of remove) this.pods.set(leaving(pod));
    for (const { ordinal, revision } of create) {
      const pod = statefulPod(this.set, ordinal, template, revision);
      this.pods.set({ ...pod, metadata: { ...pod.metadata, uid: `pod-${++this.#made}` }, status: ready(false) });
    }
    this.#current = decideStatefulStatus(this.#state).currentRevision!;
    return { created: create.map(({ ordinal }) => ordinal), removed };
  }

  settle(): void {
    for (let round = 0; round < 200; round++) {
      const { created, removed } = this.turn();
      if (this.pods.calm() && created.length + removed.length === 0) return;
    }
    throw new Error('no rest after 200 rounds');
  }
}

describe('a StatefulSet in order', () => {
  const size = fc.record({ replicas: fc.nat({ max: 6 }), start: fc.nat({ max: 2 }) });

  test('never skips an ordinal, whatever befalls its pods, and ends complete', () => {
    fc.assert(
      fc.property(
        size,
        fc.array(fc.oneof(...life, ...mishaps), { maxLength: 120, size: 'max' }),
        ({ replicas, start }, steps: readonly Step[]) => {
          const model = new StatefulModel(replicas, start);
          for (const step of steps) {
            befall(model.pods, step);
            if (step.kind === 'template') model.revision++;
            if (step.kind === 'scale') model.set = { ...model.set, spec: { ...model.set.spec, replicas: step.index! } };
            if (step.kind !== 'turn') continue;
            const end = start + model.set.spec.replicas!;
            const healthy = (ordinal: number) => serves(model.byOrdinal(ordinal));
            const before = Array.from({ length: end }, (_, ordinal) => healthy(ordinal));
            const above = [...model.pods.all.values()].map((pod) => ordinalOf(model.set, pod)!);
            const { created, removed } = model.turn();
            for (const ordinal of created) expect(before.slice(start, ordinal)).not.toContain(false);
            for (const ordinal of removed.filter((each) => each >= end)) expect(Math.max(...above)).toBe(ordinal);
            expect(created.length).toBeLessThanOrEqual(1);
          }
          model.settle();
          const found = [...model.pods.all.values()]
            .map((pod) => `${ordinalOf(model.set, pod)} ${pod.metadata.labels!['controller-revision-hash']}`)
            .toSorted();
          expect(found).toEqual(
            Array.from({ length: model.set.spec.replicas! }, (_, i) => `${start + i} rev-${model.revision}`).toSorted(),
          );
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  test('leaves its pods below the partition as they were, whatever befalls them', () => {
    const partitioned = fc.record({
      replicas: fc.integer({ min: 1, max: 6 }),
      start: fc.nat({ max: 2 }),
      partition: fc.integer({ min: 1, max: 6 }),
    });
    const steps = fc.array(fc.oneof(...life, ...mishaps.slice(0, 2)), { maxLength: 120, size: 'max' });
    fc.assert(
      fc.property(partitioned, steps, ({ replicas, start, partition }, taken: readonly Step[]) => {
        const model = new StatefulModel(replicas, start, partition);
        const revisions = () =>
          Array.from({ length: replicas }, (_, i) => model.byOrdinal(start + i)?.metadata.labels!['controller-revision-hash']);
        model.settle();
        for (const step of taken) {
          befall(model.pods, step);
          if (step.kind === 'template') model.revision++;
          if (step.kind === 'turn') model.turn();
          for (const revision of revisions().slice(0, partition)) expect(revision ?? 'rev-1').toBe('rev-1');
        }
        model.settle();
        expect(revisions()).toEqual(Array.from({ length: replicas }, (_, i) => (i < partition ? 'rev-1' : `rev-${model.revision}`)));
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  test('lacks at most one pod while it is rolled', () => {
    fc.assert(
      fc.property(size, fc.array(fc.oneof(...life), { maxLength: 120, size: 'max' }), ({ replicas, start }, steps: readonly Step[]) => {
        const model = new StatefulModel(replicas, start);
        model.settle();
        for (const step of steps) {
          befall(model.pods, step);
          if (step.kind === 'template') model.revision++;
          if (step.kind === 'turn') model.turn();
          expect([...model.pods.all.values()].filter(serves).length).toBeGreaterThanOrEqual(replicas - 1);
        }
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});

class DaemonModel {
  readonly pods = new Pods();
  readonly nodes: readonly Node[];
  set: DaemonSet;
  hash = 1;
  #made = 0;

  constructor(nodes: number, rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string }) {
    this.nodes = Array.from({ length: nodes }, (_, i) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}` } }));
    const metadata = { name: 'agent', namespace: 'default', uid: 'set' };
    this.set = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata,
      spec: { selector, template, updateStrategy: { type: 'RollingUpdate', rollingUpdate } },
    };
  }

  get state(): DaemonState {
    return { set: this.set, nodes: this.nodes, pods: [...this.pods.all.values()], hash: `h${this.hash}`, now: NOW };
  }

  turn(): number {
    const { create, remove } = decideDaemonSet(this.state);
    for (const pod of remove) this.pods.set(leaving(pod));
    for (const node of create) {
      const pod = daemonPod(this.set, node, `h${this.hash}`);
      const uid = `pod-${++this.#made}`;
      this.pods.set({ ...pod, metadata: { ...pod.metadata, name: uid, uid }, spec: { ...pod.spec, nodeName: node }, status: ready(false) });
    }
    return create.length + remove.length;
  }

  settle(): void {
    for (let round = 0; round < 200; round++) {
      const moved = this.turn();
      if (this.pods.calm() && moved === 0) return;
    }
    throw new Error('no rest after 200 rounds');
  }
}

test('a DaemonSet never lacks nor has more pods than it may while it is rolled, and ends with one new pod a node', () => {
  const count = fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  );
  const bounds = fc.oneof(
    count.map((maxUnavailable) => ({ maxSurge: 0, maxUnavailable })),
    count.map((maxSurge) => ({ maxSurge, maxUnavailable: 0 })),
  );
  fc.assert(
    fc.property(
      fc.nat({ max: 8 }),
      bounds,
      fc.array(fc.oneof(...life), { maxLength: 120, size: 'max' }),
      (nodes, rolling, steps: readonly Step[]) => {
        const model = new DaemonModel(nodes, rolling);
        model.settle();
        for (const step of steps) {
          befall(model.pods, step);
          if (step.kind === 'template') model.hash++;
          if (step.kind === 'turn') model.turn();
          const living = [...model.pods.all.values()].filter(({ metadata }) => !metadata.deletionTimestamp);
          const served = model.nodes.filter(({ metadata }) => living.some((pod) => pod.spec.nodeName === metadata.name && serves(pod)));
          expect(served.length).toBeGreaterThanOrEqual(nodes - resolveCount(rolling.maxUnavailable, nodes, 'up'));
          expect(living.length).toBeLessThanOrEqual(nodes + resolveCount(rolling.maxSurge, nodes, 'up'));
        }
        model.settle();
        const found = [...model.pods.all.values()].map(
          ({ spec, metadata }) => `${spec.nodeName} ${metadata.labels!['controller-revision-hash']}`,
        );
        expect(found.toSorted()).toEqual(model.nodes.map(({ metadata }) => `${metadata.name} h${model.hash}`));
      },
    ),
    { numRuns: 300, seed: 3 },
  );
});
