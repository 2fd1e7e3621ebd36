import { canonicalJson, isRecord, Memory } from '../../base/index.ts';
import type { ListShape } from '../../model/index.ts';

/**
 * One step of a field path as FieldsV1 writes it: `f:name`, `k:{"name":"c"}` with its keys in order, `v:"x"`, `i:3`.
 * Equal steps are equal texts.
 */
export type Step = string;

const namedSteps = new Map<string, Step>();

/** For names that a schema declares: their number is bounded, so each text is made once. */
export function namedStep(name: string): Step {
  let step = namedSteps.get(name);
  if (step === undefined) namedSteps.set(name, (step = `f:${name}`));
  return step;
}

/** For names that users choose. */
export function freeStep(name: string): Step {
  return `f:${name}`;
}

const sortedKeys = new WeakMap<ListShape, readonly string[]>();

function keysOf(list: ListShape): readonly string[] {
  let keys = sortedKeys.get(list);
  if (!keys) sortedKeys.set(list, (keys = list.keys.toSorted()));
  return keys;
}

/** Of lists with one key, by its value: conditions have the same few types everywhere. */
const keySteps = new WeakMap<ListShape, Memory<string, Step>>();
const MANY_KEY_STEPS = 1000;

/** How an item of a `set` or `map` list is named; undefined when it holds nothing that could name it. */
export function itemStep(item: unknown, list: ListShape): Step | undefined {
  if (list.list === 'set') return typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`;
  if (!isRecord(item)) return undefined;
  const keys = keysOf(list);
  const only = keys.length === 1 ? item[keys[0]!] : undefined;
  return typeof only === 'string' ? keyStep(list, keys[0]!, only) : stepOfKeys(item, list, keys);
}

function keyStep(list: ListShape, key: string, value: string): Step {
  let steps = keySteps.get(list);
  if (!steps) keySteps.set(list, (steps = new Memory(MANY_KEY_STEPS)));
  let step = steps.get(value);
  if (step !== undefined) return step;
  steps.set(value, (step = `k:{"${key}":${JSON.stringify(value)}}`));
  return step;
}

function stepOfKeys(item: Readonly<Record<string, unknown>>, list: ListShape, keys: readonly string[]): Step | undefined {
  let members = '';
  for (const key of keys) {
    const value = item[key] ?? list.keyDefault(key);
    if (value === undefined) continue;
    members += `${members && ','}"${key}":${JSON.stringify(value)}`;
  }
  return members === '' ? undefined : `k:{${members}}`;
}

/** The same step in the one text that it has here; undefined for what is no step. */
export function canonicalStep(step: string): Step | undefined {
  const value = step.slice(2);
  try {
    switch (step.slice(0, 2)) {
      case 'f:':
        return step;
      case 'k:': {
        const key: unknown = JSON.parse(value);
        return isRecord(key) ? `k:${canonicalJson(key)}` : undefined;
      }
      case 'v:':
        return `v:${canonicalJson(JSON.parse(value))}`;
      case 'i:':
        return /^\d+$/.test(value) ? step : undefined;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

const RANK: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** The order in which Kubernetes writes steps: names by text, keys and values by what they are. */
export function compareSteps(a: Step, b: Step): number {
  if (a === b) return 0;
  const rank = RANK[a[0]!]! - RANK[b[0]!]!;
  if (rank !== 0) return rank;
  if (a[0] === 'f') return a < b ? -1 : 1;
  const [left, right] = [JSON.parse(a.slice(2)), JSON.parse(b.slice(2))] as [unknown, unknown];
  return isRecord(left) && isRecord(right) ? compareKeys(Object.entries(left), Object.entries(right)) : compareValues(left, right);
}

type Member = readonly [name: string, value: unknown];

function compareKeys(a: readonly Member[], b: readonly Member[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [[aName, aValue], [bName, bValue]] = [a[i]!, b[i]!];
    const order = compareTexts(aName, bName) || compareValues(aValue, bValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const kinds = valueRank(a) - valueRank(b);
  return kinds !== 0 ? kinds : compareTexts(String(a), String(b));
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const valueRank = (value: unknown): number => ['number', 'string', 'boolean'].indexOf(typeof value);

/** `.spec`, `[name="c"]`, `[="x"]`: as Kubernetes prints it in a path. */
export function formatStep(step: Step): string {
  const value = step.slice(2);
  switch (step[0]) {
    case 'f':
      return `.${value}`;
    case 'k':
      return `[${Object.entries(JSON.parse(value) as object)
        .map(([name, key]) => `${name}=${JSON.stringify(key)}`)
        .join(',')}]`;
    case 'v':
      return `[=${value}]`;
    default:
      return `[${value}]`;
  }
}
