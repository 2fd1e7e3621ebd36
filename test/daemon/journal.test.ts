import { describe, expect, test } from 'vitest';
import { formatRecord, journalLine, matchesObject, type JournalRecord } from '../../src/daemon/index.ts';

const audit = (resource: string, namespace: string | undefined, name: string, message = ''): JournalRecord =>
  ({ op: 'log', at: '2026-01-01T00:00:00Z', event: 'audit', message, fields: { resource, namespace, name } }) as unknown as JournalRecord;

const told = (fields: object): JournalRecord =>
  ({ op: 'log', at: '2026-01-01T00:00:00Z', event: 'plan', message: '', fields }) as unknown as JournalRecord;
const planned = told({ steps: [{ kind: 'Deployment', namespace: 'default', name: 'web' }] });
const drifted = told({ object: 'Deployment default/web' });

describe('of an object', () => {
  const cases: [string, string, JournalRecord, boolean][] = [
    ['who wrote it', 'deployment/web', audit('deployments.apps', 'default', 'web'), true],
    ['who wrote a part of it', 'deployment/web', audit('deployments.apps/scale', 'default', 'web'), true],
    ['who wrote it in its namespace', 'default/deployment/web', audit('deployments.apps', 'default', 'web'), true],
    ['not who wrote one of that name elsewhere', 'other/deployment/web', audit('deployments.apps', 'default', 'web'), false],
    ['not who wrote another', 'deployment/web', audit('deployments.apps', 'default', 'api'), false],
    ['not who wrote another kind', 'deployment/web', audit('services', 'default', 'web'), false],
    ['the plan that changes it', 'deployment/web', planned, true],
    ['not the plan that changes one of that name elsewhere', 'other/deployment/web', planned, false],
    ['its drift', 'default/deployment/web', drifted, true],
    ['not the drift of another', 'deployment/api', drifted, false],
    ['what is said of it', 'deployment/web', audit('', undefined, '', 'plan: update deployment/web'), true],
  ];
  test.each(cases)('%s', (_, wanted, record, matches) => expect(matchesObject(wanted)(record)).toBe(matches));
});

test('an audit record is one line', () => {
  expect(formatRecord(audit('configmaps', 'a', 'x', 'create configmaps a/x by jane from 127.0.0.1: 201'))).toBe(
    '2026-01-01T00:00:00Z  audit      create configmaps a/x by jane from 127.0.0.1: 201',
  );
});

describe('as a line for programs', () => {
  const put = { op: 'put', at: '2026-01-01T00:00:00Z', sequence: 3, revision: 2, created: 2, by: 'x' };
  const cases: [string, object, object][] = [
    ['a change has its value', { ...put, key: 'core/configmaps/default/a', text: '{"data":{}}' }, { value: { data: {} } }],
    ['a Secret has none, and is said to be sealed', { ...put, key: 'core/secrets/default/a', sealed: 'q83v' }, { sealed: true }],
  ];
  test.each(cases)('%s', (_, record, shown) => {
    const line = JSON.parse(journalLine(record as unknown as JournalRecord));
    expect(line).toMatchObject(shown);
    expect(JSON.stringify(line)).not.toContain('q83v');
  });
});
