import { expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../src/model/index.ts';
import { startServiceProxy } from '../../src/network/index.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';
import { slice } from './samples.ts';
import { answering, Endpoint, exchange, failureOf, freePort } from './sockets.ts';

test('a Service of a control plane is reached at the address that it was given', async () => {
  const { client, trusted, clock } = await controlPlane();
  const scope = new Scope('test');
  const proxy = startServiceProxy({ client: trusted, clock, random: seededRandom(1), log: silentLog, scope });
  const endpoint = await Endpoint.start(answering('a'));
  const { address, port: targetPort } = endpoint.target;

  const port = await freePort(address);
  const made = await client.create(SERVICES, service('web', { ports: [{ port }] }));
  const here = { address: made.spec.clusterIP!, port };
  await clock.settle();
  await proxy.settled();
  expect(await failureOf(here)).toBe('ECONNREFUSED');

  const { metadata, ...rest } = slice('web', [address], { ports: [{ port: targetPort, protocol: 'TCP' }] });
  await trusted.create(ENDPOINT_SLICES, {
    ...rest,
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
  });
  await clock.settle();
  await proxy.settled();
  expect(await exchange(here, 'hello')).toBe('a:hello');

  await client.delete({ kind: SERVICES, namespace: 'default', name: 'web' });
  await clock.settle();
  await proxy.settled();
  expect(await failureOf(here)).toBe('ECONNREFUSED');
  await scope.close();
  await endpoint.close();
});
