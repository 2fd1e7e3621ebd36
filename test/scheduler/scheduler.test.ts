import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, openScopes, Scope, seededRandom, silentLog, StatusError } from '../../src/base/index.ts';
import type { Patch, Target } from '../../src/client/index.ts';
import {
  NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES,
  type Manifest, type PersistentVolumeClaim, type Pod,
} from '../../src/model/index.ts'; // prettier-ignore
import { startScheduler, type Scheduler } from '../../src/scheduler/index.ts';
import { FakeApi } from './fakeapi.ts';
import { node, pod } from './samples.ts';

interface Bound {
  readonly pod: string;
  readonly node: string;
}

let clock: ManualClock;
let scope: Scope;
let api: FakeApi;
let scheduler: Scheduler;
let bound: Bound[];
let events: string[];
let conditions: string[];
/** Writes to anything but pods. */
let changed: string[];
/** What a binding waits for, and whether it fails. */
let binding: (pod: string) => Promise<void>;
let shows: boolean;

beforeEach(() => {
  clock = new ManualClock();
  scope = new Scope('test');
  bound = [];
  events = [];
  conditions = [];
  changed = [];
  binding = async () => {};
  shows = true;
  api = new FakeApi({ post: assign, patch: writeStatus, delete: async ({ namespace, name }) => api.remove(PODS, `${namespace}/${name}`) });
});

afterEach(async () => {
  await scope.close();
  expect(openScopes()).toEqual([]);
});

async function assign({ namespace, name }: Target<unknown>, body: Manifest): Promise<Manifest> {
  await binding(name);
  const to = (body['target'] as { name: string }).name;
  bound.push({ pod: name, node: to });
  if (shows) show(name, to, namespace);
  return body;
}

function show(name: string, to: string, namespace = 'default'): void {
  const old = api.of(PODS).get(`${namespace}/${name}`)!;
  api.put(PODS, { ...old, spec: { ...old.spec, nodeName: to } });
}

async function writeStatus({ kind, namespace, name }: Target<unknown>, patch: Patch): Promise<unknown> {
  if (kind.kind !== 'Pod') return changed.push(`${kind.kind} ${name} ${JSON.stringify((patch as { patch: object }).patch)}`);
  const { status } = (patch as { patch: Pick<Pod, 'status'> }).patch;
  conditions.push(
    ...(status!.conditions ?? []).map(({ type, status, reason, message }) => `${name} ${type}=${status} ${reason}: ${message}`),
  );
  const old = api.of(PODS).get(`${namespace}/${name}`)!;
  api.put(PODS, { ...old, status: { ...old.status, ...status } });
  return {};
}

function start(): void {
  scheduler = startScheduler({
    client: api.client,
    clock,
    random: seededRandom(1),
    log: silentLog,
    scope,
    recorder: { event: ({ object }, type, reason, message) => void events.push(`${object.metadata.name} ${type} ${reason}: ${message}`) },
  });
}

const asking = (name: string, cpu: string, spec = {}, more = {}) => pod(name, { requests: { cpu }, ...spec }, more);
const statusWith = (granted: string, has: string) => ({
  name: 'main',
  image: '',
  imageID: '',
  ready: true,
  restartCount: 0,
  resources: { requests: { cpu: has } },
  allocatedResources: { cpu: granted },
});
/** Asks for less by now. */
const shrunk = (name: string, has: string): Pod => {
  const asked = asking(name, '1', { nodeName: 'n1' });
  return { ...asked, metadata: { ...asked.metadata, generation: 2 }, status: { containerStatuses: [statusWith('1', has)] } };
};
/** On n1, with less than it asks for by now. */
const refused = (name: string, reason: 'Deferred' | 'Infeasible', has: string): Pod => {
  const asked = api.of(PODS).get(`default/${name}`)!;
  const conditions = [{ type: 'PodResizePending', status: 'True', reason }] as const;
  return { ...asked, metadata: { ...asked.metadata, generation: 2 }, status: { conditions, containerStatuses: [statusWith(has, has)] } };
};
const boundPods = () => bound.map((one) => one.pod);

