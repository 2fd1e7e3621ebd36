import { expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../src/model/index.ts';
import { controlPlane } from '../tools/control-plane.ts';

test('every namespace has the certificate of the API server’s authority, and keeps it', async () => {
  const { client, trusted, clock, api, store } = await controlPlane();
  const scope = new Scope('test');
  const only = ['root-ca-cert-publisher'];
  startControllers({
    client: trusted,
    clock,
    random: seededRandom(7),
    log: silentLog,
    scope,
    kinds: api.kinds,
    rootCa: Promise.resolve('PEM'),
    only,
  });
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await clock.settle();
  const published = async (namespace: string) => (await client.get(CONFIG_MAPS, 'kube-root-ca.crt', namespace)).data;
  expect([await published('default'), await published('shop')]).toEqual([{ 'ca.crt': 'PEM' }, { 'ca.crt': 'PEM' }]);

  await client.delete({ kind: CONFIG_MAPS, name: 'kube-root-ca.crt', namespace: 'shop' });
  await clock.settle();
  expect(await published('shop')).toEqual({ 'ca.crt': 'PEM' });

  const found = await client.get(CONFIG_MAPS, 'kube-root-ca.crt', 'shop');
  await client.update(CONFIG_MAPS, { ...found, data: { 'ca.crt': 'another' } });
  await clock.settle();
  expect(await published('shop')).toEqual({ 'ca.crt': 'PEM' });
  const { revision } = store;
  await clock.advance(3_600_000);
  expect(store.revision).toBe(revision);
  await scope.close();
});
