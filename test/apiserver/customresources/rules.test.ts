import { beforeEach, describe, expect, test } from 'vitest';
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { definition, GROUP, website, WEBSITES } from './definitions.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const text = { type: 'string' };
const count = { type: 'integer' };
const rules = (...given: readonly (string | object)[]) => ({
  'x-kubernetes-validations': given.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
});
const shape = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

/** A definition whose objects have this spec. */
function ruled(spec: object, root: object = {}): CustomResourceDefinition {
  const openAPIV3Schema = shape({ spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }, root);
  return definition({ versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }] });
}

const define = (spec: object, root?: object) => plane.client.create(CUSTOM_RESOURCE_DEFINITIONS, ruled(spec, root));

/** What is said of a write, without whom it is about. */
async function refusal(write: Promise<unknown>): Promise<string> {
  try {
    await write;
    return 'taken';
  } catch (error) {
    return (error as Error).message.replace(/^.* is invalid: /, '');
  }
}

describe('a rule of a definition', () => {
  test.each<[string, object, object, object, string]>([
    ['says the rule that failed', shape({ a: count }, rules('self.a > 1')), {}, { a: 1 }, 'spec: Invalid value: "object": failed rule: self.a > 1'],
    ['lets pass what is right', shape({ a: count }, rules('self.a > 1')), {}, { a: 2 }, 'taken'],
    ['has a message', shape({ a: count }, rules({ rule: 'self.a > 1', message: ' too small ' })), {}, { a: 1 }, 'spec: Invalid value: "object": too small'],
    ['makes its message', shape({ a: count }, rules({ rule: 'self.a > 1', message: 'm', messageExpression: '"not " + string(self.a)' })), {}, { a: 1 },
      'spec: Invalid value: "object": not 1'],
    ['falls back where its message fails', shape({ a: count }, rules({ rule: 'self.a > 1', message: 'm', messageExpression: 'string(1 / (self.a - 1))' })), {}, { a: 1 },
      'spec: Invalid value: "object": m'],
    ['has a reason', shape({ a: count }, rules({ rule: 'false', reason: 'FieldValueForbidden', message: 'no' })), {}, {}, 'spec: Forbidden: no'],
    ['has a reason that wants it', shape({ a: count }, rules({ rule: 'has(self.a)', reason: 'FieldValueRequired', message: 'a', fieldPath: '.a' })), {}, {}, 'spec.a: Required value: a'],
    ['tells of another field', shape({ m: { type: 'object', additionalProperties: text } }, rules({ rule: 'false', message: 'no', fieldPath: ".m['x y']" })), {}, {},
      'spec.m[x y]: Invalid value: "object": no'],
    ['is about a scalar', shape({ a: { ...count, ...rules('self % 2 == 0') } }), {}, { a: 3 }, 'spec.a: Invalid value: "integer": failed rule: self % 2 == 0'],
    ['is about each item', shape({ l: { type: 'array', items: { ...text, ...rules("self != 'x'") } } }), {}, { l: ['a', 'x'] },
      "spec.l[1]: Invalid value: \"string\": failed rule: self != 'x'"],
    ['is about each member', shape({ m: { type: 'object', additionalProperties: { ...text, ...rules("self != 'x'") } } }), {}, { m: { k: 'x' } },
      "spec.m[k]: Invalid value: \"string\": failed rule: self != 'x'"],
    ['is about the whole object', shape({ a: text }), rules({ rule: "self.metadata.name != 'a' && self.kind == 'Website'", message: 'not a' }), {}, '<nil>: Invalid value: "object": not a'],
    ['stands in allOf', shape({ a: count }, { allOf: [rules('self.a > 1')] }), {}, { a: 1 }, 'spec: Invalid value: "object": failed rule: self.a > 1'],
    ['names what is no identifier', shape({ 'max-size': count, in: text }, rules('self.max__dash__size > 1 && self.__in__ == ""')), {}, { 'max-size': 1, in: '' },
      'spec: Invalid value: "object": failed rule: self.max__dash__size > 1 && self.__in__ == ""'],
    ['is told when it fails', shape({ a: count }, rules('self.a > 1')), {}, {}, 'spec: Invalid value: "object": no such key: a evaluating rule: self.a > 1'],
    ['is told when it does not fit', shape({ a: { 'x-kubernetes-int-or-string': true } }, rules('self.a > 1')), {}, { a: 'x' },
      "spec: Invalid value: \"object\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.a > 1"],
    ['says nothing of what is null', shape({ a: { ...text, nullable: true, ...rules('false') } }), {}, { a: null }, 'taken'],
    ['waits for the rest of the schema', shape({ a: count }, { required: ['b'], ...rules('self.a > 1') }), {}, { a: 1 },
      '[spec.b: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]'],
    ['holds nobody up', shape({ l: { type: 'array', items: text } }, rules('self.l.all(a, self.l.all(b, self.l.all(c, true)))')), {}, { l: Array.from({ length: 500 }, String) },
      "spec: Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.l.all(a, self.l.all(b, self.l.all(c, true)))"],
  ])('%s', async (_, spec, root, object, expected) => {
    await define(spec, root);
    expect(await refusal(plane.client.create(WEBSITES, website('a', object)))).toBe(expected);
  }); // prettier-ignore

  test('is refused with 422 and its field', async () => {
    await define(shape({ a: count }, rules('self.a > 1')));
    await expect(plane.client.create(WEBSITES, website('a', { a: 1 }))).rejects.toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec', message: 'Invalid value: "object": failed rule: self.a > 1' }] },
    });
  });
});

