import { expect, test } from 'vitest';
import { IP_ADDRESSES, SERVICES } from '../../src/model/index.ts';
import { service } from '../tools/manifests.ts';
import { cluster } from './cluster.ts';

test('each address of a Service says whose it is, as long as it is', async () => {
  const { client, clock, store, scope } = await cluster(['service-ip-address']);
  const addresses = async () => {
    const { items } = await client.list(IP_ADDRESSES);
    return items.map(({ metadata, spec }) => [metadata.name, spec.parentRef]);
  };
  const web = await client.create(SERVICES, service('web'));
  await client.create(SERVICES, service('none', { clusterIP: 'None' }));
  const others = { group: 'example.dev', resource: 'balancers', name: 'b' };
  const taken = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '203.0.113.9' }, spec: { parentRef: others } };
  await client.create(IP_ADDRESSES, taken);
  await clock.settle();
  const held = [web.spec.clusterIP, { resource: 'services', namespace: 'default', name: 'web' }];
  expect(await addresses()).toEqual([held, ['203.0.113.9', others]]);
  expect((await client.get(IP_ADDRESSES, web.spec.clusterIP!)).metadata.labels).toEqual({
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  });

  await client.delete({ kind: IP_ADDRESSES, name: web.spec.clusterIP! });
  await clock.settle();
  expect(await addresses()).toEqual([held, ['203.0.113.9', others]]);
  const { revision } = store;
  await clock.advance(3_600_000);
  expect(store.revision).toBe(revision);

  await client.delete({ kind: SERVICES, name: 'web', namespace: 'default' });
  await client.create(SERVICES, service('shop', { clusterIP: web.spec.clusterIP! }));
  await clock.settle();
  expect(await addresses()).toEqual([
    [web.spec.clusterIP, { resource: 'services', namespace: 'default', name: 'shop' }],
    ['203.0.113.9', others],
  ]);

  await client.delete({ kind: SERVICES, name: 'shop', namespace: 'default' });
  await clock.settle();
  expect(await addresses()).toEqual([['203.0.113.9', others]]);
  await scope.close();
});
