import { beforeEach, describe, expect, test } from 'vitest';
import type { WriteOptions } from '../../../src/client/index.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  PODS,
  RESOURCE_QUOTAS,
  SECRETS,
  type KindRef,
  type Manifest,
  type ObjectMeta,
} from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, configMap, pod } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const manifest = (kind: string, name: string, rest: object, metadata: object = {}): Manifest =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'default', ...metadata }, ...rest }) as unknown as Manifest;

const create = (kind: KindRef<unknown>, object: Manifest, options?: WriteOptions) =>
  plane.client.create(kind as KindRef<Manifest>, object, options);

const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'a' };
const ownedData = ({ managedFields }: ObjectMeta) =>
  managedFields!.map(({ manager, fieldsV1 }) => [manager, Object.keys(fieldsV1['f:data'] ?? {}).filter((step) => step !== '.')]);

describe('names that every object of JavaScript inherits are names like others', () => {
  const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  test.each(NAMES)('a key %s comes, belongs to its writer, and goes', async (name) => {
    const { client } = plane;
    await client.create(CONFIG_MAPS, configMap('a', { k: 'v' }));
    const added = await client.as('second').patch(target, { type: 'merge', patch: { data: { [name]: 'x' } } });
    expect(added.data).toEqual({ k: 'v', [name]: 'x' });
    expect(ownedData(added.metadata)).toEqual([['second', [`f:${name}`]], ['test', ['f:k']]]); // prettier-ignore
    const removed = await client.patch(target, { type: 'merge', patch: { data: { [name]: null } } });
    expect(Object.keys(removed.data!)).toEqual(['k']);
    expect(ownedData(removed.metadata)).toEqual([['test', ['f:k']]]);
  });

  test.each(NAMES)('a key %s is applied, and pruned when it is applied no more', async (name) => {
    const { client } = plane;
    const apply = (data: object) => client.apply<{ data?: object }>(CONFIG_MAPS, manifest('ConfigMap', 'a', { data }));
    expect((await apply({ [name]: '1', k: 'v' })).data).toEqual({ [name]: '1', k: 'v' });
    expect(Object.keys((await apply({ k: 'v' })).data!)).toEqual(['k']);
  });

  test.each(NAMES)('a strategic merge patch sets a label %s', async (name) => {
    const { client } = plane;
    await client.create(PODS, pod('a'));
    const patched = await client.patch(
      { kind: PODS, namespace: 'default', name: 'a' },
      { type: 'strategic', patch: { metadata: { labels: { [name]: 'x' } } } },
    );
    expect(patched.metadata.labels).toEqual({ [name]: 'x' });
  });

  test('only what has a label is selected by it', async () => {
    const { client } = plane;
    await client.create(PODS, pod('plain', {}, { app: 'web' }));
    await client.create(PODS, pod('labelled', {}, { constructor: 'x' }));
    const found = await client.list(PODS, { namespace: 'default', labelSelector: 'constructor' });
    expect(found.items.map(({ metadata }) => metadata.name)).toEqual(['labelled']);
  });

  test.each([
    ['a secret of the type', SECRETS, manifest('Secret', 's', { type: 'constructor' })],
    ['a config map of the name', CONFIG_MAPS, manifest('ConfigMap', 'constructor', {})],
  ])('%s is one as any other', async (_, kind, object) => {
    expect((await create(kind, object)).metadata.name).toBe(object.metadata.name);
  });

  test.each([
    ['a priority class', () => plane.client.create(PODS, pod('p', { priorityClassName: 'constructor' })), 'no PriorityClass with name constructor was found'],
    ['a quota’s scope', () => create(RESOURCE_QUOTAS, manifest('ResourceQuota', 'q', { spec: { hard: { cpu: '1' }, scopes: ['constructor'] } })), 'unsupported scope'],
    ['an operator', () => plane.client.list(PODS, { labelSelector: 'a constructor (b)' }), "found 'constructor', expected: in, notin"],
    ['a selectable field', () => plane.client.list(PODS, { fieldSelector: 'constructor=1' }), 'field label not supported: constructor'],
  ])('%s that nobody declared is refused', async (_, act, why) => {
    await expect(act()).rejects.toThrow(why);
  }); // prettier-ignore

  test('a level of pod security that does not exist asks for nothing', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'constructor' };
    await plane.client.create(NAMESPACES, asManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'odd', labels } }));
    const made = await plane.client.create(PODS, { ...pod('p'), metadata: { name: 'p', namespace: 'odd' } });
    expect(made.metadata.name).toBe('p');
  });
});

describe('__proto__, which no object can be trusted to hold, is an unknown field', () => {
  const object = () => JSON.parse('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p","namespace":"default"},"data":{"__proto__":"x","k":"v"}}') as Manifest; // prettier-ignore

  test('refused where unknown fields are', async () => {
    await expect(create(CONFIG_MAPS, object(), { fieldValidation: 'Strict' })).rejects.toThrow(
      'strict decoding error: unknown field "data.__proto__"',
    );
  });

  test('left out elsewhere', async () => {
    const made = await create(CONFIG_MAPS, object());
    expect(Object.keys(made['data'] as object)).toEqual(['k']);
  });
});

test('a number that is no whole number of 64 bits is refused', async () => {
  await expect(plane.client.create(PODS, pod('p', { terminationGracePeriodSeconds: 1e25 }))).rejects.toThrow(
    'json: cannot unmarshal number 1e+25 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
  );
});
