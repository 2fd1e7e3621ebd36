import { beforeEach, describe, expect, test } from 'vitest';
import { realm } from '../access/realm.ts';

let cluster: Awaited<ReturnType<typeof realm>>;
beforeEach(async () => {
  cluster = await realm();
  await cluster.bind('view', 'bob', 'a');
});

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const listPods = { namespace: 'a', verb: 'list', resource: 'pods' };
const ALLOWED = { allowed: true, reason: 'RBAC: allowed by RoleBinding "bob-view/a" of ClusterRole "view" to User "bob"' };

async function review(who: string, path: string, spec: object) {
  const { value } = await cluster.ask(who, `POST ${AUTHORIZATION}/${path}`, { spec });
  return value;
}

describe('whether somebody may', () => {
  const cases: [string, string, string, object, object][] = [
    ['oneself', 'bob', 'selfsubjectaccessreviews', { resourceAttributes: listPods }, ALLOWED],
    ['oneself, elsewhere', 'bob', 'selfsubjectaccessreviews', { resourceAttributes: { ...listPods, namespace: 'b' } }, { allowed: false }],
    [
      'oneself, a path',
      'bob',
      'selfsubjectaccessreviews',
      { nonResourceAttributes: { verb: 'get', path: '/metrics' } },
      { allowed: false },
    ],
    [
      'an administrator',
      'root',
      'selfsubjectaccessreviews',
      { resourceAttributes: { verb: '*', resource: '*', group: '*' } },
      { allowed: true },
    ],
    ['another', 'root', 'subjectaccessreviews', { user: 'bob', resourceAttributes: listPods }, ALLOWED],
    ['a group', 'root', 'subjectaccessreviews', { groups: ['system:masters'], resourceAttributes: listPods }, { allowed: true }],
    ['another, in one namespace', 'root', 'namespaces/a/localsubjectaccessreviews', { user: 'bob', resourceAttributes: listPods }, ALLOWED],
  ];
  test.each(cases)('%s', async (_, who, path, spec, status) => {
    const answer = await review(who, path, spec);
    expect(answer).toMatchObject({ apiVersion: 'authorization.k8s.io/v1', spec });
    expect(answer.status).toEqual(status);
  });

  const refused: [string, string, string, object, string][] = [
    [
      'of others, asked by who may not',
      'bob',
      'subjectaccessreviews',
      {},
      'subjectaccessreviews.authorization.k8s.io is forbidden: User "bob" cannot create',
    ],
    [
      'about nothing',
      'bob',
      'selfsubjectaccessreviews',
      {},
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'about two things',
      'bob',
      'selfsubjectaccessreviews',
      { resourceAttributes: listPods, nonResourceAttributes: { verb: 'get', path: '/' } },
      'cannot be specified in combination with resourceAttributes',
    ],
    [
      'about nobody',
      'root',
      'subjectaccessreviews',
      { resourceAttributes: listPods },
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'about another namespace',
      'root',
      'namespaces/b/localsubjectaccessreviews',
      { user: 'bob', resourceAttributes: listPods },
      'spec.resourceAttributes.namespace: Invalid value: "a": must match metadata.namespace',
    ],
    [
      'with a selector that says nothing',
      'bob',
      'selfsubjectaccessreviews',
      { resourceAttributes: { ...listPods, labelSelector: {} } },
      'spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, ' +
        'requirements or rawSelector is required',
    ],
    [
      'with a selector that is said twice',
      'root',
      'subjectaccessreviews',
      {
        user: 'bob',
        resourceAttributes: { ...listPods, fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] } },
      },
      'spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements',
    ],
  ];
  test.each(refused)('%s: is no question', async (_, who, path, spec, message) => {
    expect((await review(who, path, spec)).message).toContain(message);
  });
});

test.each([
  ['selfsubjectaccessreviews', 'must be empty'],
  ['namespaces/a/localsubjectaccessreviews', 'must be empty except for namespace'],
])('%s have no names', async (path, why) => {
  const ask = async (metadata: object) => {
    const spec = { resourceAttributes: listPods, ...(path.startsWith('namespaces') ? { user: 'bob' } : {}) };
    return (await cluster.ask('root', `POST ${AUTHORIZATION}/${path}`, { metadata, spec })).value;
  };
  expect((await ask({ name: 'x' })).message).toContain(`metadata: Invalid value: {"name":"x"}: ${why}`);
  expect((await ask({ creationTimestamp: null })).status).toMatchObject({ allowed: true });
});

test('all that somebody may in a namespace', async () => {
  const { status } = await review('bob', 'selfsubjectrulesreviews', { namespace: 'a' });
  expect(status.incomplete).toBe(false);
  expect(status.resourceRules).toContainEqual({ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['namespaces'] });
  expect(status.nonResourceRules).toContainEqual({
    verbs: ['get'],
    nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'],
  });
  const elsewhere = await review('bob', 'selfsubjectrulesreviews', { namespace: 'b' });
  expect(elsewhere.status.resourceRules).not.toContainEqual(expect.objectContaining({ resources: ['namespaces'] }));
});

test('who one is', async () => {
  const { value } = await cluster.ask('jane', 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews', {});
  expect(value.status.userInfo).toEqual({ username: 'jane', uid: '1001', groups: ['dev', 'ops', 'system:authenticated'] });
  expect(value.metadata).toEqual({ creationTimestamp: expect.stringMatching(/Z$/) as string });
});

test('whose a token is: nothing is said of one that is unknown, and none must be asked about', async () => {
  const ask = async (spec: object) => (await cluster.ask('root', 'POST /apis/authentication.k8s.io/v1/tokenreviews', { spec })).value;
  expect((await ask({ token: 'jane' })).status).toMatchObject({ authenticated: true, user: { username: 'jane' } });
  expect((await ask({ token: 'nobody' })).status).toEqual({ user: {}, error: 'invalid bearer token' });
  expect(await ask({})).toMatchObject({ code: 400, message: 'token is required for TokenReview in authentication' });
});

test('a question is kept nowhere and told to nobody', async () => {
  const before = cluster.store.revision;
  cluster.audited.length = 0;
  await review('bob', 'selfsubjectaccessreviews', { resourceAttributes: listPods });
  expect([cluster.store.revision, cluster.audited]).toEqual([before, []]);
});
