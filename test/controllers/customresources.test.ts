import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, type KubeObject, type Manifest } from '../../src/model/index.ts';
import { configMap } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const WIDGETS = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
});

const widget = (name: string, namespace = 'default'): Manifest =>
  ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace } }) as unknown as Manifest;

let plane: Cluster;
beforeEach(async () => {
  plane = await cluster(['garbage-collector', 'namespace']);
  await plane.client.create(CUSTOM_RESOURCE_DEFINITIONS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [version('v1', true), version('v1beta1', false)],
    },
  });
});
afterEach(() => plane.scope.close());

const ownedBy = (name: string, owner: KubeObject, apiVersion = 'example.com/v1') => {
  const made = configMap(name);
  const reference = { apiVersion, kind: 'Widget', name: owner.metadata.name, uid: owner.metadata.uid! };
  return { ...made, metadata: { ...made.metadata, ownerReferences: [reference] } };
};
const names = async () => (await plane.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);

describe('objects of a kind that was defined while everything runs', () => {
  test.each(['example.com/v1', 'example.com/v1beta1'])('take what they own along, named as %s', async (apiVersion) => {
    const owner = await plane.client.create(WIDGETS, widget('a'));
    await plane.client.create(CONFIG_MAPS, ownedBy('kept', await plane.client.create(WIDGETS, widget('b')), apiVersion));
    await plane.client.create(CONFIG_MAPS, ownedBy('owned', owner, apiVersion));
    await plane.clock.settle();
    expect(await names()).toEqual(['kept', 'owned']);
    await plane.client.delete({ kind: WIDGETS, name: 'a', namespace: 'default' });
    await plane.clock.settle();
    expect(await names()).toEqual(['kept']);
  });

  test('take it along with their definition too', async () => {
    await plane.client.create(CONFIG_MAPS, ownedBy('owned', await plane.client.create(WIDGETS, widget('a'))));
    await plane.client.delete({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: 'widgets.example.com' });
    await plane.clock.settle();
    expect(await names()).toEqual([]);
  });

  test('are emptied out of a namespace that is deleted', async () => {
    await plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    await plane.client.create(WIDGETS, widget('a', 'other'));
    await plane.client.delete({ kind: NAMESPACES, name: 'other' });
    await plane.clock.advance(1000);
    await expect(plane.client.get(NAMESPACES, 'other')).rejects.toMatchObject({ reason: 'NotFound' });
    expect((await plane.client.list(WIDGETS)).items).toEqual([]);
  });
});
