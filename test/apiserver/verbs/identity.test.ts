import { beforeEach, describe, expect, test } from 'vitest';
import type { Patch } from '../../../src/client/index.ts';
import { BINDINGS, CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, SERVICES, type KindRef, type Manifest } from '../../../src/model/index.ts';
import type { Caller } from '../../../src/apiserver/index.ts';
import { define, website, WEBSITES } from '../customresources/definitions.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, configMap, deployment, pod } from '../../tools/manifests.ts';

const CALLER: Caller = { user: 'jane', groups: [], manager: 'test' };

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
  await plane.client.create(NAMESPACES, asManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }));
  await plane.client.create(CONFIG_MAPS, configMap('a', { k: 'v' }));
});

const placeOf = (ref: KindRef<unknown>, name?: string, subresource?: string) => ({
  kind: plane.api.kinds.byResource(ref.group, ref.version, ref.plural)!,
  namespace: 'default',
  name,
  subresource,
});

/** What is asked over HTTP: the address and the body may differ. */
function put(body: object, ref: KindRef<unknown> = CONFIG_MAPS, name = 'a', subresource?: string): Manifest {
  return plane.api.update(placeOf(ref, name, subresource), body as Manifest, {}, CALLER).found.value;
}

const patch = (change: Patch, name = 'a') => plane.client.patch({ kind: CONFIG_MAPS, namespace: 'default', name }, change);
const merge = (change: object): Patch => ({ type: 'merge', patch: change as Record<string, unknown> });

const NAMELESS = 'the name of the object (a based on URL) was undeterminable: name must be provided';
const OTHER_NAME = 'the name of the object (b) does not match the name on the URL (a)';
const OTHER_NAMESPACE = 'the namespace of the object (other) does not match the namespace on the request (default)';

describe('what replaces an object must be that object', () => {
  test.each([
    ['no name', {}, NAMELESS],
    ['another name', { name: 'b' }, OTHER_NAME],
    ['another namespace', { name: 'a', namespace: 'other' }, OTHER_NAMESPACE],
    ['another uid', { name: 'a', uid: 'x' }, 'Precondition failed: UID in precondition: x'],
    ['an older version', { name: 'a', resourceVersion: '1' }, 'the object has been modified'],
  ])('a PUT with %s is refused', (_, metadata, why) => {
    expect(() => put({ metadata, data: {} })).toThrow(why);
  });

  test.each([
    ['no name', merge({ metadata: { name: null } }), NAMELESS],
    ['no metadata', { type: 'json', operations: [{ op: 'remove', path: '/metadata' }] }, NAMELESS],
    ['another name', merge({ metadata: { name: 'b' } }), OTHER_NAME],
    ['another namespace', merge({ metadata: { namespace: 'other' } }), OTHER_NAMESPACE],
    ['another uid', merge({ metadata: { uid: 'x' } }), 'metadata.uid: Invalid value: "x": field is immutable'],
    ['a time of deletion', merge({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), 'metadata.deletionTimestamp: Invalid value: "2026-01-01T00:00:00Z": field is immutable'],
    ['a period of grace', merge({ metadata: { deletionGracePeriodSeconds: 3 } }), 'metadata.deletionGracePeriodSeconds: Invalid value: 3: field is immutable'],
    ['an older version', { type: 'json', operations: [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }] }, 'the object has been modified'],
    ['another kind', merge({ kind: 'Secret' }), 'the kind in the data (Secret) does not match the expected kind (ConfigMap)'],
    ['no object at all', { type: 'json', operations: [{ op: 'replace', path: '', value: [] }] }, 'json: cannot unmarshal array into Go value of type v1.ConfigMap'],
  ] as [string, Patch, string][])('a patch that leaves %s is refused', async (_, change, why) => {
    await expect(patch(change)).rejects.toThrow(why);
    expect((await plane.client.get(CONFIG_MAPS, 'a', 'default')).data).toEqual({ k: 'v' });
  }); // prettier-ignore

  test('an apply to another namespace than that of the address is refused', () => {
    const object = { ...configMap('a', {}, 'other'), apiVersion: 'v1', kind: 'ConfigMap' } as unknown as Manifest;
    expect(() => plane.api.patch(placeOf(CONFIG_MAPS, 'a'), { type: 'apply', object }, {}, CALLER)).toThrow(OTHER_NAMESPACE);
  });

  test('an apply of another version is refused', () => {
    const object = { ...configMap('a', {}), apiVersion: 'v2', kind: 'ConfigMap' } as unknown as Manifest;
    expect(() => plane.api.patch(placeOf(CONFIG_MAPS, 'a'), { type: 'apply', object }, {}, CALLER)).toThrow(
      'Incorrect version specified in apply patch. Specified patch version: v2, expected: v1',
    );
  });

  test('a scale is of the object that it names', async () => {
    await plane.client.create(DEPLOYMENTS, deployment('a'));
    expect(() => put({ metadata: { name: 'b' }, spec: { replicas: 1 } }, DEPLOYMENTS, 'a', 'scale')).toThrow(OTHER_NAME);
  });

  test('zero names no version', () => {
    expect(put({ metadata: { name: 'a', resourceVersion: '0' }, data: { k: 'w' } })['data']).toEqual({ k: 'w' });
  });

  test('an update of a custom resource must say which version it replaces', async () => {
    await define(plane);
    const made = await plane.client.create<Manifest>(WEBSITES, website('shop'));
    const why = 'websites.shop.example.com "shop" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update';
    expect(() => put(website('shop', { host: 'x' }), WEBSITES, 'shop')).toThrow(why);
    expect(put({ ...made, spec: { host: 'x' } }, WEBSITES, 'shop')['spec']).toEqual({ host: 'x' });
  });
});

