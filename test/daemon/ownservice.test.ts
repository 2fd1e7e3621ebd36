import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { keepOwnService, ownClusterIP } from '../../src/daemon/ownservice.ts';
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';

const clusterIP = ownClusterIP('127.96.0.0/16');
const keep = ({ trusted }: ControlPlane, port: number) => keepOwnService(trusted, silentLog, { clusterIP, host: '127.0.0.1', port });

test('the API server is the Service kubernetes, at the first cluster address', async () => {
  const plane = await controlPlane();
  await keep(plane, 7443);
  const { metadata, spec } = await plane.client.get(SERVICES, 'kubernetes', 'default');
  expect(metadata.labels).toEqual({ component: 'apiserver', provider: 'kubernetes' });
  expect(spec).toMatchObject({ type: 'ClusterIP', clusterIP: '127.96.0.1', ports: [{ name: 'https', targetPort: 7443 }] });
  expect(await plane.client.get(ENDPOINT_SLICES, 'kubernetes', 'default')).toMatchObject({
    metadata: { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'https', port: 7443 }],
  });
  expect(await plane.client.get(ENDPOINTS, 'kubernetes', 'default')).toMatchObject({ subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] });
});

test('a start that finds it as it was writes nothing; one on another port writes that', async () => {
  const plane = await controlPlane();
  await keep(plane, 7443);
  const { revision } = plane.store;
  await keep(plane, 7443);
  expect(plane.store.revision).toBe(revision);
  await keep(plane, 7444);
  expect((await plane.client.get(ENDPOINT_SLICES, 'kubernetes', 'default')).ports).toEqual([
    { name: 'https', port: 7444, protocol: 'TCP' },
  ]);
});

test('where another Service has the address, the start goes on', async () => {
  const plane = await controlPlane();
  await plane.client.create(SERVICES, service('early', { clusterIP }));
  await keep(plane, 7443);
  await expect(plane.client.get(SERVICES, 'kubernetes', 'default')).rejects.toMatchObject({ reason: 'NotFound' });
});
