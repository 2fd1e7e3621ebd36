import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isTurnLong, seededRandom, StatusError } from '../../src/base/index.ts';
import { DEPLOYMENTS, EVENTS, NODES, type Deployment, type Event, type Node } from '../../src/model/index.ts';
import type { Client } from '../../src/client/index.ts';
import { recorder, type EventRecorder } from '../../src/status/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { workClock } from '../tools/work-clock.ts';
import { deployment } from '../tools/manifests.ts';

let plane: ControlPlane;
let events: EventRecorder;
let web: Deployment;
beforeEach(async () => {
  plane = await controlPlane();
  web = await plane.client.create(DEPLOYMENTS, deployment('web'));
  events = recorder(plane.trusted, 'deployment-controller', plane.clock, seededRandom(1));
});

const list = async (namespace?: string) => (await plane.client.list(EVENTS, { namespace })).items;

async function tell(message: string, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) events.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', message);
  await plane.clock.settle();
}

test('an event says what, when, of what and by whom', async () => {
  await tell('up');
  const [event] = await list();
  const { uid, resourceVersion } = web.metadata;
  expect(event).toMatchObject({
    involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web', uid, resourceVersion },
    type: 'Normal',
    reason: 'Scaled',
    message: 'up',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'deployment-controller' },
    reportingComponent: 'deployment-controller',
  });
  expect(event!.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(event!.metadata.managedFields?.[0]?.manager).toBe('deployment-controller');
});

test('an event of one of many names its node, and the part of the object that it is about', async () => {
  const kubelet = recorder(plane.trusted, 'kubelet', plane.clock, seededRandom(2), { host: 'node-1' });
  kubelet.event({ kind: DEPLOYMENTS, object: web, fieldPath: 'spec.containers{c}' }, 'Normal', 'Started', 'Container started');
  kubelet.event({ kind: DEPLOYMENTS, object: web, fieldPath: 'spec.containers{d}' }, 'Normal', 'Started', 'Container started');
  await plane.clock.settle();
  const told = await list();
  expect(told.map(({ involvedObject, count }) => [involvedObject.fieldPath, count])).toEqual([['spec.containers{c}', 1], ['spec.containers{d}', 1]]);
  expect(told[0]).toMatchObject({ source: { component: 'kubelet', host: 'node-1' }, reportingComponent: 'kubelet', reportingInstance: 'node-1' });
}); // prettier-ignore

