import { createContext, Script, type Context } from 'node:vm';
import { goPattern } from '../../../model/index.ts';
import { spend, stop } from '../budget.ts';
import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';

/** So many patterns are kept, compiled. */
const MOST_KEPT = 200;
const LONGEST_LOOK_MS = 20;
/** A search of so many steps at most is done without a guard. */
const SHORT_LOOK = 50_000;
const STEPS_A_UNIT = 100;
/** What the guard costs, and each millisecond beyond those that it takes anyhow: many slow looks add up. */
const GUARD_COST = 200;
const USUAL_LOOK_MS = 2;
const COST_OF_MS = 5000;

interface Pattern {
  readonly regex: RegExp;
  /** How often a repetition stands in it, and whether one stands in another: what a search may cost at worst. */
  readonly repeats: number;
  readonly isNested: boolean;
}

const kept = new Map<string, Pattern>();

export function compileRegex(text: string): Pattern {
  const known = kept.get(text);
  if (known) return known;
  let regex: RegExp;
  try {
    const { source, flags } = goPattern(text);
    regex = new RegExp(source, `${flags}g`);
  } catch (error) {
    throw new CelError(`error parsing regexp: ${(error as Error).message}`);
  }
  if (/\(\?[=!<](?![A-Za-z])|\\[1-9]/.test(text)) throw new CelError(`error parsing regexp: invalid or unsupported Perl syntax: ${text}`);
  const pattern = { regex, ...repetitions(text) };
  kept.set(text, pattern);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return pattern;
}

const TOKEN = /\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]])*\]|\{\d*,?\d*\}|\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?|[^]/g;

/** Where a choice stands in a repetition, JavaScript may try exponentially many ways, where Go tries them all at once. */
function repetitions(text: string): Pick<Pattern, 'repeats' | 'isNested'> {
  let [repeats, choices, isNested] = [0, 0, false];
  const groups: number[] = [];
  let closed: number | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('(')) groups.push(choices);
    const isRepeat = token === '*' || token === '+' || /^\{\d+,\d*\}$/.test(token) || /^\{\d+\}$/.test(token);
    if (isRepeat) {
      isNested ||= closed !== undefined && choices > closed;
      repeats++;
    }
    if (isRepeat || token === '?' || token === '|') choices++;
    closed = token === ')' ? groups.pop() : undefined;
  }
  return { repeats, isNested };
}

let guarded: { readonly script: Script; readonly context: Context } | undefined;

/** All matches, as far as wanted. A look that could take long is cut off after some time. */
export function look(text: string, pattern: string, most: number): readonly string[] {
  const { regex, repeats, isNested } = compileRegex(pattern);
  const worst = isNested ? 2 ** Math.min(text.length, 60) : text.length ** (repeats + 1);
  if (worst > SHORT_LOOK) return lookGuarded(regex, text, most);
  spend(Math.ceil(worst / STEPS_A_UNIT));
  return search(regex, text, most);
}

function lookGuarded(regex: RegExp, text: string, most: number): readonly string[] {
  spend(GUARD_COST + (text.length >> 3));
  guarded ??= { script: new Script('search(regex, text, most)'), context: createContext({ search }) };
  Object.assign(guarded.context, { regex, text, most });
  const began = performance.now();
  try {
    return guarded.script.runInContext(guarded.context, { timeout: LONGEST_LOOK_MS }) as readonly string[];
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return stop();
  } finally {
    Object.assign(guarded.context, { regex: null, text: null });
    spend(Math.max(0, Math.floor(performance.now() - began - USUAL_LOOK_MS)) * COST_OF_MS);
  }
}

function search(regex: RegExp, text: string, most: number): readonly string[] {
  const found: string[] = [];
  regex.lastIndex = 0;
  while (found.length < most) {
    const match = regex.exec(text);
    if (!match) break;
    found.push(match[0]);
    if (match[0] === '') regex.lastIndex++;
  }
  return found;
}

const isMatch = (text: string, pattern: string) => look(text, pattern, 1).length > 0;

export const REGEX: Library = {
  '.matches(string, string): bool': isMatch,
  'matches(string, string): bool': isMatch,
  '.find(string, string): string': (text: string, pattern: string) => look(text, pattern, 1)[0] ?? '',
  '.findAll(string, string): list(string)': (text: string, pattern: string) => look(text, pattern, Infinity),
  '.findAll(string, string, int): list(string)': (text: string, pattern: string, most: bigint) =>
    look(text, pattern, most < 0n ? Infinity : Number(most)),
};
