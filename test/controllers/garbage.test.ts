import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decideFate, type Owner } from '../../src/controllers/garbage/index.ts';
import { CONFIG_MAPS, EVENTS, NAMESPACES, SECRETS, type ConfigMap, type OwnerReference } from '../../src/model/index.ts';
import { configMap } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const reference = (name: string): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid: name });
const owner = (name: string, state: Owner['state']): Owner => ({ reference: reference(name), state });
const leaving = {
  ...configMap('l'),
  metadata: { name: 'l', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] },
};

describe('an object', () => {
  test.each([
    ['without owners is kept', [], [], { kind: 'keep' }],
    ['whose owners are there is kept', [owner('a', 'solid')], [], { kind: 'keep' }],
    [
      'of whose owners one is there keeps that one',
      [owner('a', 'solid'), owner('b', 'absent')],
      [],
      { kind: 'detach', owners: [reference('a')] },
    ],
    [
      'of whose owners one stays keeps that one',
      [owner('a', 'waiting'), owner('b', 'solid')],
      [],
      { kind: 'detach', owners: [reference('b')] },
    ],
    [
      'whose owners are all gone is deleted',
      [owner('a', 'absent'), owner('b', 'absent')],
      [],
      { kind: 'delete', propagation: 'Background', unblock: false },
    ],
    ['whose owner waits for it is deleted', [owner('a', 'waiting')], [], { kind: 'delete', propagation: 'Background', unblock: false }],
    [
      'whose owner waits for it and its own waits for those',
      [owner('a', 'waiting')],
      [configMap('d')],
      { kind: 'delete', propagation: 'Foreground', unblock: false },
    ],
    [
      'in a circle of waiting lets go first',
      [owner('a', 'waiting')],
      [leaving],
      { kind: 'delete', propagation: 'Foreground', unblock: true },
    ],
    ['with an owner of an unknown kind is left alone', [owner('a', 'absent'), owner('b', 'unknown')], [], { kind: 'undecided' }],
  ] as const)('%s', (_, owners, dependents, expected) => expect(decideFate(configMap('x'), owners, dependents)).toEqual(expected));
});

describe('in a cluster', () => {
  let the: Cluster;
  beforeEach(async () => {
    the = await cluster(['garbage-collector']);
  });
  afterEach(() => the.scope.close());

  const names = async () => (await the.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
  const get = (name: string) => the.client.get(CONFIG_MAPS, name, 'default');

  async function create(name: string, owners: readonly ConfigMap[] = [], more: object = {}): Promise<ConfigMap> {
    const ownerReferences = owners.map(({ metadata }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: metadata.name,
      uid: metadata.uid!,
      blockOwnerDeletion: true,
    }));
    const made = await the.client.create(CONFIG_MAPS, {
      ...configMap(name),
      metadata: { name, namespace: 'default', ownerReferences, ...more },
    });
    await the.clock.settle();
    return made;
  }

  async function remove(name: string, propagation: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
    await the.client.delete({ kind: CONFIG_MAPS, name, namespace: 'default' }, { propagation });
    await the.clock.advance(1000);
  }

  test('what an owner leaves behind is deleted, down to the last', async () => {
    const top = await create('top');
    const middle = await create('middle', [top]);
    await create('bottom', [middle]);
    await create('other');
    await remove('top', 'Background');
    expect(await names()).toEqual(['other']);
  });

  test('what another owner still holds stays, and forgets the first', async () => {
    const [a, b] = [await create('a'), await create('b')];
    await create('shared', [a, b]);
    await remove('a', 'Background');
    expect((await get('shared')).metadata.ownerReferences).toMatchObject([{ name: 'b' }]);
    await remove('b', 'Background');
    expect(await names()).toEqual([]);
  });

  test('foreground: the owner goes after those that hold it', async () => {
    const top = await create('top');
    await create('held', [top], { finalizers: ['example.org/hold'] });
    await remove('top', 'Foreground');
    expect(await names()).toEqual(['held', 'top']);
    expect((await get('top')).metadata.deletionTimestamp).toBeDefined();
    expect((await get('held')).metadata.deletionTimestamp).toBeDefined();
    await the.client.patch(
      { kind: CONFIG_MAPS, name: 'held', namespace: 'default' },
      { type: 'merge', patch: { metadata: { finalizers: null } } },
    );
    await the.clock.advance(1000);
    expect(await names()).toEqual([]);
  });

  test('foreground: a whole tree goes from its leaves', async () => {
    const top = await create('top');
    const middle = await create('middle', [top]);
    await create('leaf', [middle]);
    await remove('top', 'Foreground');
    expect(await names()).toEqual([]);
  });

  test('orphan: the dependents stay, without an owner', async () => {
    const top = await create('top');
    await create('child', [top]);
    await remove('top', 'Orphan');
    expect(await names()).toEqual(['child']);
    expect((await get('child')).metadata.ownerReferences ?? []).toEqual([]);
  });

  test('an object that is born to an owner that is gone, or to another of its name, is deleted', async () => {
    const gone = await create('gone');
    await remove('gone', 'Background');
    await create('late', [gone]);
    expect(await names()).toEqual([]);
    await create('gone');
    await create('mistaken', [gone]);
    expect(await names()).toEqual(['gone']);
  });

  test('an owner in another namespace is none, and the events say so', async () => {
    const top = await create('top');
    await the.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'top', uid: top.metadata.uid! }];
    await the.client.create(CONFIG_MAPS, { ...configMap('x'), metadata: { name: 'x', namespace: 'shop', ownerReferences } });
    await the.clock.advance(1000);
    expect((await the.client.list(CONFIG_MAPS, { namespace: 'shop' })).items).toEqual([]);
    const owner = `[v1/ConfigMap, namespace: shop, name: top, uid: ${top.metadata.uid}]`;
    expect((await the.client.list(EVENTS, { namespace: 'shop' })).items).toMatchObject([
      { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message: `ownerRef ${owner} does not exist in namespace "shop"` },
    ]);
    expect(await names()).toEqual(['top']);
  });

  test('an owner of a kind that nobody serves is not taken for gone', async () => {
    const ownerReferences = [{ apiVersion: 'example.org/v1', kind: 'Thing', name: 't', uid: 't' }];
    await the.client.create(CONFIG_MAPS, { ...configMap('x'), metadata: { name: 'x', namespace: 'default', ownerReferences } });
    await the.clock.advance(1000);
    expect(await names()).toEqual(['x']);
  });

  test('owners and dependents may be of different kinds', async () => {
    const top = await create('top');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'top', uid: top.metadata.uid! }];
    await the.client.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default', ownerReferences } });
    await remove('top', 'Background');
    expect((await the.client.list(SECRETS, { namespace: 'default' })).items).toEqual([]);
  });
});
