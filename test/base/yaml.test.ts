import { describe, expect, test } from 'vitest';
import { formatYaml, parseYaml } from '../../src/base/index.ts';

describe('YAML as kubectl reads it', () => {
  test.each([
    ['mode: 0644', { mode: 420 }],
    ['on: yes', { true: true }],
    ['flag: off', { flag: false }],
    ['time: 22:30', { time: '22:30' }],
    ['date: 2026-01-01', { date: '2026-01-01' }],
    ['quoted: "yes"', { quoted: 'yes' }],
    ['count: 1e3', { count: 1000 }],
    ['nothing: ~', { nothing: null }],
    ['name: e3', { name: 'e3' }],
    ['{"json": [1, 2]}', { json: [1, 2] }],
    ['a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['a: &x {b: 1}\nc:\n  <<: *x\n  d: 2', { a: { b: 1 }, c: { b: 1, d: 2 } }],
  ])('%s', (text, value) => {
    expect(parseYaml(text)).toMatchObject([{ value, problems: [] }]);
  });

  test.each([
    ['a: .inf', ['1:4']],
    ['a: [1, -.Inf]', ['1:8']],
    ['a:\n  b: .nan', ['2:6']],
    ['{"a": 1e999}', ['1:7']],
    ['a: &x .inf\nb: *x\nc:\n  - .nan', ['1:7', '4:5']],
  ])('no number that JSON has not, each at its place: %j', (text, places) => {
    const [{ value, problems } = { value: 0, problems: [] }] = parseYaml(text);
    expect(value).toBeUndefined();
    expect(problems.map(({ line, column }) => `${line}:${column}`)).toEqual(places);
    expect(problems[0]?.message).toBe('is a number that JSON has not: .inf, .nan, or one that is too large');
  });

  test.each([
    ['p: *secret', '1:4 is an alias, as it begins with *, and no anchor before it has its name: put it in quotes if it is text'],
    [
      'a: [*secret]\np: &secret x',
      '1:5 is an alias, as it begins with *, and no anchor before it has its name: put it in quotes if it is text',
    ],
    ['p: >secret', '1:5 Block scalar header includes extra characters'],
    ['p: "\\usecret"', '1:5 Invalid escape sequence \\u'],
    ['p: !secret! x', '1:4 The tag has no suffix'],
    ['p: {a: 1}}secret', '1:10 Unexpected flow-map-end token in YAML stream'],
  ])('what is wrong has its place, and repeats nothing of the text, which may be secret: %j', (text, said) => {
    const [first] = parseYaml(text)[0]!.problems;
    expect(`${first?.line}:${first?.column} ${first?.message}`).toBe(said);
  });

  test('anchors may be of keys, and be given again', () => {
    expect(parseYaml('&k a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: *k')[0]).toMatchObject({
      value: { a: 1, b: 1, c: 2, d: 2, e: 'a' },
      problems: [],
    });
  });

  test('each document has its own value, problems and line', () => {
    const documents = parseYaml('a: 1\n---\nb: [1\n---\nc: 1\nc: 2\n');
    expect(documents.map(({ value, line }) => ({ value, line }))).toEqual([
      { value: { a: 1 }, line: 1 },
      { value: undefined, line: 3 },
      { value: undefined, line: 5 },
    ]);
    expect(documents[1]!.problems[0]).toMatchObject({ line: 4, column: 1 });
    expect(documents[2]!.problems).toEqual([{ line: 6, column: 1, message: 'Map keys must be unique' }]);
  });

  test('keys may repeat where it is said: the last value counts, and all but the first are told', () => {
    const [document] = parseYaml('a: 1\nb:\n- c: 1\n  c: 2\na: 3\na: 4\n', { keysMayRepeat: true });
    expect(document).toMatchObject({ value: { a: 4, b: [{ c: 2 }] }, problems: [] });
    expect(document!.repeated).toEqual([
      { line: 4, key: 'c' },
      { line: 5, key: 'a' },
      { line: 6, key: 'a' },
    ]);
  });

  test('a field has a position, a missing one that of its nearest parent', () => {
    const [document] = parseYaml('spec:\n  containers:\n    - name: a\n      image: b\n');
    expect(document!.position(['spec', 'containers', 0, 'image'])).toEqual({ line: 4, column: 7 });
    expect(document!.position(['spec', 'containers', 0, 'ports', 0])).toEqual({ line: 3, column: 7 });
  });

  test('aliases cannot fill the memory', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`);
    const [document] = parseYaml(lines.join('\n'));
    expect(document!.problems[0]!.message).toMatch(/alias/i);
  });

  test.each(['yes', '0644', '22:30', '2026-01-01', '1e3', 'null', '~', '', 'y', '- a', 'a: b', '#x', ' x ', '1_000', 'line\nline\n'])(
    'the string %j is written so that it is read back',
    (text) => {
      expect(parseYaml(formatYaml({ text }))[0]!.value).toEqual({ text });
    },
  );
});
