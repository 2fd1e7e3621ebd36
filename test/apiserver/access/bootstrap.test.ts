import { beforeAll, describe, expect, test } from 'vitest';
import { ensureBootstrapPolicy } from '../../../src/apiserver/index.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, type ClusterRole } from '../../../src/model/index.ts';
import { realm } from './realm.ts';

let cluster: Awaited<ReturnType<typeof realm>>;
beforeAll(async () => void (cluster = await realm()));

const FIRST = ['admin', 'cluster-admin', 'edit', 'system:auth-delegator', 'system:basic-user', 'system:discovery', 'system:node', 'view'];

test('a cluster begins with Kubernetes’ roles, marked as such', async () => {
  for (const name of [...FIRST, 'system:controller:deployment-controller', 'system:aggregate-to-view']) {
    expect((await cluster.client.get(CLUSTER_ROLES, name)).metadata).toMatchObject({
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    });
  }
});

describe('what the first roles allow', () => {
  const cases: [string, string, string, boolean][] = [
    ['view', 'get', 'pods', true],
    ['view', 'get', 'pods/log', true],
    ['view', 'get', 'secrets', false],
    ['view', 'get', 'pods/exec', false],
    ['view', 'update', 'configmaps', false],
    ['edit', 'get', 'secrets', true],
    ['edit', 'create', 'pods/exec', true],
    ['edit', 'create', 'serviceaccounts/token', true],
    ['edit', 'update', 'deployments.apps/scale', true],
    ['edit', 'create', 'roles.rbac.authorization.k8s.io', false],
    ['edit', 'update', 'resourcequotas', false],
    ['admin', 'create', 'rolebindings.rbac.authorization.k8s.io', true],
    ['admin', 'delete', 'namespaces', false],
    ['cluster-admin', 'delete', 'nodes', true],
    ['system:node', 'create', 'serviceaccounts/token', true],
    ['system:kube-scheduler', 'create', 'pods/binding', true],
    ['system:basic-user', 'create', 'selfsubjectreviews.authentication.k8s.io', true],
  ];
  test.each(cases)('%s: %s %s: %s', async (role, verb, wanted, allowed) => {
    const [title = '', subresource] = wanted.split('/');
    const [resource = '', ...group] = title.split('.');
    const user = `user-of-${role}`;
    await cluster.bind(role, user).catch(() => undefined);
    const attributes = { verb, group: group.join('.'), resource, subresource, namespace: 'a' };
    expect(cluster.gate.authorize({ user, groups: [] }, attributes).allowed).toBe(allowed);
  });
});

test('admin, edit and view hold from the start what they gather', async () => {
  const roles = (await cluster.client.list(CLUSTER_ROLES)).items;
  const rulesOf = (role: ClusterRole): readonly object[] => {
    const wanted = role.aggregationRule?.clusterRoleSelectors?.[0]?.matchLabels ?? {};
    const [label = ''] = Object.keys(wanted);
    return roles.filter(({ metadata }) => metadata.labels?.[label] === 'true').flatMap(({ rules }) => rules ?? []);
  };
  for (const name of ['admin', 'edit', 'view']) {
    const role = roles.find(({ metadata }) => metadata.name === name)!;
    const gathered = rulesOf(role);
    expect(gathered.length).toBeGreaterThan(0);
    expect(new Set(role.rules!.map((rule) => JSON.stringify(rule)))).toEqual(new Set(gathered.map((rule) => JSON.stringify(rule))));
  }
});

describe('a start', () => {
  test('writes nothing when nothing is missing', async () => {
    const { client, store } = await realm();
    const before = store.revision;
    await ensureBootstrapPolicy(client);
    expect(store.revision).toBe(before);
  });

  test('gives back what was taken away, and keeps what was added', async () => {
    const { client } = await realm();
    const role = await client.get(CLUSTER_ROLES, 'system:basic-user');
    const added = { verbs: ['get'], nonResourceURLs: ['/x'] };
    await client.update(CLUSTER_ROLES, { ...role, rules: [added] });
    const binding = await client.get(CLUSTER_ROLE_BINDINGS, 'system:discovery');
    await client.update(CLUSTER_ROLE_BINDINGS, { ...binding, subjects: [] });
    await client.delete({ kind: CLUSTER_ROLES, name: 'view' });
    await ensureBootstrapPolicy(client);
    expect((await client.get(CLUSTER_ROLES, 'system:basic-user')).rules).toHaveLength(1 + 3);
    expect((await client.get(CLUSTER_ROLES, 'system:basic-user')).rules).toContainEqual(added);
    expect((await client.get(CLUSTER_ROLE_BINDINGS, 'system:discovery')).subjects).toEqual(binding.subjects);
    expect((await client.get(CLUSTER_ROLES, 'view')).rules!.length).toBeGreaterThan(5);
  });

  test('leaves alone what its owner keeps for himself', async () => {
    const { client } = await realm();
    const role = await client.get(CLUSTER_ROLES, 'system:basic-user');
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    await client.update(CLUSTER_ROLES, { ...role, metadata: { ...role.metadata, annotations }, rules: [] });
    await ensureBootstrapPolicy(client);
    expect((await client.get(CLUSTER_ROLES, 'system:basic-user')).rules ?? []).toEqual([]);
  });
});