describe('a rule that compares with what was', () => {
  const update = async (spec: object, before: object, after: object) => {
    await define(spec);
    const made = await plane.client.create(WEBSITES, website('a', before));
    return refusal(plane.client.update(WEBSITES, { ...made, spec: after } as never));
  };
  const items = { ...shape({ k: text, v: count }, { required: ['k'], ...rules('self.v >= oldSelf.v') }) };
  const list = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items };

  test.each<[string, object, object, object, string]>([
    ['refuses the change', shape({ a: { ...text, ...rules('self == oldSelf') } }), { a: 'x' }, { a: 'y' }, 'spec.a: Invalid value: "string": failed rule: self == oldSelf'],
    ['says nothing of what was not there', shape({ a: { ...text, ...rules('self == oldSelf') } }), {}, { a: 'y' }, 'taken'],
    ['hears of what was not there if it likes', shape({ a: { ...text, ...rules({ rule: "oldSelf.hasValue() || self == 'x'", optionalOldSelf: true }) } }), {}, { a: 'y' },
      "spec.a: Invalid value: \"string\": failed rule: oldSelf.hasValue() || self == 'x'"],
    ['finds an item by its keys', shape({ l: list }), { l: [{ k: 'a', v: 1 }, { k: 'b', v: 5 }] }, { l: [{ k: 'b', v: 4 }, { k: 'a', v: 2 }] },
      'spec.l[0]: Invalid value: "object": failed rule: self.v >= oldSelf.v'],
    ['finds a member by its key', shape({ m: { type: 'object', additionalProperties: { ...count, ...rules('self >= oldSelf') } } }), { m: { a: 2 } }, { m: { a: 1, b: 0 } },
      'spec.m[a]: Invalid value: "integer": failed rule: self >= oldSelf'],
    ['may want only more of a set', shape({ s: { type: 'array', 'x-kubernetes-list-type': 'set', items: text, ...rules('oldSelf.all(x, x in self)') } }), { s: ['a'] }, { s: ['b'] },
      'spec.s: Invalid value: "array": failed rule: oldSelf.all(x, x in self)'],
  ])('%s', async (_, spec, before, after, expected) => {
    expect(await update(spec, before, after)).toBe(expected);
  }); // prettier-ignore

  test('what was as wrong before its rule came may stay, and is warned of', async () => {
    const spec = shape({ a: count, b: count, l: { type: 'array', items: count } });
    await define(spec);
    await plane.client.create(WEBSITES, website('a', { a: 1, b: 1, l: [1] }));
    const strict = shape({
      a: { ...count, ...rules('self > 1') },
      b: count,
      l: { type: 'array', items: { ...count, ...rules('self > 1') } },
    });
    const { versions } = ruled(strict).spec;
    const place = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: `websites.${GROUP}` };
    await plane.client.patch(place, { type: 'merge', patch: { spec: { versions } } as never });
    const kind = plane.api.kinds.byResource(GROUP, 'v1', 'websites')!;
    const patch = (spec: object) =>
      plane.api.patch(
        { kind, namespace: 'default', name: 'a' },
        { type: 'merge', patch: { spec } },
        {},
        { user: 'a', groups: [], manager: 'a' },
      );
    expect(patch({ b: 2 }).warnings).toEqual([
      'spec.a: Invalid value: "integer": failed rule: self > 1',
      'spec.l[0]: Invalid value: "integer": failed rule: self > 1',
    ]);
    expect(() => patch({ a: 0 })).toThrow('spec.a: Invalid value: "integer": failed rule: self > 1');
    expect(() => patch({ l: [1, 2] })).toThrow('spec.l[0]: Invalid value: "integer": failed rule: self > 1');
  });
});

describe('a definition is refused', () => {
  const at = 'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]';
  const shown = (rule: string, more = '"Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null') =>
    `{"Rule":${JSON.stringify(rule)},${more}}`;

  test.each<[string, object, string]>([
    ['whose rule does not compile', shape({ a: text }, rules('self.b')),
      `${at}.rule: Invalid value: ${shown('self.b')}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b\n | ....^`],
    ['whose rule is no question', shape({ a: text }, rules('self.a')), `${at}.rule: Invalid value: ${shown('self.a')}: cel expression must evaluate to a bool`],
    ['whose rule is empty', shape({ a: text }, rules(' ')), `${at}.rule: Required value: rule is not specified`],
    ['whose rule of many lines has no message', shape({ a: text }, rules('true ||\ntrue')), `${at}.message: Required value: message must be specified if rule contains line breaks`],
    ['whose message has many lines', shape({ a: text }, rules({ rule: 'true', message: 'a\nb' })), `${at}.message: Invalid value: "a\\nb": message must not contain line breaks`],
    ['whose message is no text', shape({ a: text }, rules({ rule: 'true', messageExpression: '1' })),
      `${at}.messageExpression: Invalid value: ${shown('true', '"Message":"","MessageExpression":"1","Reason":null,"FieldPath":"","OptionalOldSelf":null')}: messageExpression must evaluate to a string`],
    ['whose field is not there', shape({ a: text }, rules({ rule: 'true', fieldPath: '.b' })), `${at}.fieldPath: Invalid value: ".b": fieldPath must be a valid path`],
    ['that looks for what was in a list without keys', shape({ l: { type: 'array', items: { ...text, ...rules('self == oldSelf') } } }),
      'spec.validation.openAPIV3Schema.properties[spec].properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[l]'],
    ['that asks for what was and does not use it', shape({ a: text }, rules({ rule: 'true', optionalOldSelf: true })),
      `${at}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
  ])('%s', async (_, spec, expected) => {
    expect(await refusal(define(spec))).toBe(expected);
  }); // prettier-ignore
});
