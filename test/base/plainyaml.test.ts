import { globSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { parseYaml, seededRandom } from '../../src/base/index.ts';
import { readPlain } from '../../src/base/plainyaml.ts';

/** A tab sends a text to the thorough reader. */
const THOROUGH = '#\t\n';

const isPlain = (text: string) => readPlain(text, (scalar) => (scalar === 'yes' ? true : scalar)) !== undefined;

/** What both readers make of a text: their answers have to be the same. */
function answers(text: string) {
  const told = (documents: ReturnType<typeof parseYaml>, above: number) =>
    documents.map(({ value, problems, line }) => ({ value, problems: problems.length, line: line - above }));
  return { plain: told(parseYaml(text), 0), thorough: told(parseYaml(THOROUGH + text), 1) };
}

const MANIFESTS = globSync(['cluster-repo/**/*.yaml', 'fixtures/**/*.yaml'])
  .toSorted()
  .map((path) => [path, readFileSync(path, 'utf8')] as const);

describe('plain YAML is read at once', () => {
  test.each([
    'a: 1\n',
    'a:\nb: {c: [1, "x"]}\n',
    '# first\na: 1\n---\nb: |\n  x\n  y\n',
    '\'a\': "b"\n',
    '- - a: 1\n    b: 2\n  - c\n',
    '{"a": {"b": [true, null, 1.5]}}',
  ])('%j', (text) => {
    expect(isPlain(text)).toBe(true);
    const { plain, thorough } = answers(text);
    expect(plain).toEqual(thorough);
  });

  test('and so are most manifests', () => {
    const plain = MANIFESTS.filter(([, text]) => isPlain(text));
    expect(plain.length).toBeGreaterThan(MANIFESTS.length / 2);
  });
});

describe('the thorough reader takes', () => {
  test.each([
    ['an anchor', 'a: &x 1\nb: *x\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a merge', '<<: {a: 1}\n'],
    ['a repeated key', 'a: 1\na: 2\n'],
    ['a key that is no text', 'yes: 1\n'],
    ['a prototype', '__proto__: {a: 1}\n'],
    ['a directive', '%YAML 1.1\n---\na: 1\n'],
    ['the end of a document', '...\na: 1\n'],
    ['an indented mark', ' ---\na: 1\n'],
    ['what follows a bracket', 'a:\n  - {b: 1}c, d: 2\n'],
    ['a tab', 'a: 1\t# x\n'],
    ['what is no map or list', 'text\n'],
    ['nothing', ''],
    ['a mistake', 'a: [1\n'],
  ])('%s', (_name, text) => {
    expect(isPlain(text)).toBe(false);
  });
});

describe('both readers understand the same of', () => {
  test.each(MANIFESTS)('%s', (_path, text) => {
    const { plain, thorough } = answers(text);
    expect(plain).toEqual(thorough);
  });

  test.each(['yes', 'No', '0644', '0o17', '0x1F', '1_000', '1e3', 'e3', '.5', '-.inf', '~', 'null', 'y', '22:30', '2026-01-01', '=', '-'])(
    'the scalar %s',
    (scalar) => {
      const { plain, thorough } = answers(`a: ${scalar}\nb: [${scalar}]\n`);
      expect(plain).toEqual(thorough);
    },
  );

  test('manifests with random damage', () => {
    const random = seededRandom(7);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random.fraction() * from.length)]!;
    const damage = [
      ' ',
      '\n',
      ': ',
      '- ',
      '#',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ', ',
      '|',
      '>',
      '? ',
      '&a ',
      '*a',
      '---\n',
      '...\n',
      '0',
      'e3',
      '{a: 1}',
    ];
    for (let round = 0; round < 1500; round++) {
      const lines = pick(MANIFESTS)[1].split('\n');
      const from = Math.floor(random.fraction() * lines.length);
      let text = `${lines.slice(from, from + 8).join('\n')}\n`;
      for (let i = 0; i < 2; i++) {
        const at = Math.floor(random.fraction() * text.length);
        text = text.slice(0, at) + pick(damage) + text.slice(at + pick([0, 0, 1, 3]));
      }
      if (!isPlain(text)) continue;
      const { plain, thorough } = answers(text);
      expect(plain, text).toEqual(thorough);
    }
  });
});

test('a scalar does not hold the file that it stood in', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => (collect(), process.memoryUsage().heapUsed);
  const before = heap();
  for (let i = 0; i < 200; i++) {
    const file = Buffer.from(`image: nginx-for-the-web:${i}\nat: 2026-01-01T00:00:00.${i}\nnote: "${'x'.repeat(500_000)}"\n`).toString();
    expect(parseYaml(file)[0]!.problems).toEqual([]);
  }
  expect((heap() - before) / 1e6).toBeLessThan(50);
});
