import { expect, test } from 'vitest';
import { parseJson } from '../../../src/apiserver/http/json.ts';

const problemOf = (text: string): string => {
  try {
    parseJson(Buffer.from(text));
  } catch (error) {
    return (error as Error).message.replace("couldn't get version/kind; json parse error: ", '');
  }
  throw new Error('it was taken');
};

test.each([
  ['', 'unexpected end of JSON input'],
  ['{"data":{"password":"hunter2"', 'unexpected end of JSON input'],
  ['{"data":{"password":"hunter2', 'unexpected end of JSON input'],
  ['hunter2', "invalid character 'h' looking for beginning of value"],
  ['{"password":hunter2}', "invalid character 'h' looking for beginning of value"],
  ['{"password":"hunter2"}}', "invalid character '}' after top-level value"],
  ['{"password":"hunter2" "b":1}', "invalid character '\"' after object key:value pair"],
  ['{"password":["hunter2" "x"]}', "invalid character '\"' after array element"],
  ['{"password" "hunter2"}', "invalid character '\"' after object key"],
  ['{password:"hunter2"}', "invalid character 'p' looking for beginning of object key string"],
  ['{"password":"hunter2\n"}', "invalid character '\\n' in string literal"],
  ['{"password":"hun\\ter2\\x"}', "invalid character 'x' in string escape code"],
])('%j is refused in the words of Kubernetes, without what is around', (text, problem) => {
  expect(problemOf(text)).toBe(problem);
});

test.each(['{"replicas":1e400}', '{"a":[-1e999]}', `{"a":${'9'.repeat(400)}}`])('%.20s is refused: it would be stored as null', (text) => {
  expect(problemOf(text)).toBe('json: a number is too large to be kept');
});

test.each(['{"a":', '['])('what is nested too deep is refused: %s', (open) => {
  const nested = (depth: number) => open.repeat(depth) + 'null' + (open === '[' ? ']' : '}').repeat(depth);
  expect(problemOf(nested(100_000))).toBe('exceeded max depth');
  expect(problemOf(nested(1001))).toBe('exceeded max depth');
  expect(() => parseJson(Buffer.from(nested(1000)))).not.toThrow();
});

test('a text in which such a number is only written about is none', () => {
  expect(parseJson(Buffer.from('{"note":"1e400","n":1e300}'))).toEqual({ note: '1e400', n: 1e300 });
});

test('a text that imitates the words of an error is not repeated', () => {
  expect(problemOf('{"a": x, "b": "hunter2 is not valid JSON"}')).not.toContain('hunter2');
  expect(problemOf('["hunter2 at position 3", x]')).not.toContain('hunter2');
});
