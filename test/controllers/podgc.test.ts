import { afterEach, beforeEach, expect, test } from 'vitest';
import { isStatus } from '../../src/base/index.ts';
import type { InformerChange } from '../../src/client/index.ts';
import type { ControllerContext } from '../../src/controllers/index.ts';
import { podGarbageCollector } from '../../src/controllers/podgc/index.ts';
import { decideSurplus } from '../../src/controllers/podgc/decide.ts';
import { NODES, PODS, type Pod } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const QUARANTINE = 40_000;

let the: Cluster;
beforeEach(async () => {
  the = await cluster(['pod-garbage-collector']);
});
afterEach(() => the.scope.close());

const join = () => the.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
const leave = () => the.client.delete({ kind: NODES, name: 'n1' });
const start = () => the.trusted.create(PODS, pod('p', { nodeName: 'n1' }));
const isThere = () =>
  the.client.get(PODS, 'p', 'default').then(
    () => true,
    (error: unknown) => !isStatus(error, 'NotFound'),
  );

test('a pod ends forty seconds after its node was deleted', async () => {
  await join();
  await start();
  await leave();
  await the.clock.advance(QUARANTINE - 1);
  expect(await isThere()).toBe(true);
  await the.clock.advance(1);
  expect(await isThere()).toBe(false);
});

test('a pod that is bound to a node that is not there ends too', async () => {
  await start();
  await the.clock.advance(QUARANTINE);
  expect(await isThere()).toBe(false);
});

test('a node may be away for a moment, each time', async () => {
  await join();
  await start();
  for (let times = 0; times < 3; times++) {
    await leave();
    await the.clock.advance(QUARANTINE / 2);
    await join();
    await the.clock.advance(QUARANTINE);
    expect(await isThere()).toBe(true);
  }
});

test('whoever comes to a name that was missing once has as long as the first', async () => {
  await start();
  await the.clock.advance(QUARANTINE);
  await start();
  await the.clock.advance(QUARANTINE - 1);
  expect(await isThere()).toBe(true);
  await the.clock.advance(1);
  expect(await isThere()).toBe(false);
  await join();
  await start();
  await leave();
  await the.clock.advance(QUARANTINE - 1);
  expect(await isThere()).toBe(true);
});

const HELD = { finalizers: ['example.com/held'] };
const live = () => the.client.get(PODS, 'p', 'default');
const remove = async () => {
  await the.client.delete({ kind: PODS, name: 'p', namespace: 'default' });
  await the.clock.settle();
};

test('a pod that never had a node and is held by somebody has failed once it is deleted', async () => {
  await the.trusted.create(PODS, { ...pod('p'), metadata: { ...pod('p').metadata, ...HELD } });
  await the.clock.settle();
  expect((await live()).status?.phase).toBe('Pending');
  await remove();
  expect((await live()).status?.phase).toBe('Failed');
});

test('a pod that is leaving a node goes at once when that is out of service, not before', async () => {
  await join();
  await start();
  await remove();
  expect((await live()).metadata.deletionTimestamp).toBeDefined();
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' as const }];
  await the.trusted.patch({ kind: NODES, name: 'n1' }, { type: 'merge', patch: { spec: { taints } } });
  await the.clock.settle();
  expect(await isThere()).toBe(false);
});

test('of pods that have ended the evicted go first, then the oldest', () => {
  const ended = (name: string, creationTimestamp: string, reason?: string): Pod => ({
    ...pod(name),
    metadata: { ...pod(name).metadata, creationTimestamp },
    status: { phase: 'Failed', ...(reason ? { reason } : {}) },
  });
  const all = [
    ended('young', '2026-01-03T00:00:00Z'),
    ended('old', '2026-01-01T00:00:00Z'),
    ended('evicted', '2026-01-02T00:00:00Z', 'Evicted'),
    { ...pod('running'), status: { phase: 'Running' as const } },
  ];
  expect(decideSurplus(all, 3)).toEqual([]);
  expect(decideSurplus(all, 1).map(({ metadata }) => metadata.name)).toEqual(['evicted', 'old']);
});

/** What the controller wants to look at when it is told of changes of pods. */
function asks(changes: readonly InformerChange<Pod>[]): readonly string[] {
  let told: (change: InformerChange<Pod>) => void = () => {};
  const informer = {
    index: () => {},
    by: () => [],
    get: () => undefined,
    subscribe: (to: typeof told) => ((told = to), { close: () => {} }),
  };
  const client = { informer: () => informer } as unknown as ControllerContext['client'];
  const keys: string[] = [];
  for (const trigger of podGarbageCollector.start({ client } as ControllerContext).triggers)
    trigger.follow(client, (key) => keys.push(key));
  for (const change of changes) told(change);
  return keys;
}

test('a pod that took the place of another between two looks is looked at, also on the same node', () => {
  const [before, after] = ['1', '2'].map((uid) => {
    const bound = pod('p', { nodeName: 'n1' });
    return { ...bound, metadata: { ...bound.metadata, uid } };
  });
  expect(asks([{ before, after } as InformerChange<Pod>])).toEqual(['default/p']);
});

test('those that have ended are looked at once there are more than 12,500 of them', () => {
  const end = (i: number) => ({ after: { ...pod(`p${i}`), status: { phase: 'Succeeded' } } }) as InformerChange<Pod>;
  const ends = Array.from({ length: 12_500 }, (_, i) => end(i));
  expect(asks(ends)).toEqual([]);
  expect(asks([...ends, { before: end(0).after } as InformerChange<Pod>, end(0)])).toEqual([]);
  expect(asks([...ends, end(12_500)])).toEqual(['ended']);
});
