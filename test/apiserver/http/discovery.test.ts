import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, KindRegistry } from '../../../src/model/index.ts';
import type { Backend } from '../../../src/apiserver/http/backend.ts';
import { answered, fakeBackend } from './fake.ts';

let backend: Backend;
beforeEach(() => {
  ({ backend } = fakeBackend());
});

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

test('what can be asked for besides objects', async () => {
  const { value } = await answered(backend, 'GET /');
  expect(value.paths).toEqual(value.paths.toSorted());
  expect(value.paths).toEqual(
    expect.arrayContaining(['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/readyz/ping', '/version']),
  );
});

describe('group by group', () => {
  test('the versions of the core group', async () => {
    expect((await answered(backend, 'GET /api')).value).toEqual({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
  });

  test('the other groups', async () => {
    const apps = {
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    };
    const { value } = await answered(backend, 'GET /apis');
    expect(value).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1', groups: [apps, { name: 'example.dev' }] });
    expect((await answered(backend, 'GET /apis/apps')).value).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...apps });
  });

  test('what a version serves, with its subresources', async () => {
    const { value } = await answered(backend, 'GET /apis/apps/v1');
    expect(value).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'apps/v1',
      resources: [
        {
          name: 'deployments',
          singularName: 'deployment',
          namespaced: true,
          kind: 'Deployment',
          verbs: ALL_VERBS,
          shortNames: ['deploy'],
          categories: ['all'],
          storageVersionHash: '8aSe+NMegvE=',
        },
        {
          name: 'deployments/scale',
          singularName: '',
          namespaced: true,
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: ['get', 'patch', 'update'],
        },
        { name: 'deployments/status', singularName: '', namespaced: true, kind: 'Deployment', verbs: ['get', 'patch', 'update'] },
      ],
    });
  });

  test.each(['GET /api/v2', 'GET /apis/none', 'GET /apis/apps/v9'])('%s is not served', async (request) => {
    expect((await answered(backend, request)).code).toBe(404);
  });
});

describe('aggregated', () => {
  const asked = { headers: { accept: AGGREGATED } };

  test('says its form in the content type, as clients check it', async () => {
    const { type, value } = await answered(backend, 'GET /apis', asked);
    expect(type).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(value).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [{ metadata: { name: 'apps' } }, { metadata: { name: 'example.dev' } }],
    });
  });

  test('holds everything of the core group', async () => {
    const { value } = await answered(backend, 'GET /api', asked);
    expect(value.items).toHaveLength(1);
    expect(value.items[0].versions[0]).toMatchObject({ version: 'v1', freshness: 'Current' });
    expect(value.items[0].versions[0].resources.map(({ resource }: { resource: string }) => resource)).toEqual([
      'configmaps',
      'namespaces',
      'pods',
    ]);
    expect(value.items[0].versions[0].resources[1]).toEqual({
      resource: 'namespaces',
      responseKind: { group: '', version: '', kind: 'Namespace' },
      scope: 'Cluster',
      singularResource: 'namespace',
      verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
      shortNames: ['ns'],
      subresources: [
        { subresource: 'finalize', responseKind: { group: '', version: '', kind: 'Namespace' }, verbs: ['update'] },
        { subresource: 'status', responseKind: { group: '', version: '', kind: 'Namespace' }, verbs: ['get', 'patch', 'update'] },
      ],
    });
  });

  const preferences: [string, string, string][] = [
    [
      'plain JSON that weighs more',
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;q=0.5,application/json',
      'APIGroupList',
    ],
    [
      'the aggregated form that weighs more',
      'application/json;q=0.9,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      'APIGroupDiscoveryList',
    ],
    ['another version only', 'application/json;g=apidiscovery.k8s.io;v=v1;as=APIGroupDiscoveryList,application/json', 'APIGroupList'],
    ['nothing said', '', 'APIGroupList'],
  ];
  test.each(preferences)('%s', async (_, accept, kind) => {
    expect((await answered(backend, 'GET /apis', { headers: { accept } })).value.kind).toBe(kind);
  });

  test('is not sent again to who has it', async () => {
    const first = await answered(backend, 'GET /apis', asked);
    const again = await answered(backend, 'GET /apis', {
      headers: { accept: AGGREGATED, 'if-none-match': first.headers!['etag'] as string },
    });
    expect(again).toMatchObject({ code: 304, text: '' });
  });
});

const oracle = join(import.meta.dirname, '../../../../shared/oracle');

describe.skipIf(!existsSync(oracle))('every built-in kind is announced as Kubernetes announces it', () => {
  interface Resource {
    readonly name: string;
    readonly kind: string;
  }
  const recorded = existsSync(oracle)
    ? (JSON.parse(readFileSync(join(oracle, 'discovery.json'), 'utf8')) as Record<string, { resources?: Resource[] }>)
    : {};
  const served = new Set(BUILT_IN_KINDS.map(({ group, version }) => (group ? `/apis/${group}/${version}` : `/api/${version}`)));

  test.each([...served].filter((path) => path in recorded))('%s', async (path) => {
    const { api, backend: real } = fakeBackend();
    Object.assign(api, { kinds: new KindRegistry(BUILT_IN_KINDS) });
    const { value } = await answered(real, `GET ${path}`);
    const names = new Set(value.resources.map(({ name }: Resource) => name.split('/')[0]));
    const expected = recorded[path]!.resources!.filter(({ name }) => names.has(name.split('/')[0]));
    expect(value.resources).toEqual(expected);
  });
});