describe('an event that says what was done', () => {
  let scheduler: EventRecorder;
  beforeEach(() => (scheduler = recorder(plane.trusted, 'default-scheduler', plane.clock, seededRandom(3), { instance: 'default-scheduler-here' })));
  const fail = async (message: string) => {
    scheduler.event({ kind: DEPLOYMENTS, object: web }, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    await plane.clock.settle();
  };

  test('is of the newer form, and told again of the same becomes a series', async () => {
    await fail('no room');
    const [first] = await list();
    expect(first).toMatchObject({
      involvedObject: { kind: 'Deployment', name: 'web', uid: web.metadata.uid },
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      message: 'no room',
      eventTime: '2026-01-01T00:00:00.000000Z',
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: 'default-scheduler',
      reportingInstance: 'default-scheduler-here',
    });
    expect(first).not.toHaveProperty('series');
    expect(first).not.toHaveProperty('count');
    expect(first!.metadata.managedFields?.[0]?.apiVersion).toBe('events.k8s.io/v1');
    await plane.clock.advance(5000);
    await fail('no room');
    expect(await list()).toMatchObject([{ message: 'no room', series: { count: 2, lastObservedTime: '2026-01-01T00:00:05.000000Z' } }]);
  });

  test('is another event when it says something else', async () => {
    await fail('no room');
    await fail('no node');
    expect((await list()).map(({ message }) => message)).toEqual(['no room', 'no node']);
  });

  test('names what it was done for', async () => {
    const other = await plane.client.create(DEPLOYMENTS, deployment('other'));
    const related = { kind: DEPLOYMENTS, object: other };
    scheduler.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Preempted', 'made room', { action: 'Preempting', related });
    await plane.clock.settle();
    expect(await list()).toMatchObject([{ action: 'Preempting', related: { kind: 'Deployment', name: 'other', uid: other.metadata.uid } }]);
  });

  test('that has expired meanwhile comes back as a series', async () => {
    await fail('no room');
    const [{ metadata: { name } }] = (await list()) as [Event];
    await plane.client.delete({ kind: EVENTS, name, namespace: 'default' });
    await fail('no room');
    expect(await list()).toMatchObject([{ metadata: { name }, series: { count: 2 } }]);
  });
}); // prettier-ignore

test('events listed by name are in the order of their telling, also within a millisecond', async () => {
  for (const message of ['c', 'a', 'b']) await tell(message);
  await plane.clock.advance(1);
  await tell('0');
  expect((await list()).map((event) => event.message)).toEqual(['c', 'a', 'b', '0']);
});

test('a repeated event is counted', async () => {
  await tell('up');
  await plane.clock.advance(5000);
  await tell('up', 2);
  expect(await list()).toMatchObject([{ count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' }]);
});

test('an event that has expired meanwhile comes back, and is counted on', async () => {
  await tell('up');
  const [first] = await list();
  await plane.client.delete({ kind: EVENTS, name: first!.metadata.name, namespace: 'default' });
  await plane.clock.advance(5000);
  await tell('up');
  const { name } = first!.metadata;
  expect(await list()).toMatchObject([
    { metadata: { name }, count: 2, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' },
  ]);
});

test('many different texts of one reason end up in one event', async () => {
  for (let i = 0; i < 20; i++) await tell(`pod ${i}`);
  const found = await list();
  expect(found).toHaveLength(10);
  expect(found.filter((event) => event.message?.startsWith('(combined from similar events): '))).toMatchObject([{ count: 11 }]);
});

test('texts are too many only when they are told within ten minutes of each other', async () => {
  for (let i = 0; i < 9; i++) await tell(`pod ${i}`);
  await plane.clock.advance(599_000);
  await tell('pod 9');
  await plane.clock.advance(601_000);
  for (const message of ['pod 10', 'pod 0']) await tell(message);
  const found = await list();
  expect(found.map(({ message, count }) => [message, count]).toSorted()).toEqual([
    ['(combined from similar events): pod 9', 1],
    ['pod 0', 2],
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => [`pod ${i}`, 1]),
    ['pod 10', 1],
  ].toSorted());
}); // prettier-ignore

test('what an object says too often is not written for a while, but counted', async () => {
  await tell('up', 40);
  expect(await list()).toMatchObject([{ count: 25 }]);
  await plane.clock.advance(300_000);
  await tell('up', 2);
  expect(await list()).toMatchObject([{ count: 41 }]);
});

test('an event about what is in no namespace is kept in default', async () => {
  const node: Node = await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } });
  events.event({ kind: NODES, object: node }, 'Warning', 'Odd', 'very');
  await plane.clock.settle();
  expect(await list('default')).toMatchObject([{ involvedObject: { kind: 'Node', name: 'one' } }]);
});

describe('in a burst of work', () => {
  /** Turns of the loop that take 30 ms until the burst is over, and then nothing but the time between them: one. */
  function busyLoop() {
    const began = plane.clock.now();
    const { clock, work } = workClock(began);
    const busy = { isOver: false };
    let isStopped = false;
    onTestFinished(() => void (isStopped = true));
    const turn = () => {
      if (!busy.isOver) isTurnLong(clock);
      work(busy.isOver ? 1 : 30);
      if (!isStopped) setImmediate(turn);
    };
    setImmediate(turn);
    return { clock, busy, began };
  }

  const turns = async (n: number) => {
    for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  test('a warning is written at once, the rest when the burst is over', async () => {
    const { clock, busy } = busyLoop();
    const recording = recorder(plane.trusted, 'x', clock, seededRandom(1));
    await turns(2);
    recording.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', 'up');
    recording.event({ kind: DEPLOYMENTS, object: web }, 'Warning', 'Failed', 'down');
    await turns(20);
    expect(await list()).toMatchObject([{ reason: 'Failed' }]);
    busy.isOver = true;
    await turns(50);
    expect(await list()).toHaveLength(1);
    await turns(60);
    expect((await list()).map(({ reason }) => reason)).toEqual(['Scaled', 'Failed']);
  });

  test('what was told ten seconds ago is written nevertheless', async () => {
    const { clock, began } = busyLoop();
    const recording = recorder(plane.trusted, 'x', clock, seededRandom(1));
    await turns(2);
    recording.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', 'up');
    while ((await list()).length === 0) await turns(1);
    expect(clock.now() - began).toBeGreaterThan(10_000);
    expect(clock.now() - began).toBeLessThan(10_500);
  });

  test('what waits is written when its recorder is closed', async () => {
    const { clock } = busyLoop();
    const recording = recorder(plane.trusted, 'x', clock, seededRandom(1));
    await turns(2);
    for (const message of ['a', 'b']) recording.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', message);
    await recording.close();
    expect(await list()).toHaveLength(2);
  });
});

test('who stops takes nothing from others of its component, also when one of its events is refused', async () => {
  const [one, two] = [1, 2].map((n) => recorder(plane.trusted, 'kubelet', plane.clock, seededRandom(n), { host: `node-${n}` }));
  const lost = { ...web, metadata: { ...web.metadata, namespace: 'nowhere' } };
  one!.event({ kind: DEPLOYMENTS, object: lost }, 'Normal', 'Scaled', 'up');
  await one!.close();
  two!.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', 'up');
  await plane.clock.settle();
  expect(await list()).toMatchObject([{ source: { host: 'node-2' } }]);
});

describe('an event that cannot be written', () => {
  const refusing = (): Client & { tries: number } => {
    const client = {
      tries: 0,
      as: () => client,
      create: async () => {
        client.tries++;
        throw new StatusError('ServiceUnavailable', 'not now');
      },
    };
    return client as unknown as Client & { tries: number };
  };

  test('is lost without a word', async () => {
    const client = refusing();
    const failing = recorder(client, 'x', plane.clock, seededRandom(1));
    failing.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', 'up');
    failing.event({ kind: DEPLOYMENTS, object: web }, 'Normal', 'Scaled', 'down');
    await plane.clock.settle();
    expect(client.tries).toBe(2);
  });

  test('never makes a queue without end', async () => {
    let written = 0;
    let release = () => {};
    const held = new Promise<object>((resolve) => (release = () => resolve({ metadata: { name: 'e' } })));
    const slow = { as: () => slow, create: async () => (written++, held) } as unknown as Client;
    const recording = recorder(slow, 'x', plane.clock, seededRandom(1));
    for (let i = 0; i < 50_000; i++) {
      const object = { ...web, metadata: { ...web.metadata, uid: String(i) } };
      recording.event({ kind: DEPLOYMENTS, object }, 'Normal', 'Scaled', 'up');
    }
    release();
    await recording.close();
    expect(written).toBeLessThanOrEqual(40_001);
    expect(written).toBeGreaterThanOrEqual(40_000);
  });
});
