import { describe, expect, test } from 'vitest';
import {
  adapt,
  Budget,
  compile,
  DYN,
  formatType,
  INT,
  jsonOf,
  objectType,
  OutOfBudget,
  openType,
  STRING,
} from '../../../src/apiserver/cel/index.ts';

const POINT = objectType('Point', { x: INT, name: STRING, any: DYN });
const messages = (name: string) => (name === 'Point' ? POINT : /^Object(\.|$)/.test(name) ? openType(name) : undefined);
const OBJECT = { spec: { replicas: 2, items: [{ name: 'a' }, { name: 'b' }] }, labels: { a: '1' } };

function made(text: string): string {
  try {
    const program = compile(text, { object: DYN }, messages);
    const budget = new Budget();
    return `${formatType(program.type)} ${JSON.stringify(jsonOf(program.run({ object: adapt(DYN, OBJECT) }, budget), budget))}`;
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

describe('a message', () => {
  test.each([
    ['Object{}', 'Object {}'],
    ['Object{spec: Object.spec{replicas: object.spec.replicas + 1}}', 'Object {"spec":{"replicas":3}}'],
    ['Object . spec {}', 'Object.spec {}'],
    ['Object{\n  // all of them\n  a: 1,\n  "b": 2}', "ERROR: <input>:4:3: Syntax error: mismatched input '\"b\"'"],
    ['Object{a: {"b": 1, "c": "d"}}', "ERROR: <input>:1:25: expected type 'int' but found 'string'"],
    ['Object{a: {"b": dyn(1), "c": "d"}, d: [1u, 2u], e: 1.5, f: null, g: true,}', 'Object {"a":{"b":1,"c":"d"},"d":[1,2],"e":1.5,"f":null,"g":true}'],
    ['Object{`a.b/c`: "it\'s {x: 1}"}', 'Object {"a.b/c":"it\'s {x: 1}"}'],
    ['Object{at: timestamp("2026-01-02T03:04:05Z"), for: 1}', 'Object {"at":"2026-01-02T03:04:05Z","for":1}'],
    ['Object{every: duration("90s"), bytes: b"abc"}', 'Object {"every":"90s","bytes":"YWJj"}'],
    ['Object{?a: object.?labels.a, ?b: object.?labels.b}', 'Object {"a":"1"}'],
    ['object.spec.items.map(i, Object.spec.items{name: i.name + "!"})', 'list(Object.spec.items) [{"name":"a!"},{"name":"b!"}]'],
    ['object.spec.replicas > 1 ? [Point{x: 1}] : []', 'list(Point) [{"x":1}]'],
    ['true ? Object{a: 1} : Object{}', 'Object {"a":1}'],
    ['Object{a: 1}.a', 'dyn 1'],
    ['Object{a: 1}.b', 'no such key: b'],
    ['[has(Object{a: 1}.a), has(Object{a: 1}.b), Object{a: 1} == Object{a: 1}, Object{a: 1} == Object{a: 2}, Object{} == Object{b: 1}]', 'list(bool) [true,false,true,false,false]'],
    ['optional.ofNonZeroValue(Object{}).hasValue()', 'bool false'],
    ['Point{x: 1}.x + 1', 'int 2'],
    ['Point{x: 1}.y', "ERROR: <input>:1:12: undefined field 'y'"],
    ['Point{y: 1}', "ERROR: <input>:1:10: undefined field 'y'"],
    ['Point{x: "a"}', "ERROR: <input>:1:10: expected type of field 'x' is 'int' but provided type is 'string'"],
    ['Point{x: 1, x: 2}', "ERROR: <input>:1:16: duplicate field 'x'"],
    ['Point{x: 1} == Object{}', "ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(Point, Object)'"],
    ['Nobody{a: 1}', "ERROR: <input>:1:7: undeclared reference to 'Nobody' (in container '')"],
    ['Object{a: {1: 2}}', 'map key "1" is of type int, not string'],
    ["Object{a: quantity('1')}", 'a value of type kubernetes.Quantity cannot be written as JSON'],
    ['object.spec{a: 1}', "ERROR: <input>:1:12: undeclared reference to 'object.spec' (in container '')"],
    ['Object{a: 1', "ERROR: <input>:1:12: Syntax error: mismatched input '<EOF>'"],
  ])('%s', (text, expected) => {
    expect(made(text)).toBe(expected);
  }); // prettier-ignore

  test('that holds one value very often costs as much as it is large', () => {
    const doubled = Array.from({ length: 40 }).reduce<string>((inner) => `[${inner}].map(x, [x, x])[0]`, '1');
    const { run } = compile(doubled, {});
    const budget = new Budget();
    const value = run({}, budget);
    expect(() => jsonOf(value, budget)).toThrow(OutOfBudget);
  });
});
