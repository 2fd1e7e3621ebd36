import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatSource } from '../../src/cli/status.ts';
import { formatReason } from '../../src/cli/why.ts';

it.each([
  ['nothing while commits are taken', undefined, ''],
  ['why none is', 'the branch is gone', '✖ the branch is gone\n'],
  ['several reasons below each other', 'the branch is gone\nit is not signed', '✖ the branch is gone\n    it is not signed\n'],
])('the state of the source tells %s', (_name, failure, expected) => {
  expect(stripVTControlCharacters(formatSource(failure === undefined ? undefined : { message: failure, commit: undefined }))).toBe(
    expected,
  );
});

it.each([
  ['what only the API says', 600, [], 'not in Git: the API fills it in'],
  ['what somebody else says', 3, [{ manager: 'kubectl', time: undefined }], 'not in Git: set by whoever owns it'],
  ['what nobody says', undefined, [], 'not in Git'],
])('why %s', (_name, value, managers, expected) => {
  const text = stripVTControlCharacters(formatReason({ object: 'Deployment a/b', application: 'b', field: 'spec.x', value, managers }));
  expect(text.split('\n').find((line) => line.includes('from'))).toBe(`  from         ${expected}`);
});

it('why names each owner on the way, with its field', () => {
  const through = [{ object: 'ReplicaSet a/b-1', field: 'spec.template.spec' }, { object: 'Deployment a/b' }];
  const text = stripVTControlCharacters(formatReason({ object: 'Pod a/b-1-c', application: 'b', through, managers: [] }));
  expect(text).toContain('  made by      ReplicaSet a/b-1  spec.template.spec\n  made by      Deployment a/b\n');
});
