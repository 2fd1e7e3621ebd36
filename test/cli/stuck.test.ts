import { expect, test } from 'vitest';
import { stuckPods } from '../../src/cli/stuck.ts';
import type { Application, ContainerStatus, Pod, ReplicaSet } from '../../src/model/index.ts';

const ownedBy = (uid: string) => [{ apiVersion: 'apps/v1', kind: 'Any', name: 'any', uid, controller: true }];
const application = {
  metadata: { name: 'web' },
  status: { inventory: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'deployment' }, { kind: 'Service' }] },
} as unknown as Application;
const set = { metadata: { name: 'web-1', uid: 'set', ownerReferences: ownedBy('deployment') } } as unknown as ReplicaSet;
const ended = { exitCode: 128, message: 'exec: "nodexx": not found\n' };
const crashing: ContainerStatus = {
  name: 'server',
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
  lastState: { terminated: ended },
} as ContainerStatus;

const pod = (name: string, owner: string | undefined, containerStatuses: ContainerStatus[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...(owner ? { ownerReferences: ownedBy(owner) } : {}) },
  spec: { containers: [] },
  status: { phase: 'Running', containerStatuses },
});

test('a pod that needs a person is named with what it waits for and how it ended', () => {
  expect(stuckPods(application, [set], [pod('web-1-a', 'set', [crashing])])).toEqual([
    'Pod default/web-1-a: container server: CrashLoopBackOff: back-off 10s; it ended with exit code 128: exec: "nodexx": not found',
  ]);
});

test('pods of others, of nobody, and those that only take their time are not', () => {
  const pods = [pod('a', 'other', [crashing]), pod('b', undefined, [crashing]), pod('c', 'set', [])];
  expect(stuckPods(application, [set], pods)).toEqual([]);
});

test('of many that are alike a few are enough', () => {
  const pods = Array.from({ length: 9 }, (_, n) => pod(`web-1-${n}`, 'set', [crashing]));
  expect(stuckPods(application, [set], pods)).toHaveLength(3);
});