describe('placing', () => {
  test('a pod gets a node, and an event says so', async () => {
    api.put(NODES, node('n1'));
    api.put(PODS, asking('web', '1'));
    start();
    await clock.settle();
    expect(bound).toEqual([{ pod: 'web', node: 'n1' }]);
    expect(events).toEqual(['web Normal Scheduled: Successfully assigned default/web to n1']);
    expect(conditions).toEqual([]);
  });

  test('pods spread over the nodes', async () => {
    api.put(NODES, node('n1'), node('n2'), node('n3'));
    api.put(PODS, ...['a', 'b', 'c'].map((name) => asking(name, '1')));
    start();
    await clock.settle();
    expect(bound.map((one) => one.node).toSorted()).toEqual(['n1', 'n2', 'n3']);
  });

  test('the higher priority goes first, then the older', async () => {
    api.put(NODES, node('n1'));
    api.put(
      PODS,
      asking('young', '1', {}, { creationTimestamp: '2026-01-01T00:00:09Z' }),
      asking('old', '1', {}, { creationTimestamp: '2026-01-01T00:00:01Z' }),
      asking('important', '1', { priority: 10 }, { creationTimestamp: '2026-01-01T00:00:10Z' }),
    );
    start();
    await clock.settle();
    expect(boundPods()).toEqual(['important', 'old', 'young']);
  });

  test('the order holds for many', async () => {
    api.put(NODES, node('n1', { cpu: '1k', pods: '1k' }));
    const priorities = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    api.put(PODS, ...priorities.map((priority) => asking(`p${priority}`, '1', { priority })));
    start();
    await clock.settle();
    expect(boundPods()).toEqual(Array.from({ length: 100 }, (_, i) => `p${99 - i}`));
  });

  test('nothing is placed on what another pod was given a moment ago, though no binding is seen yet', async () => {
    shows = false;
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, ...['a', 'b', 'c'].map((name) => asking(name, '1')));
    start();
    await clock.settle();
    expect(boundPods()).toEqual(['a', 'b']);
    expect(scheduler.counts()).toMatchObject({ waiting: 1, binding: 0 });
  });

  test('a pod that changes while its binding is under way is not placed twice', async () => {
    binding = async () => {
      api.put(PODS, asking('p', '1', {}, { labels: { changed: 'yes' } }));
      await clock.sleep(100);
    };
    api.put(NODES, node('n1'));
    api.put(PODS, asking('p', '1'));
    start();
    await clock.advance(1_000);
    expect(boundPods()).toEqual(['p']);
  });

  test.each<[name: string, of: Pod]>([
    ['belongs to another scheduler', asking('p', '1', { schedulerName: 'other' })],
    ['is gated', asking('p', '1', { schedulingGates: [{ name: 'quota' }] })],
    ['is being deleted', asking('p', '1', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['has a node already', asking('p', '1', { nodeName: 'n1' })],
    ['has finished', { ...asking('p', '1'), status: { phase: 'Failed' } }],
  ])('leaves a pod alone that %s', async (_, of) => {
    api.put(NODES, node('n1'));
    api.put(PODS, of);
    start();
    await clock.settle();
    expect([bound, events, conditions]).toEqual([[], [], []]);
  });

  test('a pod is placed once its gates are gone', async () => {
    api.put(NODES, node('n1'));
    api.put(PODS, asking('p', '1', { schedulingGates: [{ name: 'quota' }] }));
    start();
    await clock.settle();
    api.put(PODS, asking('p', '1'));
    await clock.settle();
    expect(boundPods()).toEqual(['p']);
  });

  test('what it did and what waits is counted under the names of a kube-scheduler', async () => {
    api.put(NODES, node('n1', { cpu: '1' }));
    api.put(PODS, asking('p', '1'), asking('large', '2'), asking('held', '1', { schedulingGates: [{ name: 'quota' }] }));
    start();
    await clock.settle();
    const shown = () =>
      scheduler.families
        .flatMap(({ values }) => values())
        .filter(({ value }) => value > 0)
        .map(({ metricName, labels, value }) => `${metricName}{${Object.values(labels).join()}} ${value}`);
    expect(shown()).toEqual([
      'scheduler_schedule_attempts_total{default-scheduler,unschedulable} 1',
      'scheduler_schedule_attempts_total{default-scheduler,scheduled} 1',
      'scheduler_pending_pods{unschedulable} 1',
      'scheduler_pending_pods{gated} 1',
    ]);
    api.remove(PODS, 'default/held');
    await clock.settle();
    expect(shown()).not.toContain('scheduler_pending_pods{gated} 1');
  });

  test('pods of a node count that are not ours, finished ones do not', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, asking('theirs', '1', { nodeName: 'n1', schedulerName: 'other' }));
    api.put(PODS, { ...asking('done', '1', { nodeName: 'n1' }), status: { phase: 'Succeeded' } });
    api.put(PODS, asking('a', '1'), asking('b', '1'));
    start();
    await clock.settle();
    expect(boundPods()).toEqual(['a']);
  });

  test('two thousand pods need no time on the clock', async () => {
    api.put(NODES, ...Array.from({ length: 20 }, (_, i) => node(`n${i}`)));
    api.put(PODS, ...Array.from({ length: 2_000 }, (_, i) => asking(`p${i}`, '10m')));
    start();
    while (bound.length < 2_000) await clock.settle();
    expect(clock.now()).toBe(new ManualClock().now());
    expect(scheduler.counts()).toEqual({ ready: 0, backingOff: 0, waiting: 0, gated: 0, binding: 0 });
  });
});