describe('a PUT of what is not there', () => {
  const service = { metadata: { name: 'web', resourceVersion: '7' }, spec: { ports: [{ port: 80 }] } };

  test('creates what its kind lets it create', async () => {
    const { code, found } = plane.api.update(placeOf(SERVICES, 'web'), service as unknown as Manifest, {}, CALLER);
    expect([code, found.value]).toMatchObject([201, { metadata: { name: 'web', uid: expect.any(String) }, spec: { type: 'ClusterIP' } }]);
    expect((await plane.client.get(SERVICES, 'web', 'default')).metadata.managedFields).toMatchObject([{ operation: 'Update' }]);
  });

  test.each([
    ['of another kind', { metadata: { name: 'web' } }, CONFIG_MAPS, 'configmaps "web" not found'],
    ['that was there before', { ...service, metadata: { name: 'web', uid: 'x' } }, SERVICES, 'UID in precondition: x, UID in object meta: '],
    ['under another name', { ...service, metadata: { name: 'b' } }, SERVICES, 'the name of the object (b) does not match the name on the URL (web)'],
  ])('creates nothing %s', (_, body, ref, why) => {
    expect(() => put(body, ref, 'web')).toThrow(why);
  }); // prettier-ignore
});

describe('a binding', () => {
  const bind = (name: string | undefined, metadata: object) =>
    plane.api.create(placeOf(name ? PODS : BINDINGS, name, name && 'binding'), { metadata, target: { name: 'n' } } as never, {}, CALLER);

  test('may be posted to bindings, where its body names the pod', async () => {
    await plane.client.create(PODS, pod('p'));
    expect(bind(undefined, { name: 'p' }).code).toBe(201);
    expect((await plane.client.get(PODS, 'p', 'default')).spec.nodeName).toBe('n');
  });

  test.each([
    ['p', { name: 'q' }, 'name in URL does not match name in Binding object'],
    [undefined, {}, 'metadata.name: Required value'],
    [undefined, { name: 'p', namespace: 'other' }, 'does not match the namespace sent on the request'],
    [undefined, { name: 'nobody' }, 'pods "nobody" not found'],
  ])('posted to %s with %j is refused', async (name, metadata, why) => {
    await plane.client.create(PODS, pod('p'));
    expect(() => bind(name, metadata)).toThrow(why);
  });
});

test('an object on its way out takes no new finalizers, and loses those that it has', async () => {
  const { client } = plane;
  await patch(merge({ metadata: { finalizers: ['x/held', 'x/too'] } }));
  await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' });
  await expect(patch(merge({ metadata: { finalizers: ['x/held', 'x/late'] } }))).rejects.toThrow(
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/late"}',
  );
  const { metadata } = await patch(
    merge({ metadata: { finalizers: ['x/held'], deletionTimestamp: null, deletionGracePeriodSeconds: null } }),
  );
  expect(metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
  await patch(merge({ metadata: { finalizers: null } }));
  await expect(client.get(CONFIG_MAPS, 'a', 'default')).rejects.toThrow('not found');
});
