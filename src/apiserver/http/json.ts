import { StatusError, isRecord, messageOf } from '../../base/index.ts';

/** What the engine says is wrong, and how Go says it. The first that fits counts. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/after JSON/, 'after top-level value'],
  [/control character|string literal/i, 'in string literal'],
  [/escape/i, 'in string escape code'],
  [/':' after/, 'after object key'],
  [/property name/, 'looking for beginning of object key string'],
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
  [/number/i, 'in numeric literal'],
];

/** A number beyond all that can be kept is written with an exponent, or with more digits than anybody counts. */
const MAY_BE_TOO_LARGE = /\d[eE]\+?\d{3}|\d{309}/;

/** The engine would take it for infinite, and write it down as null. */
function finite(_name: string, value: unknown): unknown {
  if (value === Infinity || value === -Infinity) throw new StatusError('BadRequest', 'json: a number is too large to be kept');
  return value;
}

/** No object comes near (Go stops at 10,000): what walks objects by recursion may rely on it. */
const DEEPEST = 1000;

/** As the engine reads it, with its errors. */
export function readJson(text: string): unknown {
  const value: unknown = MAY_BE_TOO_LARGE.test(text) ? JSON.parse(text, finite) : JSON.parse(text);
  if (mayBeTooDeep(text) && isTooDeep(value)) throw notJson('exceeded max depth');
  return value;
}

const mayBeTooDeep = (text: string) => hasMany(text, '{') || hasMany(text, '[');

function hasMany(text: string, bracket: string): boolean {
  let found = 0;
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++found > DEEPEST / 2) return true;
  return false;
}

function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEEPEST) return true;
    const below: object[] = [];
    for (const one of level) {
      const members: readonly unknown[] = Array.isArray(one) ? one : isRecord(one) ? Object.values(one) : [];
      for (const member of members) if (typeof member === 'object' && member !== null) below.push(member);
    }
    level = below;
  }
  return false;
}

/** Tells what is wrong by one letter and nothing around it: what is sent may be a Secret, and the engine would quote it. */
export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw notJson(problemOf(messageOf(error), text));
  }
}

const notJson = (why: string) => new StatusError('BadRequest', `couldn't get version/kind; json parse error: ${why}`);

function problemOf(message: string, text: string): string {
  const [, token] = /^Unexpected token '(.)'/su.exec(message) ?? [];
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  const letter = token ?? (position === undefined ? undefined : text[Number(position)]);
  if (letter === undefined) return 'unexpected end of JSON input';
  const [, where] = WORDS.find(([says]) => says.test(beforeQuote(message))) ?? [undefined, 'looking for beginning of value'];
  return `invalid character ${quoted(letter)} ${where}`;
}

/** The engine's own words: a piece of the text may follow them. */
const beforeQuote = (message: string) => message.replace(/, .*is not valid JSON$/s, '');

function quoted(letter: string): string {
  if (letter === "'") return "'\\''";
  return `'${JSON.stringify(letter).slice(1, -1).replace('\\"', '"')}'`;
}

/** Clients often send JSON where YAML is asked for, and JSON is read a hundred times faster. Undefined: it is YAML. */
export function jsonInYaml(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    return undefined;
  }
}
