import { expect, test } from 'vitest';
import { EVENTS, PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES, type PersistentVolumeClaim } from '../../src/model/index.ts';
import { cluster } from './cluster.ts';

test('a claim that is to grow says who is waited for, once for each time that it asks', async () => {
  const { client, trusted, clock, scope } = await cluster(['persistentvolume-expander']);
  const provisioner = 'disks.example.dev';
  const metadata = { name: 'data', namespace: 'default' };
  await client.create(STORAGE_CLASSES, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'disks' },
    provisioner,
    allowVolumeExpansion: true,
  });
  const spec: PersistentVolumeClaim['spec'] = { accessModes: ['ReadWriteOnce'], storageClassName: 'disks', volumeName: 'v' };
  const ask = (storage: string) => ({ ...spec, resources: { requests: { storage } } });
  const made = await client.create(PERSISTENT_VOLUME_CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...metadata, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    spec: ask('1Gi'),
  });
  const bound = await trusted.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...made, status: { phase: 'Bound', capacity: { storage: '1Gi' } } });
  await clock.advance(30_000);
  const told = async () =>
    (await client.list(EVENTS)).items.map(({ reason, message, type, source }) => [type, reason, message, source?.component]);
  expect(await told()).toEqual([]);

  const grown = await client.update(PERSISTENT_VOLUME_CLAIMS, { ...bound, spec: ask('2Gi') });
  await clock.advance(30_000);
  const waiting = ['Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC', 'volume_expand'];
  expect(await told()).toEqual([waiting]);
  await client.update(PERSISTENT_VOLUME_CLAIMS, { ...grown, metadata: { ...grown.metadata, labels: { a: 'b' } } });
  await clock.advance(30_000);
  expect((await client.list(EVENTS)).items.map(({ count }) => count)).toEqual([1]);
  await scope.close();
});
