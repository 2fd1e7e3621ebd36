import { afterEach, beforeEach, expect, test } from 'vitest';
import { decideQuota } from '../../src/controllers/quota/index.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, type PersistentVolumeClaim, type ResourceQuota } from '../../src/model/index.ts';
import { asManifest, pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');

let the: Cluster;
beforeEach(async () => {
  the = await cluster(['resourcequota']);
});
afterEach(() => the.scope.close());

const quota = (hard: Record<string, string>, spec: ResourceQuota['spec'] = {}): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'all', namespace: 'default' },
  spec: { hard, ...spec },
});

const claim = (status: PersistentVolumeClaim['status'] = {}, volumeAttributesClassName?: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, volumeAttributesClassName },
  status,
});

test.each<[string, PersistentVolumeClaim['status'], string]>([
  ['asks for', {}, '2Gi'],
  ['was to grow to before it asked for less', { allocatedResources: { storage: '5Gi' } }, '5Gi'],
  ['asks for, once its volume is smaller', { allocatedResources: { storage: '1Gi' } }, '2Gi'],
])('a claim takes what it %s', (_, status, taken) => {
  const { used } = decideQuota(quota({ 'requests.storage': '9Gi' }), [PERSISTENT_VOLUME_CLAIMS], () => [asManifest(claim(status))], NOW);
  expect(used).toEqual({ 'requests.storage': taken });
});

test.each([
  ['as long again as it had to go', '2026-01-01T00:09:31Z', '1'],
  ['no longer', '2026-01-01T00:09:29Z', '0'],
])('a pod that does not go is counted %s', (_, deletionTimestamp, counted) => {
  const going = { ...pod('a'), metadata: { ...pod('a').metadata, deletionTimestamp, deletionGracePeriodSeconds: 30 } };
  expect(decideQuota(quota({ pods: '9' }), [PODS], () => [asManifest(going)], NOW).used).toEqual({ pods: counted });
});

test('a claim leaves the quota of the attributes that its volume had', async () => {
  const scopeSelector = { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['gold'] } as const] };
  await the.client.create(RESOURCE_QUOTAS, quota({ persistentvolumeclaims: '9' }, { scopeSelector }));
  const made = await the.client.create(PERSISTENT_VOLUME_CLAIMS, claim({}, 'silver'));
  const counted = async (currentVolumeAttributesClassName: string) => {
    const live = await the.client.get(PERSISTENT_VOLUME_CLAIMS, made.metadata.name, 'default');
    await the.client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...live, status: { currentVolumeAttributesClassName } });
    await the.clock.settle();
    return (await the.client.get(RESOURCE_QUOTAS, 'all', 'default')).status?.used;
  };
  expect(await counted('gold')).toEqual({ persistentvolumeclaims: '1' });
  expect(await counted('silver')).toEqual({ persistentvolumeclaims: '0' });
});