describe('a pod that fits nowhere', () => {
  test('is told why, in an event and in its condition', async () => {
    api.put(NODES, node('n1', { cpu: '1' }), node('n2', {}, { spec: { unschedulable: true } }));
    api.put(PODS, asking('p', '2'));
    start();
    await clock.settle();
    const why =
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
    expect(events).toEqual([`p Warning FailedScheduling: ${why}`]);
    expect(conditions).toEqual([`p PodScheduled=False Unschedulable: ${why}`]);
  });

  test('does not hold up others', async () => {
    api.put(NODES, node('n1', { cpu: '1' }));
    api.put(PODS, asking('large', '2', { priority: 10 }), asking('small', '1'));
    start();
    await clock.settle();
    expect(boundPods()).toEqual(['small']);
  });

  test.each<[name: string, change: () => void]>([
    ['a node comes', () => api.put(NODES, node('n2'))],
    ['a node grows', () => api.put(NODES, node('n1', { cpu: '8' }))],
    ['a pod goes', () => api.remove(PODS, 'default/other')],
    ['a pod finishes', () => api.put(PODS, { ...api.of(PODS).get('default/other')!, status: { phase: 'Succeeded' } })],
    ['it asks for less', () => api.put(PODS, asking('p', '1'))],
    ['a pod has less by now', () => api.put(PODS, shrunk('other', '1'))],
    ['a pod is given less', () => api.put(PODS, asking('other', '2', { nodeName: 'n1' }))],
    ['a pod is refused what it asked for more', () => api.put(PODS, refused('other', 'Infeasible', '1'))],
  ])('is tried again when %s, and does not back off while nobody else is ready', async (_, change) => {
    api.put(NODES, node('n1'));
    api.put(PODS, asking('other', '3', { nodeName: 'n1' }), asking('p', '2'));
    start();
    await clock.advance(500);
    change();
    await clock.settle();
    expect(boundPods()).toEqual(['p']);
  });

  test('takes the room that comes, again and again, and others are not tried in vain', async () => {
    api.put(NODES, node('n1', { cpu: '1' }));
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) api.put(PODS, asking(name, '1'));
    start();
    for (let taken = 1; taken <= 6; taken++) {
      await clock.advance(100);
      expect(boundPods()).toHaveLength(taken);
      expect(events.filter((line) => line.includes('FailedScheduling'))).toHaveLength(5);
      api.remove(PODS, `default/${boundPods().at(-1)}`);
    }
  });

  test('takes room also where the whole cluster matters, and the first that is refused again stops the others', async () => {
    const apart = (name: string) => {
      const terms = [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } }];
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
      return pod(name, { affinity }, { labels: { app: 'x' } });
    };
    api.put(NODES, node('n1'));
    for (const name of ['a', 'b', 'c', 'd']) api.put(PODS, apart(name));
    start();
    await clock.advance(100);
    expect(events.filter((line) => line.includes('FailedScheduling'))).toHaveLength(3);
    api.remove(PODS, 'default/a');
    await clock.settle();
    expect(boundPods()).toHaveLength(2);
    expect(events.filter((line) => line.includes('FailedScheduling'))).toHaveLength(4);
  });

  test.each<[name: string, change: () => void]>([
    ['a node comes that is too small', () => api.put(NODES, node('n2', { cpu: '1' }))],
    [
      'a node reports its health',
      () => api.put(NODES, { ...node('n1'), status: { ...node('n1').status, conditions: [{ type: 'Ready', status: 'True' }] } }),
    ],
    ['too small a pod goes', () => api.remove(PODS, 'default/small')],
    ['a pod is to have less and still has it all', () => api.put(PODS, shrunk('other', '3'))],
    ['a pod has to wait for what it asks for more', () => api.put(PODS, refused('other', 'Deferred', '1'))],
    ['its own status is written', () => api.put(PODS, { ...asking('p', '2'), status: { phase: 'Pending', conditions: [] } })],
  ])('is not tried again when %s', async (_, change) => {
    api.put(NODES, node('n1'));
    api.put(PODS, asking('other', '3', { nodeName: 'n1' }), asking('small', '500m', { nodeName: 'n1' }), asking('p', '2'));
    start();
    await clock.advance(10_000);
    change();
    await clock.advance(60_000);
    expect(events).toHaveLength(1);
  });

  test('is tried again after five minutes in any case, and its condition is written once', async () => {
    api.put(NODES, node('n1'));
    api.put(PODS, asking('p', '5'));
    start();
    await clock.advance(299_999);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(events).toHaveLength(2);
    expect(conditions).toHaveLength(1);
  });

  test('is forgotten when it is deleted', async () => {
    api.put(PODS, asking('p', '5'));
    start();
    await clock.settle();
    expect(scheduler.counts().waiting).toBe(1);
    api.remove(PODS, 'default/p');
    await clock.settle();
    expect(scheduler.counts().waiting).toBe(0);
  });
});

