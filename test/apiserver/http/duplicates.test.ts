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
  ])('as %s', (type) => {
    expect(duplicatesIn(type, body)).toEqual(['spec.a']);
  });

  test.each(['application/json-patch+json', 'application/vnd.kubernetes.protobuf', 'application/yaml'])('not as %s', (type) => {
    expect(duplicatesIn(type, body)).toEqual([]);
  });
});
