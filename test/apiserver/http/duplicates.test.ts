import { describe, expect, test } from 'vitest';
import { duplicatesIn } from '../../../src/apiserver/http/body.ts';

const body = Buffer.from('{"spec":{"a":1,"a":2}}');

describe('what a body names twice is told', () => {
  test.each([
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/yaml',
    'application/apply-patch+yaml',
  ])('as %s', (type) => {
    expect(duplicatesIn(type, body)).toEqual(['spec.a']);
  });

  test('not in YAML, which is refused when it is read', () => {
    expect(duplicatesIn('application/yaml', Buffer.from('{spec: {a: 1, a: 2}}'))).toEqual([]);
  });

  test.each(['application/json-patch+json', 'application/vnd.kubernetes.protobuf'])('not as %s', (type) => {
    expect(duplicatesIn(type, body)).toEqual([]);
  });
});
