import { afterEach, beforeEach, expect, test } from 'vitest';
import { isStatus } from '../../src/base/index.ts';
import type { InformerChange } from '../../src/client/index.ts';
import type { ControllerContext } from '../../src/controllers/index.ts';
import { podGarbageCollector } from '../../src/controllers/podgc/index.ts';
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

test('a pod that took the place of another between two looks is looked at, also on the same node', () => {
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
  const [before, after] = ['1', '2'].map((uid) => {
    const bound = pod('p', { nodeName: 'n1' });
    return { ...bound, metadata: { ...bound.metadata, uid } };
  });
  told({ before, after } as InformerChange<Pod>);
  expect(keys).toEqual(['default/p']);
});