describe('a binding that fails', () => {
  test('gives the room back, says so, and is tried again with a back-off that doubles', async () => {
    const tried: number[] = [];
    const began = clock.now();
    binding = async () => {
      tried.push(clock.now() - began);
      if (tried.length < 4) throw new StatusError('InternalError', 'disk full');
    };
    api.put(NODES, node('n1', { cpu: '1' }));
    api.put(PODS, asking('p', '1'));
    start();
    await clock.advance(30_000);
    expect(tried).toEqual([0, 1_000, 3_000, 7_000]);
    expect(boundPods()).toEqual(['p']);
    expect(events[0]).toBe('p Warning FailedScheduling: cannot assign the pod to n1: disk full');
    expect(conditions[0]).toBe('p PodScheduled=False SchedulerError: cannot assign the pod to n1: disk full');
  });

  test('gives its room to a pod that waits', async () => {
    binding = async (name) => {
      if (name === 'first') throw new StatusError('Forbidden', 'no');
    };
    api.put(NODES, node('n1', { cpu: '1' }));
    api.put(PODS, asking('first', '1', { priority: 1 }), asking('second', '1'));
    start();
    await clock.advance(1_000);
    expect(boundPods()).toEqual(['second']);
  });

  test('because somebody else was faster is no news', async () => {
    binding = async (name) => {
      show(name, 'n2');
      throw new StatusError('Conflict', 'pod p is already assigned to node "n2"');
    };
    api.put(NODES, node('n1', { cpu: '2' }), node('n2', { cpu: '2' }));
    api.put(PODS, asking('p', '2'));
    start();
    await clock.advance(60_000);
    expect([events, conditions]).toEqual([[], []]);
    expect(scheduler.counts()).toEqual({ ready: 0, backingOff: 0, waiting: 0, gated: 0, binding: 0 });
  });

  test('because the pod has gone leaves nothing behind', async () => {
    binding = async (name) => {
      api.remove(PODS, `default/${name}`);
      throw new StatusError('NotFound', 'pods "p" not found');
    };
    api.put(NODES, node('n1'));
    api.put(PODS, asking('p', '2'));
    start();
    await clock.advance(60_000);
    expect(events).toEqual([]);
    expect(scheduler.counts()).toEqual({ ready: 0, backingOff: 0, waiting: 0, gated: 0, binding: 0 });
  });

  test('does not touch a pod of the same name that came in the meantime', async () => {
    let turn = 0;
    binding = async (name) => {
      if (turn++ > 0) return;
      api.remove(PODS, `default/${name}`);
      api.put(PODS, asking(name, '1', {}, { uid: 'another' }));
      await new Promise((resolve) => setImmediate(resolve));
      throw new StatusError('Conflict', 'the uid is another');
    };
    api.put(NODES, node('n1', { cpu: '1' }));
    api.put(PODS, asking('p', '1'));
    start();
    await clock.advance(5_000);
    expect(boundPods()).toEqual(['p']);
    expect(scheduler.counts()).toEqual({ ready: 0, backingOff: 0, waiting: 0, gated: 0, binding: 0 });
  });
});

