import { expect, test } from 'vitest';
import { ENDPOINT_SLICES, SERVICES } from '../../../src/model/index.ts';
import { IngressCluster } from '../../../src/network/ingress/cluster.ts';
import { FakeApi } from '../../scheduler/fakeapi.ts';
import { service, slice } from '../samples.ts';

test.each([
  [undefined, 'http'],
  ['http', 'http'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/h2c', 'h2c'],
  ['kubernetes.io/wss', 'https'],
  ['https', 'https'],
  ['example.com/own', 'http'],
])('a port of the protocol %s is asked by %s', async (appProtocol, speaks) => {
  const api = new FakeApi();
  api.put(SERVICES, service('web', { ports: [{ port: 80, targetPort: 8080, ...(appProtocol ? { appProtocol } : {}) }] }));
  api.put(ENDPOINT_SLICES, slice('web', ['10.0.0.1']));
  const cluster = new IngressCluster(api.client, () => {});
  await cluster.synced();
  expect(cluster.upstream({ service: 'default/web', port: 80 })).toEqual({ targets: [{ address: '10.0.0.1', port: 8080 }], speaks });
  cluster.close();
});
