import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVENTS, PERSISTENT_VOLUME_CLAIMS, PODS, type PersistentVolumeClaim, type Pod } from '../../src/model/index.ts';
import { cluster, type Cluster } from './cluster.ts';

const SPEC: PersistentVolumeClaim['spec'] = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    containers: [{ name: 'main', image: 'web:1' }],
    volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: { metadata: { labels: { app: 'web' } }, spec: SPEC } } }],
  },
};

describe('a volume that lives with its pod', () => {
  let plane: Cluster;
  const claim = () => plane.client.get(PERSISTENT_VOLUME_CLAIMS, 'web-data', 'default');

  beforeEach(async () => void (plane = await cluster(['ephemeral-volume', 'garbage-collector'])));
  afterEach(() => plane.scope.close());

  test('has a claim that is the pod’s, made by its template, and goes with it', async () => {
    const { metadata } = await plane.client.create(PODS, POD);
    await plane.clock.settle();
    const made = await claim();
    expect(made.spec).toMatchObject(SPEC);
    expect(made.metadata.labels).toEqual({ app: 'web' });
    expect(made.metadata.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: metadata.uid, controller: true, blockOwnerDeletion: true },
    ]);
    await plane.client.delete({ kind: PODS, name: 'web', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await plane.clock.advance(1000);
    expect((await plane.client.list(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default' })).items).toEqual([]);
  });

  test('leaves a claim of its name that is somebody else’s alone, and says so', async () => {
    const own = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'web-data', namespace: 'default' }, spec: SPEC };
    await plane.client.create(PERSISTENT_VOLUME_CLAIMS, own);
    await plane.client.create(PODS, POD);
    await plane.clock.advance(1000);
    expect((await claim()).metadata.ownerReferences).toBeUndefined();
    const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
    expect(items).toMatchObject([
      {
        type: 'Warning',
        reason: 'FailedBinding',
        message: 'ephemeral volume data: PVC default/web-data was not created for pod default/web (pod is not owner)',
      },
    ]);
  });
});