describe('making room', () => {
  test('ends who is less important, says so to both, and takes the place', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, { ...asking('low', '2', { nodeName: 'n1', priority: 1 }), status: { phase: 'Running' } });
    api.put(PODS, asking('high', '2', { priority: 100 }));
    start();
    await clock.advance(5_000);
    expect(conditions).toEqual([
      'high PodScheduled=False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.',
      'low DisruptionTarget=True PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod',
    ]);
    expect(events).toEqual([
      'high Warning FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.',
      'low Normal Preempted: Preempted by pod uid-high on node n1',
      'high Normal Scheduled: Successfully assigned default/high to n1',
    ]);
    expect(boundPods()).toEqual(['high']);
  });

  test('ends whoever began last, though both were placed here before either began', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    for (const name of ['a', 'b']) api.put(PODS, asking(name, '1', { priority: 1 }));
    start();
    await clock.advance(1_000);
    expect(boundPods().toSorted()).toEqual(['a', 'b']);
    for (const [name, startTime] of [['a', '2026-01-01T00:00:09Z'], ['b', '2026-01-01T00:00:05Z']] as const) {
      api.put(PODS, { ...api.of(PODS).get(`default/${name}`)!, status: { phase: 'Running', startTime } });
    } // prettier-ignore
    api.put(PODS, asking('high', '1', { priority: 100 }));
    await clock.advance(1_000);
    expect(conditions.filter((line) => line.includes('DisruptionTarget'))).toEqual([
      'a DisruptionTarget=True PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod',
    ]);
  });

  test('does not end again who is on the way out', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, asking('going', '2', { nodeName: 'n1', priority: 1 }, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    api.put(PODS, asking('high', '2', { priority: 100 }));
    start();
    await clock.advance(2_000);
    expect(conditions).toEqual(['high PodScheduled=False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.']);
    expect(events).toEqual(['high Warning FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.']);
    api.remove(PODS, 'default/going');
    await clock.advance(2_000);
    expect(boundPods()).toEqual(['high']);
  });

  describe('for one that waits for it on a node that', () => {
    const going = (name: string, to: string) => {
      const of = asking(name, '2', { nodeName: to, priority: 1 }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
      const disrupted = { type: 'DisruptionTarget', status: 'True' as const, reason: 'PreemptionByScheduler' };
      return { ...of, status: { ...of.status, conditions: [disrupted] } };
    };
    beforeEach(async () => {
      api.put(NODES, node('n1', { cpu: '2' }), node('n2', { cpu: '2' }));
      api.put(PODS, asking('low', '2', { nodeName: 'n1', priority: 10 }), going('going', 'n2'));
      api.put(PODS, { ...asking('mid', '2', { priority: 50 }), status: { phase: 'Pending', nominatedNodeName: 'n2' } });
      start();
      await clock.advance(3_000);
      expect(boundPods()).toEqual([]);
    });
    const isPreempted = (name: string) => events.some((line) => line.startsWith(`${name} Normal Preempted`));

    test('another of higher priority takes, it is made elsewhere', async () => {
      api.put(PODS, asking('high', '2', { priority: 100, nodeSelector: { 'kubernetes.io/hostname': 'n2' } }));
      await clock.advance(20_000);
      expect(isPreempted('low')).toBe(true);
    });

    test('takes no more pods, it is made elsewhere', async () => {
      api.put(NODES, node('n2', { cpu: '2' }, { spec: { unschedulable: true } }));
      api.remove(PODS, 'default/going');
      await clock.advance(20_000);
      expect(isPreempted('low')).toBe(true);
    });
  });

  test('keeps the room, also when it was made before a restart', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    const going = asking('going', '2', { nodeName: 'n1', priority: 1 }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    const disrupted = { type: 'DisruptionTarget', status: 'True' as const, reason: 'PreemptionByScheduler' };
    api.put(PODS, { ...going, status: { ...going.status, conditions: [disrupted] } });
    api.put(PODS, { ...asking('high', '2', { priority: 100 }), status: { phase: 'Pending', nominatedNodeName: 'n1' } });
    api.put(PODS, asking('other', '2', { priority: 50 }));
    start();
    await clock.advance(2_000);
    expect(boundPods()).toEqual([]);
    api.remove(PODS, 'default/going');
    await clock.advance(20_000);
    expect(boundPods()).toEqual(['high']);
  });

  test('gives it to others when no room can be made for whom it was', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, { ...asking('high', '2', { priority: 100 }), status: { phase: 'Pending', nominatedNodeName: 'n1' } });
    api.put(PODS, asking('taker', '1', { priority: 200, nodeName: 'n1' }), asking('other', '1'));
    start();
    await clock.advance(2_000);
    expect(api.of(PODS).get('default/high')!.status!.nominatedNodeName ?? undefined).toBeUndefined();
    expect(boundPods()).toEqual(['other']);
  });

  test('gives it to others when somebody takes it from whom it was made for', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    const going = asking('going', '1', { nodeName: 'n1', priority: 1 }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    const disrupted = { type: 'DisruptionTarget', status: 'True' as const, reason: 'PreemptionByScheduler' };
    api.put(PODS, { ...going, status: { ...going.status, conditions: [disrupted] } });
    const high = asking('high', '2', { priority: 100 });
    api.put(PODS, { ...high, status: { phase: 'Pending', nominatedNodeName: 'n1' } }, asking('other', '1'));
    start();
    await clock.advance(2_000);
    expect(boundPods()).toEqual([]);
    api.put(PODS, { ...api.of(PODS).get('default/high')!, status: { phase: 'Pending' } });
    await clock.advance(2_000);
    expect(boundPods()).toEqual(['other']);
  });

  test('gives it to others when whom it was made for is deleted', async () => {
    api.put(NODES, node('n1', { cpu: '2' }));
    api.put(PODS, { ...asking('high', '9', { priority: 100 }), status: { phase: 'Pending', nominatedNodeName: 'n1' } });
    api.put(PODS, asking('other', '2'));
    start();
    await clock.advance(2_000);
    api.remove(PODS, 'default/high');
    await clock.advance(2_000);
    expect(boundPods()).toEqual(['other']);
  });
});

