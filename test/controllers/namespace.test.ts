import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decideNamespaceStatus } from '../../src/controllers/namespace/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  PODS,
  SERVICE_ACCOUNTS,
  type KindRef,
  type KubeObject,
  type Namespace,
} from '../../src/model/index.ts';
import { configMap, pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

let the: Cluster;
beforeEach(async () => {
  the = await cluster(['namespace', 'serviceaccount']);
  await the.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await the.clock.settle();
});
afterEach(() => the.scope.close());

const namespaces = async () => (await the.client.list(NAMESPACES)).items.map(({ metadata }) => metadata.name);
const shop = () => the.client.get(NAMESPACES, 'shop');
const inShop = <T extends { metadata: object }>(object: T): T => ({ ...object, metadata: { ...object.metadata, namespace: 'shop' } });
const said = (namespace: Namespace, type: string) => namespace.status?.conditions?.find((condition) => condition.type === type);

async function removeShop(): Promise<void> {
  await the.client.delete({ kind: NAMESPACES, name: 'shop' });
  await the.clock.advance(1000);
}

describe('the ServiceAccount default', () => {
  const accounts = async (namespace: string) =>
    (await the.client.list(SERVICE_ACCOUNTS, { namespace })).items.map(({ metadata }) => metadata.name);

  test('is there in every namespace, and comes back', async () => {
    expect(await accounts('default')).toEqual(['default']);
    expect(await accounts('shop')).toEqual(['default']);
    await the.client.delete({ kind: SERVICE_ACCOUNTS, name: 'default', namespace: 'shop' });
    await the.clock.settle();
    expect(await accounts('shop')).toEqual(['default']);
  });
});

test('the status of a leaving namespace lists what is left in the order of its names, and every kind that could not be deleted', () => {
  const left = (kind: KindRef, failure?: Error) => ({ kind: kind as KindRef<KubeObject>, objects: [configMap('x')], failure });
  const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const remains = [left(SERVICE_ACCOUNTS, new Error('not now')), left(DEPLOYMENTS), left(CONFIG_MAPS, new Error('never'))];
  const status = decideNamespaceStatus(namespace, remains, 0);
  const counts = ['configmaps.', 'deployments.apps', 'serviceaccounts.'].map((name) => `${name} has 1 resource instances`);
  expect(said({ ...namespace, status }, 'NamespaceContentRemaining')?.message).toBe(`Some resources are remaining: ${counts.join(', ')}`);
  expect(said({ ...namespace, status }, 'NamespaceDeletionContentFailure')).toMatchObject({
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: 'Failed to delete all resource types, 2 remaining: never, not now',
  });
});

describe('a namespace that is deleted', () => {
  test('takes everything in it along, and nothing else', async () => {
    await the.client.create(CONFIG_MAPS, inShop(configMap('a')));
    await the.client.create(PODS, inShop(pod('p')));
    await the.client.create(CONFIG_MAPS, configMap('stays'));
    await removeShop();
    expect(await namespaces()).not.toContain('shop');
    for (const kind of [CONFIG_MAPS, PODS, SERVICE_ACCOUNTS])
      expect((await the.client.list(kind, { namespace: 'shop' })).items).toEqual([]);
    expect((await the.client.list(CONFIG_MAPS, { namespace: 'default' })).items).toMatchObject([{ metadata: { name: 'stays' } }]);
  });

  test('waits for what will not go, and says what that is', async () => {
    const held = inShop(configMap('held'));
    await the.client.create(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } });
    await removeShop();
    const waiting = await shop();
    expect(waiting.status?.phase).toBe('Terminating');
    expect(said(waiting, 'NamespaceContentRemaining')).toMatchObject({
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: 'Some resources are remaining: configmaps. has 1 resource instances',
    });
    expect(waiting.status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
      'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered',
      'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions',
      'NamespaceDeletionContentFailure=False ContentDeleted',
      'NamespaceContentRemaining=True SomeResourcesRemain',
      'NamespaceFinalizersRemaining=True SomeFinalizersRemain',
    ]);
    expect(said(waiting, 'NamespaceFinalizersRemaining')).toMatchObject({
      status: 'True',
      message: 'Some content in the namespace has finalizers remaining: example.org/hold in 1 resource instances',
    });
    await the.client.patch(
      { kind: CONFIG_MAPS, name: 'held', namespace: 'shop' },
      { type: 'merge', patch: { metadata: { finalizers: null } } },
    );
    await the.clock.advance(1000);
    expect(await namespaces()).not.toContain('shop');
  });

  test('lets its pods end before it takes what they use', async () => {
    await the.client.create(CONFIG_MAPS, inShop(configMap('used')));
    await the.client.create(PODS, inShop(pod('p', { nodeName: 'here' })));
    await removeShop();
    expect((await the.client.get(PODS, 'p', 'shop')).metadata.deletionTimestamp).toBeDefined();
    expect((await the.client.list(CONFIG_MAPS, { namespace: 'shop' })).items).toHaveLength(1);
    await the.client.delete({ kind: PODS, name: 'p', namespace: 'shop' }, { gracePeriodSeconds: 0 });
    await the.clock.advance(1000);
    expect(await namespaces()).not.toContain('shop');
  });
});
