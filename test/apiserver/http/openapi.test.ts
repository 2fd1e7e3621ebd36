import { beforeEach, expect, test } from 'vitest';
import { BUILT_IN_KINDS, KindRegistry } from '../../../src/model/index.ts';
import type { Backend } from '../../../src/apiserver/http/backend.ts';
import { answered, fakeBackend, fakeKind } from './fake.ts';

let backend: Backend;
let kinds: KindRegistry;
beforeEach(() => {
  const fake = fakeBackend();
  backend = fake.backend;
  kinds = new KindRegistry(BUILT_IN_KINDS);
  Object.assign(fake.api, { kinds });
});

const index = async () => (await answered(backend, 'GET /openapi/v3')).value.paths as Record<string, { serverRelativeURL: string }>;

test('the index names a document for every group and version', async () => {
  const paths = await index();
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/slipway.dev/v1']));
  expect(paths['apis/apps/v1']!.serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
});

test('every kind has a patch that the server validates: kubectl asks for the old document otherwise', async () => {
  for (const { serverRelativeURL } of Object.values(await index())) {
    const { value } = await answered(backend, `GET ${serverRelativeURL}`);
    for (const [path, operations] of Object.entries<any>(value.paths)) {
      if (!operations.patch) continue;
      expect(operations.patch['x-kubernetes-group-version-kind'], path).toMatchObject({
        kind: expect.any(String),
        version: expect.any(String),
      });
      expect(operations.patch.parameters, path).toContainEqual({ name: 'fieldValidation', in: 'query', schema: { type: 'string' } });
    }
  }
});

test('a namespaced kind has its paths', async () => {
  const { value } = await answered(backend, `GET /openapi/v3/apis/apps/v1`);
  const methods = (path: string) => Object.keys(value.paths[path]);
  expect(methods('/apis/apps/v1/deployments')).toEqual(['get']);
  expect(methods('/apis/apps/v1/namespaces/{namespace}/deployments')).toEqual(['get', 'post', 'delete']);
  expect(methods('/apis/apps/v1/namespaces/{namespace}/deployments/{name}')).toEqual(['get', 'put', 'patch', 'delete']);
  expect(methods('/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status')).toEqual(['get', 'put', 'patch']);
});

test('every reference leads somewhere', async () => {
  for (const { serverRelativeURL } of Object.values(await index())) {
    const { text, value } = await answered(backend, `GET ${serverRelativeURL}`);
    const references = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!));
    expect(references.size).toBeGreaterThan(5);
    const missing = [...references].filter((name) => !(name in value.components.schemas));
    expect(missing, serverRelativeURL).toEqual([]);
  }
});

test('the address of a document changes when its kinds do', async () => {
  const before = await index();
  kinds.add(fakeKind('Widget', { group: 'apps', schema: { custom: () => ({ type: 'object' }) } as never }));
  const after = await index();
  expect(after['apis/apps/v1']).not.toEqual(before['apis/apps/v1']);
  expect(after['api/v1']).toEqual(before['api/v1']);
});

test('the version before is there for those who ask for it in protobuf, without any definition', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const { code, text, type } = await answered(backend, 'GET /openapi/v2', { headers: { accept } });
  expect({ code, type }).toEqual({ code: 200, type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' });
  expect(text.slice(0, 5)).toBe('\n\u00032.0');
  expect(text).toContain('\n\nKubernetes\u0012');
  expect(text.slice(-2)).toBe('B\0');
});

test('the version before is there in JSON too, with what fields each kind has', async () => {
  const { code, type, value } = await answered(backend, 'GET /openapi/v2');
  expect({ code, type, swagger: value.swagger }).toEqual({ code: 200, type: 'application/json', swagger: '2.0' });
  const { definitions } = value;
  expect(definitions['io.k8s.api.apps.v1.Deployment']).toMatchObject({
    'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
    properties: { spec: { $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec', description: expect.any(String) } },
  });
  expect(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ type: 'string', format: 'int-or-string' });
  expect(definitions['io.k8s.apimachinery.pkg.api.resource.Quantity']).toMatchObject({ type: 'string' });
  const references = [...JSON.stringify(definitions).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference!);
  expect(references.filter((reference) => !(reference.replace('#/definitions/', '') in definitions))).toEqual([]);
});

test('a group that nobody serves has no document', async () => {
  expect((await answered(backend, 'GET /openapi/v3/apis/none/v1')).code).toBe(404);
});

test('fields that only refer to a type are described by it', async () => {
  const { value } = await answered(backend, 'GET /openapi/v3/apis/apps/v1');
  const { properties } = value.components.schemas['io.k8s.api.apps.v1.Deployment'];
  expect(properties.spec.description).toBe('DeploymentSpec is the specification of the desired behavior of the Deployment.');
  expect(properties.metadata.description).toBe("Standard object's metadata.");
});

test('others have their turn while a document is made', async () => {
  let turns = 0;
  let isMade = false;
  const count = () => {
    turns++;
    if (!isMade) setImmediate(count);
  };
  setImmediate(count);
  await answered(backend, 'GET /openapi/v3/api/v1');
  isMade = true;
  expect(turns).toBeGreaterThan(10);
});

test('who asks while it is made gets the same one', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => answered(backend, 'GET /openapi/v3/apis/apps/v1')));
  expect(one!.text).toBe(two!.text);
});
