import { beforeEach, describe, expect, test } from 'vitest';
import { rbac, realm } from './realm.ts';

let cluster: Awaited<ReturnType<typeof realm>>;
beforeEach(async () => void (cluster = await realm()));

const PODS = '/namespaces/a/pods';

describe('what a binding gives', () => {
  test('in one namespace, there and nowhere else', async () => {
    await cluster.bind('view', 'bob', 'a');
    expect((await cluster.ask('bob', `GET /api/v1${PODS}`)).code).toBe(200);
    expect((await cluster.ask('bob', 'GET /api/v1/namespaces/b/pods')).value).toMatchObject({
      code: 403,
      message: 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "b"',
    });
    expect((await cluster.ask('bob', 'GET /api/v1/pods')).code).toBe(403);
  });

  test('everywhere, in every namespace', async () => {
    await cluster.bind('view', 'bob');
    for (const path of ['/api/v1/pods', `/api/v1${PODS}`]) expect((await cluster.ask('bob', `GET ${path}`)).code).toBe(200);
  });

  test('to a group, to its members; to a service account, by its own namespace', async () => {
    const subjects = [
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'ops' },
      { kind: 'ServiceAccount', name: 'robot' },
    ];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    await cluster.ask('root', `POST ${rbac('/namespaces/a/rolebindings')}`, { metadata: { name: 'x' }, roleRef, subjects });
    expect((await cluster.ask('jane', `GET /api/v1${PODS}`)).code).toBe(200);
    const as = { 'Impersonate-User': 'system:serviceaccount:a:robot' };
    expect((await cluster.ask('root', `GET /api/v1${PODS}`, undefined, as)).code).toBe(200);
    const stranger = { 'Impersonate-User': 'system:serviceaccount:b:robot' };
    expect((await cluster.ask('root', `GET /api/v1${PODS}`, undefined, stranger)).code).toBe(403);
  });

  test('ends with the binding, and with the role, whose absence the refusal tells', async () => {
    await cluster.bind('view', 'bob', 'a');
    await cluster.ask('root', `DELETE ${rbac('/clusterroles/view')}`);
    expect((await cluster.ask('bob', `GET /api/v1${PODS}`)).value.message).toBe(
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "a": ' +
        'RBAC: clusterrole.rbac.authorization.k8s.io "view" not found',
    );
    await cluster.ask('root', `DELETE ${rbac('/namespaces/a/rolebindings/bob-view')}`);
    expect((await cluster.ask('bob', `GET /api/v1${PODS}`)).value.message).not.toContain('not found');
  });

  test('for one name: also a list of that one', async () => {
    await cluster.grant('bob', { apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'], verbs: ['get', 'list', 'watch'] });
    const list = '/api/v1/namespaces/a/configmaps';
    expect((await cluster.ask('bob', `GET ${list}?fieldSelector=metadata.name%3Dx`)).code).toBe(200);
    expect((await cluster.ask('bob', `GET ${list}?fieldSelector=metadata.name%3Dy`)).code).toBe(403);
    expect((await cluster.ask('bob', `GET ${list}`)).code).toBe(403);
  });
});

describe('asked for', () => {
  const cases: [string, string, string, number][] = [
    ['what is not served, of who may not', 'bob', 'GET /apis/none.io/v1/things', 403],
    ['what is not served, of who may', 'root', 'GET /apis/none.io/v1/things', 404],
    ['discovery', 'bob', 'GET /apis', 200],
    ['metrics', 'bob', 'GET /metrics', 403],
    ['its own namespace, of an editor there', 'jane', 'GET /api/v1/namespaces/a', 200],
    ['another namespace', 'jane', 'GET /api/v1/namespaces/b', 403],
  ];
  test.each(cases)('%s', async (_, user, request, code) => {
    await cluster.bind('edit', 'jane', 'a');
    expect((await cluster.ask(user, request)).code).toBe(code);
  });

  test('a stream into a pod: a right to look is not enough', async () => {
    await cluster.grant('bob', { apiGroups: [''], resources: ['pods/exec', 'pods/log'], verbs: ['get'] });
    expect((await cluster.ask('bob', 'GET /api/v1/namespaces/a/pods/p/exec')).value.message).toBe(
      'pods "p" is forbidden: User "bob" cannot create resource "pods/exec" in API group "" in the namespace "a"',
    );
  });

  test('an apply of what is not there: the right to create', async () => {
    await cluster.grant('bob', { apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] });
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const { value } = await cluster.ask('bob', 'PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=t', body, headers);
    expect(value.message).toBe(
      'configmaps "x" is forbidden: User "bob" cannot create resource "configmaps" in API group "" in the namespace "a"',
    );
  });

  test('an update of what is not there, where it would create: the right to create', async () => {
    await cluster.grant('bob', { apiGroups: [''], resources: ['services'], verbs: ['update'] });
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } };
    const { value } = await cluster.ask('bob', 'PUT /api/v1/namespaces/a/services/x', body);
    expect(value.message).toContain('User "bob" cannot create resource "services"');
  });
});
