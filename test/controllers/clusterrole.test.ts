import { expect, onTestFinished, test } from 'vitest';
import { gatherRules } from '../../src/controllers/clusterrole/gather.ts';
import { ensureBootstrapPolicy } from '../../src/apiserver/index.ts';
import { CLUSTER_ROLES, NAMESPACES, type ClusterRole, type PolicyRule } from '../../src/model/index.ts';
import { cluster } from './cluster.ts';

const rule = (resource: string): PolicyRule => ({ apiGroups: ['x.io'], resources: [resource], verbs: ['get'] });

const role = (name: string, labels: Record<string, string>, ...rules: PolicyRule[]): ClusterRole => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules,
});

const gathering = (...selectors: object[]): ClusterRole => ({
  ...role('sum', { a: '1' }),
  aggregationRule: { clusterRoleSelectors: selectors },
});

const A = { matchLabels: { a: '1' } };
const B = { matchExpressions: [{ key: 'b', operator: 'Exists' }] };

test.each<[string, ClusterRole, ClusterRole[], PolicyRule[]]>([
  ['nothing without selectors', gathering(), [role('r', { a: '1' }, rule('x'))], []],
  [
    'the rules of the roles that a selector chooses',
    gathering(A),
    [role('r', { a: '1' }, rule('x')), role('s', {}, rule('y'))],
    [rule('x')],
  ],
  ['by the roles’ names', gathering(A), [role('s', { a: '1' }, rule('x')), role('r', { a: '1' }, rule('y'))], [rule('y'), rule('x')]],
  ['selector by selector', gathering(B, A), [role('r', { a: '1' }, rule('x')), role('s', { b: '' }, rule('y'))], [rule('y'), rule('x')]],
  ['each rule once', gathering(A, B), [role('r', { a: '1', b: '' }, rule('x')), role('s', { a: '1' }, rule('x'))], [rule('x')]],
  ['nothing of itself', gathering(A), [{ ...gathering(A), rules: [rule('x')] }], []],
])('a role gathers %s', (_, sum, others, rules) => expect(gatherRules(sum, others)).toEqual(rules));

test('a role that is labelled comes to those who have view, and so to edit and admin; without it they are as they were', async () => {
  const { client, trusted, clock, store, scope } = await cluster(['clusterrole-aggregation']);
  onTestFinished(() => scope.close());
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  await ensureBootstrapPolicy(trusted);
  const fresh = store.revision;
  await clock.settle();
  expect(store.revision).toBe(fresh);

  await client.create(CLUSTER_ROLES, role('things', { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }, rule('things')));
  await clock.settle();
  for (const name of ['view', 'edit', 'admin']) expect((await client.get(CLUSTER_ROLES, name)).rules).toContainEqual(rule('things'));

  await client.delete({ kind: CLUSTER_ROLES, name: 'things' });
  await clock.settle();
  for (const name of ['view', 'edit', 'admin']) expect((await client.get(CLUSTER_ROLES, name)).rules).not.toContainEqual(rule('things'));
});
