import { beforeEach, describe, expect, test } from 'vitest';
import { Audit, isAudited } from '../../../src/apiserver/http/audit.ts';
import { ManualClock } from '../../../src/base/index.ts';
import type { LogEntry } from '../../../src/store/index.ts';
import { realm } from '../access/realm.ts';
import { ask, fakeBackend } from './fake.ts';

const CONFIG_MAPS = '/api/v1/namespaces/a/configmaps';
const configMap = { metadata: { name: 'x' }, data: { password: 'hunter2' } };

describe('a write is told of', () => {
  let cluster: Awaited<ReturnType<typeof realm>>;
  beforeEach(async () => {
    cluster = await realm();
    await cluster.bind('edit', 'jane', 'a');
    await cluster.ask('jane', `POST ${CONFIG_MAPS}`, configMap);
    await cluster.ask('root', 'POST /api/v1/namespaces/a/serviceaccounts', { metadata: { name: 'robot' } });
    cluster.audited.length = 0;
  });

  const as = (user: string) => ({ 'Impersonate-User': user });
  const cases: [string, Parameters<Awaited<ReturnType<typeof realm>>['ask']>, string][] = [
    [
      'when it made something',
      ['jane', `POST ${CONFIG_MAPS}`, { metadata: { name: 'y' } }],
      'create configmaps a/y by jane from 192.0.2.7: 201',
    ],
    [
      'when it changed something',
      ['jane', `PATCH ${CONFIG_MAPS}/x`, { data: { a: 'b' } }],
      'patch configmaps a/x by jane from 192.0.2.7: 200',
    ],
    ['when it deleted something', ['jane', `DELETE ${CONFIG_MAPS}/x`], 'delete configmaps a/x by jane from 192.0.2.7: 200'],
    ['when it deleted a collection', ['jane', `DELETE ${CONFIG_MAPS}`], 'deletecollection configmaps a by jane from 192.0.2.7: 200'],
    ['when it was not allowed', ['bob', `DELETE ${CONFIG_MAPS}/x`], 'delete configmaps a/x by bob from 192.0.2.7: 403 Forbidden'],
    [
      'when nobody known sent it',
      [undefined, `DELETE ${CONFIG_MAPS}/x`],
      'delete configmaps a/x by system:anonymous from 192.0.2.7: 403 Forbidden',
    ],
    [
      'when it was there already',
      ['jane', `POST ${CONFIG_MAPS}`, configMap],
      'create configmaps a/x by jane from 192.0.2.7: 409 AlreadyExists',
    ],
    [
      'when it was not valid',
      ['jane', `POST ${CONFIG_MAPS}`, { metadata: { name: 'X' } }],
      'create configmaps a/X by jane from 192.0.2.7: 422 Invalid',
    ],
    [
      'when it was only tried',
      ['jane', `POST ${CONFIG_MAPS}?dryRun=All`, { metadata: { name: 'z' } }],
      'create configmaps a/z (dry run) by jane from 192.0.2.7: 201',
    ],
    [
      'when it was made in another’s name',
      ['root', `DELETE ${CONFIG_MAPS}/x`, undefined, as('jane')],
      'delete configmaps a/x by root as jane from 192.0.2.7: 200',
    ],
    [
      'when acting in another’s name was refused',
      ['bob', `DELETE ${CONFIG_MAPS}/x`, undefined, as('root')],
      'delete configmaps a/x by bob from 192.0.2.7: 403 Forbidden',
    ],
    [
      'when it gave a token away',
      ['root', 'POST /api/v1/namespaces/a/serviceaccounts/robot/token', { spec: {} }],
      'create serviceaccounts/token a/robot by root from 192.0.2.7: 201',
    ],
    [
      'with line ends in it made visible',
      ['bob', `DELETE ${CONFIG_MAPS}/x%0Afake`],
      'delete configmaps a/x\ufffdfake by bob from 192.0.2.7: 403 Forbidden',
    ],
  ];
  test.each(cases)('%s', async (_, request, message) => {
    await cluster.ask(...request);
    expect(cluster.audited.map((entry) => entry.message)).toEqual([message]);
  });

  test('with all that is known of it, but never what it held', async () => {
    await cluster.ask('root', `PUT ${CONFIG_MAPS}/x`, configMap, as('jane'));
    expect(cluster.audited).toEqual([
      {
        event: 'audit',
        message: 'update configmaps a/x by root as jane from 192.0.2.7: 200',
        fields: {
          user: 'jane',
          actor: 'root',
          verb: 'update',
          resource: 'configmaps',
          namespace: 'a',
          name: 'x',
          address: '192.0.2.7',
          agent: 'tester/1',
          code: 200,
        },
      },
    ]);
    expect(JSON.stringify(cluster.audited)).not.toContain('hunter2');
  });
});

test('the record does not wait for the disk: it is there with the write', async () => {
  const entries: LogEntry[] = [];
  const { backend, api, clock } = fakeBackend({ audit: new Audit((entry) => entries.push(entry), new ManualClock()) });
  let written = () => {};
  api.durable = () => new Promise((resolve) => (written = resolve));
  const answer = ask(backend, 'POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'x' } } });
  await clock.settle();
  expect(entries.map(({ message }) => message)).toEqual(['create configmaps default/x by admin from 192.0.2.7: 201']);
  written();
  expect((await answer).code).toBe(201);
  expect(entries).toHaveLength(1);
});

describe('what is told of', () => {
  const cases: [string, string, string, string | undefined, boolean][] = [
    ['no reads', 'get', '', undefined, false],
    ['no watches', 'watch', '', undefined, false],
    ['writes', 'update', 'apps', undefined, true],
    ['streams into a pod, whichever method opens them', 'get', '', 'exec', true],
    ['no logs', 'get', '', 'log', false],
    ['no questions: nothing is kept of them', 'create', 'authorization.k8s.io', undefined, false],
  ];
  test.each(cases)('%s', (_, verb, group, subresource, audited) => {
    expect(isAudited({ verb, group, resource: 'r', subresource })).toBe(audited);
  });
});

test('who is refused all day fills no disk: what is left out is counted', async () => {
  const clock = new ManualClock();
  const entries: LogEntry[] = [];
  const audit = new Audit((entry) => entries.push(entry), clock);
  const request = (user: string) => ({
    identity: { user, groups: [] },
    wanted: { verb: 'delete', group: '', resource: 'pods' },
    address: '192.0.2.7',
    agent: undefined,
  });
  for (let n = 0; n < 150; n++) audit.note(request('eve'), { code: 403, reason: 'Forbidden' });
  expect(entries).toHaveLength(100);
  audit.note(request('bob'), { code: 403, reason: 'Forbidden' });
  audit.note(request('eve'), { code: 201 });
  expect(entries).toHaveLength(102);
  await clock.advance(1000);
  audit.note(request('eve'), { code: 403, reason: 'Forbidden' });
  expect(entries.at(-1)!.fields).toMatchObject({ user: 'eve', untold: 50 });
});