test('a pod whose volumes wait for it says where it wants them, and goes there when they are bound', async () => {
  const claim = (spec: object, phase: 'Pending' | 'Bound', annotations = {}): PersistentVolumeClaim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name: 'data', uid: 'uid-data', annotations },
    spec: { storageClassName: 'local-path', ...spec },
    status: { phase },
  });
  const storageClass = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'local-path' }, provisioner: 'p' };
  api.put(STORAGE_CLASSES, { ...storageClass, volumeBindingMode: 'WaitForFirstConsumer' });
  api.put(PERSISTENT_VOLUME_CLAIMS, claim({}, 'Pending'));
  api.put(NODES, node('n1', { cpu: '2' }));
  api.put(PODS, asking('p', '2', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }));
  api.put(PODS, asking('later', '2', {}, { creationTimestamp: '2026-01-01T00:00:09Z' }));
  start();
  await clock.advance(5_000);
  const selected = { 'volume.kubernetes.io/selected-node': 'n1' };
  expect(changed).toEqual([`PersistentVolumeClaim data ${JSON.stringify({ metadata: { uid: 'uid-data', annotations: selected } })}`]);
  expect([boundPods(), events.filter((event) => event.startsWith('p '))]).toEqual([[], []]);
  expect(api.of(PODS).get('default/p')!.status!.nominatedNodeName).toBe('n1');
  api.put(PERSISTENT_VOLUMES, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: {} });
  api.put(PERSISTENT_VOLUME_CLAIMS, claim({ volumeName: 'v' }, 'Bound', { ...selected, 'pv.kubernetes.io/bind-completed': 'yes' }));
  await clock.advance(5_000);
  expect(boundPods()).toEqual(['p']);
});

test('bindings run beside each other, and never too many', async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  binding = () => new Promise((resolve) => void (most = Math.max(most, waiting.push(resolve))));
  api.put(NODES, node('n1', { cpu: '1k', pods: '1k' }));
  api.put(PODS, ...Array.from({ length: 600 }, (_, i) => asking(`p${i}`, '1')));
  start();
  while (bound.length < 600) {
    for (let turns = 0; turns < 10; turns++) await clock.settle();
    for (const resolve of waiting.splice(0)) resolve();
  }
  expect(most).toBe(256);
});
