import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatTime, NODES, PODS, type PodSpec } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

let the: Cluster;
beforeEach(async () => {
  the = await cluster(['taint-eviction']);
});
afterEach(() => the.scope.close());

const isLeaving = (name: string) =>
  the.client.get(PODS, name, 'default').then(
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
    () => true,
  );
const enduring = (tolerationSeconds: number): Partial<PodSpec> => ({
  nodeName: 'n1',
  tolerations: [{ key: 'old', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }],
});

test('a pod that comes to a node with an old taint stays as long as it tolerates it', async () => {
  const timeAdded = formatTime(the.clock.now() - 3_600_000);
  const spec = { taints: [{ key: 'old', effect: 'NoExecute' as const, timeAdded }] };
  await the.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec });
  await the.trusted.create(PODS, pod('p', enduring(60)));
  await the.clock.advance(59_000);
  expect(await isLeaving('p')).toBe(false);
  await the.clock.advance(1000);
  expect(await isLeaving('p')).toBe(true);
});
