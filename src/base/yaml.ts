import {
  LineCounter,
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  parseAllDocuments,
  stringify,
  type Document,
  type ScalarTag,
  type Tags,
} from 'yaml';
import { readPlain } from './plainyaml.ts';

export interface YamlProblem {
  line: number;
  column: number;
  message: string;
}

export interface RepeatedKey {
  line: number;
  key: string;
}

export interface YamlDocument {
  /** Undefined for an empty document or one with problems. */
  value: unknown;
  problems: readonly YamlProblem[];
  /** Keys that their map has already, where they are no problem. */
  repeated: readonly RepeatedKey[];
  /** The line, counted from 1, on which the document's content begins. */
  line: number;
  /** The position of a field, or of its nearest parent that is there. */
  position(path: readonly (string | number)[]): { line: number; column: number };
}

/** kubectl knows no sexagesimal numbers, dates or binary: `22:30` and `2026-01-01` stay strings. */
const NOT_IN_KUBECTL = new Set([
  'tag:yaml.org,2002:timestamp',
  'tag:yaml.org,2002:binary',
  'tag:yaml.org,2002:omap',
  'tag:yaml.org,2002:pairs',
  'tag:yaml.org,2002:set',
]);

/** There is a digit before the exponent: `e3` is text. */
const WITH_EXPONENT = /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)[eE][-+]?[0-9]+$/;

const isExponential = (tag: Tags[number]): tag is ScalarTag => typeof tag !== 'string' && 'format' in tag && tag.format === 'EXP';

const READ_OPTIONS = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags
      .filter((tag) => typeof tag === 'string' || !(NOT_IN_KUBECTL.has(tag.tag) || ('format' in tag && tag.format === 'TIME')))
      .map((tag) => (isExponential(tag) ? { ...tag, test: WITH_EXPONENT } : tag)),
  // Looked for in one walk afterwards: the library's way takes the square of the number of keys.
  uniqueKeys: false,
  prettyErrors: false,
  strict: true,
  // A template that is no YAML is no reason to write to the terminal.
  logLevel: 'error',
} as const;

/** An alias may repeat what it names at most this often in all, so that a small file cannot fill the memory. */
const MOST_ALIASES = 1000;

/** Repeats included, as many values as 10 MiB of the densest manifest hold. */
const MOST_VALUES = 2_000_000;

/** No manifest comes near; what walks objects by recursion may rely on it. */
const DEEPEST = 100;
const TOO_DEEP = `is nested more than ${DEEPEST} levels deep`;

const isEndless = (value: unknown) => typeof value === 'number' && !Number.isFinite(value);

interface ReadYaml {
  /** Of a key that is there twice the last value counts, as for an API server. */
  readonly keysMayRepeat?: boolean;
}

/** Reads YAML (and so JSON) as kubectl does. Problems are values: all of them, with their places. */
export function parseYaml(text: string, { keysMayRepeat = false }: ReadYaml = {}): YamlDocument[] {
  const plain = readPlain(text, resolveScalar);
  if (!plain) return parseThoroughly(text, keysMayRepeat);
  const lineOf = lineCounter(text);
  return plain.map(({ value, offset }, index) => ({
    value,
    problems: [],
    repeated: [],
    line: lineOf(offset),
    position: (path) => parseThoroughly(text)[index]!.position(path),
  }));
}

/** Lines of offsets that are asked for in their order. */
function lineCounter(text: string): (offset: number) => number {
  let [line, at] = [1, 0];
  return (offset) => {
    for (let next = text.indexOf('\n', at); next >= 0 && next < offset; next = text.indexOf('\n', at)) [line, at] = [line + 1, next + 1];
    return line;
  };
}

/** Scalars without quotes that are no text for sure, by how they are written. */
const resolved = new Map<string, unknown>();
const MOST_RESOLVED = 10_000;
/** Longer ones would hold the file that they are cut out of in memory as a whole. */
const LONGEST_RESOLVED = 12;

/** As the thorough reader understands it: there is one rule of what is a number. */
function resolveScalar(text: string): unknown {
  if (resolved.has(text)) return resolved.get(text);
  const [{ value } = { value: undefined }] = parseThoroughly(`- ${text}`);
  const [scalar, ...others] = Array.isArray(value) ? (value as readonly unknown[]) : [undefined];
  if (scalar === undefined || others.length > 0 || (typeof scalar === 'object' && scalar !== null)) throw new Error('no scalar');
  if (text.length > LONGEST_RESOLVED) return scalar;
  if (resolved.size >= MOST_RESOLVED) resolved.clear();
  resolved.set(text, scalar);
  return scalar;
}

