import { beforeEach, describe, expect, test } from 'vitest';
import { realm } from './realm.ts';

let cluster: Awaited<ReturnType<typeof realm>>;
beforeEach(async () => void (cluster = await realm()));

const WHOAMI = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews';
const BODY = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

const impersonate = (apiGroups: string, resources: string, ...resourceNames: string[]) => ({
  apiGroups: [apiGroups],
  resources: [resources],
  verbs: ['impersonate'],
  ...(resourceNames.length > 0 ? { resourceNames } : {}),
});

describe('who is acted as', () => {
  const cases: [string, Record<string, string | string[]>, object][] = [
    ['has been authenticated', { 'Impersonate-User': 'jane' }, { username: 'jane', groups: ['system:authenticated'] }],
    [
      'is in the groups that are asked for, commas and all',
      { 'Impersonate-User': 'jane', 'Impersonate-Group': ['dev', 'a,b'] },
      { username: 'jane', groups: ['dev', 'a,b', 'system:authenticated'] },
    ],
    [
      'has the uid and the extras that are asked for',
      { 'impersonate-user': 'jane', 'Impersonate-Uid': '7', 'Impersonate-Extra-Acme.com%2Fproject': ['x', 'y'] },
      { username: 'jane', uid: '7', groups: ['system:authenticated'], extra: { 'acme.com/project': ['x', 'y'] } },
    ],
    [
      'is in the groups of a service account, if it is one',
      { 'Impersonate-User': 'system:serviceaccount:a:robot' },
      { groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'] },
    ],
    ['has not been authenticated, if anonymous', { 'Impersonate-User': 'system:anonymous' }, { groups: ['system:unauthenticated'] }],
  ];
  test.each(cases)('%s', async (_, headers, user) => {
    await cluster.bind('system:basic-user', 'system:anonymous');
    const { code, value } = await cluster.ask('root', WHOAMI, BODY, headers);
    expect(code).toBe(201);
    expect(value.status.userInfo).toMatchObject(user);
  });
});

describe('it takes the right to', () => {
  const jane = { 'Impersonate-User': 'jane' };
  const user = impersonate('', 'users', 'jane');
  const cases: [string, Record<string, string | string[]>, object[], string][] = [
    [
      'act as the user',
      jane,
      [],
      'users "jane" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
    ['act as this user', jane, [user], ''],
    [
      'act as a service account in its namespace',
      { 'Impersonate-User': 'system:serviceaccount:a:robot' },
      [user],
      'serviceaccounts "robot" is forbidden: User "bob" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"',
    ],
    [
      'be in each group',
      { ...jane, 'Impersonate-Group': ['dev', 'system:masters'] },
      [user, impersonate('', 'groups', 'dev')],
      'groups "system:masters" is forbidden',
    ],
    ['have a uid', { ...jane, 'Impersonate-Uid': '7' }, [user], 'uids.authentication.k8s.io "7" is forbidden'],
    ['have this uid', { ...jane, 'Impersonate-Uid': '7' }, [user, impersonate('authentication.k8s.io', 'uids', '7')], ''],
    [
      'have each value of an extra',
      { ...jane, 'Impersonate-Extra-scopes': ['view', 'edit'] },
      [user, impersonate('authentication.k8s.io', 'userextras/scopes', 'view')],
      'userextras.authentication.k8s.io "edit" is forbidden: User "bob" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
    ],
  ];
  test.each(cases)('%s', async (_, headers, held, refusal) => {
    await cluster.grant('bob', ...held, { apiGroups: ['x'], resources: ['x'], verbs: ['x'] });
    const { code, value } = await cluster.ask('bob', WHOAMI, BODY, headers);
    if (!refusal) return expect(code).toBe(201);
    expect(code).toBe(403);
    expect(value.message).toContain(refusal);
  });

  test('nothing else: who acts as somebody has that one’s rights, and no longer their own', async () => {
    expect((await cluster.ask('root', 'GET /api/v1/pods', undefined, jane)).value.message).toContain('User "jane" cannot list');
  });

  test('a group without a user is no request', async () => {
    expect((await cluster.ask('root', 'GET /api/v1/pods', undefined, { 'Impersonate-Group': 'dev' })).code).toBe(400);
  });
});
