import { beforeEach, describe, expect, test } from 'vitest';
import { rbac, realm } from './realm.ts';

let cluster: Awaited<ReturnType<typeof realm>>;
beforeEach(async () => void (cluster = await realm()));

const ROLES = rbac('/namespaces/a/roles');
const BINDINGS = rbac('/namespaces/a/rolebindings');
const CLUSTER_ROLES = rbac('/clusterroles');

const rule = (verb: string, resource: string) => ({ apiGroups: [''], resources: [resource], verbs: [verb] });
const role = (...rules: object[]) => ({ metadata: { name: 'r' }, rules });
const binding = (name: string, kind = 'ClusterRole') => ({
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'eve' }],
});

const BEYOND = 'user "jane" (groups=["dev" "ops" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n';

/** May write all roles and bindings, but holds little herself. */
const WRITER = {
  apiGroups: ['rbac.authorization.k8s.io'],
  resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  verbs: ['create', 'update', 'patch', 'get', 'list'],
};

describe('a role may be written', () => {
  const cases: [string, object[], object, string][] = [
    ['with what its writer holds', [rule('get', 'pods')], role(rule('get', 'pods')), ''],
    ['with nothing in it', [], role(), ''],
    [
      'not with more',
      [rule('get', 'pods')],
      role(rule('get', 'pods'), rule('get', 'secrets')),
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    ],
    ['with more by who may escalate', [{ ...WRITER, verbs: ['escalate'] }], role(rule('get', 'secrets')), ''],
  ];
  test.each(cases)('%s', async (_, held, wanted, beyond) => {
    await cluster.grant('jane', WRITER, ...held);
    const { code, value } = await cluster.ask('jane', `POST ${ROLES}`, wanted);
    if (!beyond) return expect(code).toBe(201);
    expect(value).toMatchObject({ code: 403, message: `roles.rbac.authorization.k8s.io "r" is forbidden: ${BEYOND}${beyond}` });
  });
});

test('a role that would take for ever to compare is refused at once', async () => {
  await cluster.grant('jane', WRITER);
  const many = (prefix: string) => Array.from({ length: 1000 }, (_, n) => `${prefix}${n}`);
  const huge = role({ apiGroups: many('g'), resources: many('r'), verbs: many('v') });
  expect((await cluster.ask('jane', `POST ${ROLES}`, huge)).value.message).toContain('its rules name more than 20000 combinations');
});

describe('what makes no sense is left to be found invalid:', () => {
  const named = { metadata: { name: 'x' } };
  test.each<[string, string, object]>([
    ['a rule without verbs', ROLES, { ...named, rules: [{}] }],
    ['a rule that is nothing', ROLES, { ...named, rules: [null] }],
    ['a binding to nothing', BINDINGS, named],
    ['a binding to another kind', BINDINGS, binding('x', 'Group')],
  ])('%s', async (_, path, body) => {
    await cluster.bind('admin', 'jane', 'a');
    expect((await cluster.ask('jane', `POST ${path}`, body)).value).toMatchObject({ code: 422, reason: 'Invalid' });
  });
});

test('who may not grant a role cannot change any of it, but may let go of its owner', async () => {
  await cluster.grant('jane', WRITER);
  await cluster.ask('root', `POST ${ROLES}`, { ...role(rule('get', 'secrets')), metadata: { name: 'r', finalizers: ['x.io/y'] } });
  expect((await cluster.ask('jane', `PATCH ${ROLES}/r`, { metadata: { labels: { a: 'b' } } })).code).toBe(403);
  expect((await cluster.ask('jane', `PATCH ${ROLES}/r`, { metadata: { finalizers: null } })).code).toBe(200);
});

test('only who may do everything lets a role gather others, or ends that', async () => {
  await cluster.grant('jane', WRITER);
  const gathering = { ...role(), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } };
  const refused = {
    code: 403,
    message: 'clusterroles.rbac.authorization.k8s.io "r" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  };
  expect((await cluster.ask('jane', `POST ${CLUSTER_ROLES}`, gathering)).value).toMatchObject(refused);
  await cluster.ask('root', `POST ${CLUSTER_ROLES}`, gathering);
  expect((await cluster.ask('jane', `PATCH ${CLUSTER_ROLES}/r`, { aggregationRule: null })).value).toMatchObject(refused);
});

describe('a role may be bound', () => {
  const cases: [string, object[], object, number, string][] = [
    ['by who holds what it gives', [rule('get', 'pods')], binding('reader'), 201, ''],
    [
      'by nobody else',
      [],
      binding('reader'),
      403,
      `rolebindings.rbac.authorization.k8s.io "b" is forbidden: ${BEYOND}{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`,
    ],
    ['by who may bind it', [{ ...WRITER, verbs: ['bind'], resourceNames: ['reader'] }], binding('reader'), 201, ''],
    [
      'by who may bind another: no',
      [{ ...WRITER, verbs: ['bind'], resourceNames: ['view'] }],
      binding('reader'),
      403,
      'not currently held',
    ],
    ['when it is there', [], binding('none', 'Role'), 404, 'roles.rbac.authorization.k8s.io "none" not found'],
  ];
  test.each(cases)('%s', async (_, held, wanted, code, message) => {
    await cluster.ask('root', `POST ${CLUSTER_ROLES}`, { metadata: { name: 'reader' }, rules: [rule('get', 'pods')] });
    await cluster.grant('jane', WRITER, ...held);
    const answer = await cluster.ask('jane', `POST ${BINDINGS}`, wanted);
    expect(answer.code).toBe(code);
    if (message) expect(answer.value.message).toContain(message);
  });

  test('before it is there, by administrators', async () => {
    expect((await cluster.ask('root', `POST ${BINDINGS}`, binding('later', 'Role'))).code).toBe(201);
  });

  test('only in the namespace where its binder holds what it gives', async () => {
    await cluster.bind('admin', 'jane', 'a');
    expect((await cluster.ask('jane', `POST ${BINDINGS}`, binding('edit'))).code).toBe(201);
    expect((await cluster.ask('jane', `POST ${rbac('/namespaces/b/rolebindings')}`, binding('edit'))).code).toBe(403);
    expect((await cluster.ask('jane', `POST ${BINDINGS}`, { ...binding('cluster-admin'), metadata: { name: 'c' } })).code).toBe(403);
  });
});
