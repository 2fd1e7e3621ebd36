import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENTS, formatTime, NODES, PODS } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

let plane: Cluster;
beforeEach(async () => {
  plane = await cluster(['node-lifecycle']);
});
afterEach(() => plane.scope.close());

async function join(name: string, ready: 'True' | 'False'): Promise<void> {
  const time = formatTime(plane.clock.now());
  const node = await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
  const conditions = [{ type: 'Ready', status: ready, lastHeartbeatTime: time, lastTransitionTime: time } as const];
  await plane.trusted.updateStatus(NODES, { ...node, status: { conditions } });
  await plane.trusted.create(PODS, pod(`on-${name}`, { nodeName: name }));
  await plane.setReady(await plane.client.get(PODS, `on-${name}`, 'default'), true);
}

const readiness = async (name: string) => {
  const { status } = await plane.client.get(PODS, `on-${name}`, 'default');
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
};
const told = async (reason: string) => {
  await plane.clock.settle();
  const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
  return items.filter((event) => event.reason === reason).map(({ involvedObject }) => `${involvedObject.kind}/${involvedObject.name}`);
};

test('the pods of a node that says itself that it is not ready are for its kubelet to judge', async () => {
  await join('n1', 'False');
  await plane.clock.advance(20_000);
  expect((await plane.client.get(NODES, 'n1')).spec?.taints?.map(({ key }) => key)).toContain('node.kubernetes.io/not-ready');
  expect(await readiness('n1')).toBe('True');
});

test('the pods of a node that has fallen silent are not ready, and it is told of the node if it was well before', async () => {
  await join('n1', 'False');
  await join('n2', 'True');
  await plane.clock.advance(51_000);
  expect([await readiness('n1'), await readiness('n2')]).toEqual(['False', 'False']);
  expect((await told('NodeNotReady')).toSorted()).toEqual(['Node/n2', 'Pod/on-n1', 'Pod/on-n2']);
});

test('a node that was told to lose its pods goes on with it when most of its zone falls silent, until all has', async () => {
  const evicting = async (name: string) =>
    (await plane.client.get(NODES, name)).spec?.taints?.some(({ effect }) => effect === 'NoExecute') ?? false;
  const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const say = async (name: string, status: 'True' | 'Unknown') => {
    const node = await plane.client.get(NODES, name);
    const time = formatTime(plane.clock.now());
    const conditions = [{ type: 'Ready', status, lastHeartbeatTime: time, lastTransitionTime: time } as const];
    await plane.trusted.updateStatus(NODES, { ...node, status: { conditions } });
    await plane.clock.advance(1000);
  };
  for (const name of names) await join(name, 'True');
  await say('n1', 'Unknown');
  expect(await evicting('n1')).toBe(true);
  for (const name of ['n2', 'n3']) await say(name, 'Unknown');
  await plane.clock.advance(15_000);
  expect(await Promise.all(names.map(evicting))).toEqual([true, false, false, false, false]);
  for (const name of ['n4', 'n5']) await say(name, 'Unknown');
  await plane.clock.advance(15_000);
  expect(await Promise.all(names.map(evicting))).toEqual([false, false, false, false, false]);
});
