import { describe, expect, test } from 'vitest';
import { strayIn } from '../../../src/apiserver/http/stray.ts';

const said = (type: string, body: string, unknown: readonly string[] = [], isCustom = false) =>
  strayIn(type, Buffer.from(body), isCustom)?.(unknown);

const JSON_BODY = '{"spec":{"un":1,"b":1,"b":2,"un":3,"t":{"c":[{"x":{"y":1,"y":2},"p":1,"p":2}]}}}';
const UNKNOWN = ['spec.un', 'spec.t.c[0].x'];

describe('what is said of the fields of a body', () => {
  test('in JSON of a built-in kind: as they come, and nothing more of what is unknown', () => {
    expect(said('application/json', JSON_BODY, UNKNOWN)).toEqual([
      'unknown field "spec.un"',
      'duplicate field "spec.b"',
      'unknown field "spec.t.c[0].x"',
      'duplicate field "spec.t.c[0].p"',
    ]);
  });

  test.each([
    ['application/json', true],
    ['application/merge-patch+json', false],
    ['application/strategic-merge-patch+json', false],
  ])('as %s, custom %s: first what is there twice', (type, isCustom) => {
    expect(said(type, '{"spec":{"z":1,"b":1,"b":2,"a":1,"a":2}}', ['spec.z', 'spec.a'], isCustom)).toEqual([
      'duplicate field "spec.b"',
      'duplicate field "spec.a"',
      'unknown field "spec.a"',
      'unknown field "spec.z"',
    ]);
  });

  test('in operations: what is wrong with them, and with what they make', () => {
    const operations = '[{"op":"add","path":"/a","value":{"b":1,"b":2},"foo":1},{"op":"remove","path":"/x","path":"/y"}]';
    expect(said('application/json-patch+json', operations, ['a.c'])).toEqual([
      'json patch duplicate field "[0].value.b"',
      'json patch unknown field "[0].foo"',
      'json patch duplicate field "[1].path"',
      'unknown field "a.c"',
    ]);
  });

  test.each(['application/yaml', 'application/apply-patch+yaml'])('in %s: by their lines', (type) => {
    const yaml = 'spec:\n  a: 1\n  a: 2\n  b:\n  - c: 1\n    c: 2\n';
    const json = '{"spec":{\n\n"a":1,\n"a":2}}';
    const errors = 'yaml: unmarshal errors:\n  line 3: key "a" already set in map\n  line 6: key "c" already set in map';
    expect(said(type, yaml, ['spec.b'])).toEqual([errors, 'unknown field "spec.b"']);
    expect(said(type, json)).toEqual(['yaml: unmarshal errors:\n  line 4: key "a" already set in map']);
    expect(said(type, 'a: 1\nb: 2\n')).toEqual([]);
  });

  test('of protobuf nothing', () => {
    expect(said('application/vnd.kubernetes.protobuf', '')).toBeUndefined();
  });
});
