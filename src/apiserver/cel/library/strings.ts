import { spend } from '../budget.ts';
import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import type { Value } from '../values.ts';
import { formatText } from './format-text.ts';

/** The characters of a text: places are counted in them. */
const charactersOf = (text: string): readonly string[] => (/[\ud800-\udfff]/.test(text) ? [...text] : text.split(''));

function place(at: bigint, size: number): number {
  if (at < 0n || at > BigInt(size)) throw new CelError(`index out of range: ${at}`);
  return Number(at);
}

function indexOf(text: string, wanted: string, from = 0n): bigint {
  const characters = charactersOf(text);
  const begin = characters.slice(0, place(from, characters.length)).join('').length;
  const found = text.indexOf(wanted, begin);
  return found < 0 ? -1n : BigInt(charactersOf(text.slice(0, found)).length);
}

function lastIndexOf(text: string, wanted: string, from?: bigint): bigint {
  const characters = charactersOf(text);
  const begin = from === undefined ? Infinity : characters.slice(0, place(from, characters.length)).join('').length;
  const found = text.lastIndexOf(wanted, begin);
  return found < 0 ? -1n : BigInt(charactersOf(text.slice(0, found)).length);
}

function substring(text: string, from: bigint, to?: bigint): string {
  const characters = charactersOf(text);
  const [begin, end] = [place(from, characters.length), to === undefined ? characters.length : place(to, characters.length)];
  if (begin > end) throw new CelError(`invalid substring range. start: ${from}, end: ${to}`);
  return characters.slice(begin, end).join('');
}

/** How often one text may stand in another. */
const countOf = (text: string, part: string) => (part === '' ? text.length + 1 : Math.ceil(text.length / part.length));

/** A negative limit is none. */
function replace(text: string, old: string, next: string, limit = -1n): string {
  spend(Math.floor((countOf(text, old) * next.length) / 8));
  if (limit < 0n) return text.replaceAll(old, () => next);
  let made = text;
  for (let at = 0, done = 0n; done < limit; done++) {
    const found = made.indexOf(old, at);
    if (found < 0 || (old === '' && found > text.length)) break;
    made = made.slice(0, found) + next + made.slice(found + old.length);
    at = found + next.length + (old === '' ? 1 : 0);
  }
  return made;
}

function split(text: string, separator: string, limit = -1n): readonly string[] {
  if (limit === 0n) return [];
  spend(countOf(text, separator));
  const parts = separator === '' ? charactersOf(text) : text.split(separator);
  if (limit < 0n || parts.length <= Number(limit)) return parts;
  const most = Number(limit);
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

function joined(items: readonly string[], separator = ''): string {
  const size = items.reduce((sum, item) => sum + item.length + separator.length, 0);
  spend(Math.floor(size / 8));
  return items.join(separator);
}

const lower = (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"',
}; // prettier-ignore

export const STRINGS: Library = {
  '.contains(string, string): bool': (text: string, part: string) => text.includes(part),
  '.startsWith(string, string): bool': (text: string, part: string) => text.startsWith(part),
  '.endsWith(string, string): bool': (text: string, part: string) => text.endsWith(part),
  '.charAt(string, int): string': (text: string, at: bigint) => charactersOf(text)[place(at, charactersOf(text).length)] ?? '',
  '.indexOf(string, string): int': indexOf,
  '.indexOf(string, string, int): int': indexOf,
  '.lastIndexOf(string, string): int': lastIndexOf,
  '.lastIndexOf(string, string, int): int': lastIndexOf,
  '.join(list(string)): string': joined,
  '.join(list(string), string): string': joined,
  '.lowerAscii(string): string': lower,
  '.upperAscii(string): string': upper,
  '.replace(string, string, string): string': replace,
  '.replace(string, string, string, int): string': replace,
  '.split(string, string): list(string)': split,
  '.split(string, string, int): list(string)': split,
  '.substring(string, int): string': substring,
  '.substring(string, int, int): string': substring,
  '.trim(string): string': (text: string) => text.trim(),
  '.format(string, list(dyn)): string': (text: string, items: readonly Value[]) => formatText(text, items),
  'strings.quote(string): string': (text: string) => `"${text.replace(/[\p{Cc}\\"]/gu, (found) => QUOTED[found] ?? found)}"`,
};