function parseThoroughly(text: string, keysMayRepeat = false): YamlDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { ...READ_OPTIONS, lineCounter: lines });
  return Array.isArray(parsed) ? parsed.map((document) => toDocument(document, lines, keysMayRepeat)) : [];
}

function toDocument(document: Document.Parsed, lines: LineCounter, keysMayRepeat: boolean): YamlDocument {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const start = document.contents?.range?.[0] ?? document.range?.[0] ?? 0;
  const problems: YamlProblem[] = document.errors.map((error) => ({ ...at(error.pos[0]), message: withoutText(error.message) }));
  const repeated: RepeatedKey[] = [];
  for (const { offset, message, key } of faultsOf(document)) {
    if (key !== undefined && keysMayRepeat) repeated.push({ line: at(offset).line, key });
    else problems.push({ ...at(offset), message });
  }
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES }) ?? undefined;
      const excess = excessOf(value);
      if (excess) problems.push({ ...at(start), message: excess });
    } catch (error) {
      problems.push({ ...at(start), message: withoutText(String((error as Error).message)) });
    }
    if (problems.length > 0) value = undefined;
  }
  return { value, problems, repeated, line: at(start).line, position: (path) => at(offsetOf(document, path) ?? start) };
}

const REPEATED = 'Map keys must be unique';
const UNANCHORED = 'is an alias, as it begins with *, and no anchor before it has its name: put it in quotes if it is text';
const ENDLESS = 'is a number that JSON has not: .inf, .nan, or one that is too large';

interface Fault {
  readonly offset: number;
  readonly message: string;
  /** That is there twice. */
  readonly key?: string;
}

/** What the library lets pass, or tells without its place: keys that their map has already, numbers and aliases that are none. */
function faultsOf(document: Document.Parsed): readonly Fault[] {
  const found: Fault[] = [];
  const anchors = new Map<string, number>();
  const aliases: { of: string; offset: number }[] = [];
  const left: unknown[] = [document.contents];
  while (left.length > 0) {
    const node = left.pop();
    const offset = (isNode(node) && node.range?.[0]) || 0;
    if (isAlias(node)) aliases.push({ of: node.source, offset });
    else if (isNode(node) && node.anchor) anchors.set(node.anchor, Math.min(offset, anchors.get(node.anchor) ?? offset));
    if (isScalar(node) && isEndless(node.value)) found.push({ offset, message: ENDLESS });
    if (!isCollection(node)) continue;
    const known = node.items.length > 1 ? new Set<unknown>() : undefined;
    for (const item of node.items) {
      left.push(...(isPair(item) ? [item.key, item.value] : [item]));
      if (!known || !isPair(item) || !isScalar(item.key)) continue;
      if (known.has(item.key.value) && item.key.value !== '<<') {
        found.push({ offset: item.key.range?.[0] ?? 0, message: REPEATED, key: String(item.key.value) });
      }
      known.add(item.key.value);
    }
  }
  for (const { of, offset } of aliases) if ((anchors.get(of) ?? Infinity) > offset) found.push({ offset, message: UNANCHORED });
  return found.toSorted((a, b) => a.offset - b.offset);
}

/** Why a value is too deep or too large once everything that it repeats is written out. */
function excessOf(value: unknown): string | undefined {
  const left: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let count = 1; left.length > 0;) {
    const { value: one, depth } = left.pop()!;
    if (typeof one !== 'object' || one === null) continue;
    if (depth === DEEPEST) return TOO_DEEP;
    const members = Object.values(one);
    count += members.length;
    if (count > MOST_VALUES) return `is too large once its aliases are written out: more than ${MOST_VALUES} values`;
    for (const member of members) if (typeof member === 'object') left.push({ value: member, depth: depth + 1 });
  }
  return undefined;
}

/** The offset of the key at the path, or of the deepest parent that exists. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0];
  for (const step of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find((item, i) => (isPair(item) ? isScalar(item.key) && String(item.key.value) === String(step) : i === step));
    if (pair === undefined) break;
    const mark = isPair(pair) ? pair.key : pair;
    offset = (isNode(mark) ? mark.range?.[0] : undefined) ?? offset;
    node = isPair(pair) ? pair.value : pair;
  }
  return offset;
}

/** What a message quotes of the text at its end: it may be of a Secret, and its place is told. */
const QUOTED = /(?<=[\w)]): .*$|(?<=escape sequence \\.).*$|(?<=^The ).*(?=tag has no suffix)/;

function withoutText(message: string): string {
  // What is deep enough to end the parser's own recursion.
  if (message.includes('call stack')) return TOO_DEEP;
  return message.split('\n', 1)[0]!.replace(QUOTED, '');
}

/** YAML that kubectl reads back to the same value. */
export function formatYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
