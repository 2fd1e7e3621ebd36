import { isRecord } from '../../base/index.ts';
import type { FieldPath, FieldsV1 } from '../../model/index.ts';
import { EMPTY, startOfSets } from './intern.ts';
import { canonicalStep, formatStep, freeStep, type Step } from './step.ts';

/**
 * A set of field paths: FieldsV1 itself, frozen, in canonical order, and one object for one set as long as it is
 * remembered. So equal sets are mostly the same object, and writing one out costs nothing.
 */
export type FieldSet = FieldsV1;

export const NO_FIELDS: FieldSet = EMPTY;

const canonical = new WeakSet<FieldsV1>([EMPTY]);

export function isEmptySet(set: FieldSet): boolean {
  return set === EMPTY;
}

/** Whether a step that leads to this set is a member itself. */
function isMember(below: FieldSet): boolean {
  return below === EMPTY || below['.'] !== undefined;
}

/** Collects steps and what is below each, and gives the set. */
export class Collected {
  #place = startOfSets();

  add(step: Step, below: FieldSet | undefined): void {
    if (below !== undefined) this.#place = this.#place.after(step, below);
  }

  /** A step with a set that was taken out of its place, and whether the step is a member itself. */
  addBelow(step: Step, set: FieldSet, member: boolean): void {
    const inner = new Collected();
    for (const name in set) if (name !== '.') inner.add(name, set[name]);
    this.add(step, inner.below(member));
  }

  set(): FieldSet {
    return this.#place.set(false);
  }

  /** As it stands below a step; undefined when nothing is left of it. */
  below(member: boolean): FieldSet | undefined {
    return member || !this.#place.isStart ? this.#place.set(member) : undefined;
  }
}

/** What FieldsV1 from outside says; undefined when it is no FieldsV1. */
export function parseFields(fields: FieldsV1): FieldSet | undefined {
  if (canonical.has(fields)) return fields;
  return collect(fields)?.set();
}

/** Marks a set that goes out into an object, so that it is not parsed again when it comes back. */
export function formatFields(set: FieldSet): FieldsV1 {
  canonical.add(set);
  return set;
}

function collect(fields: unknown): Collected | undefined {
  if (!isRecord(fields)) return undefined;
  const collected = new Collected();
  for (const step in fields) {
    if (step === '.') continue;
    const canonicalText = canonicalStep(step);
    const below = fields[step];
    const inner = collect(below);
    if (canonicalText === undefined || !inner) return undefined;
    const leaf = Object.keys(below as object).length === 0;
    collected.add(canonicalText, inner.below(leaf || '.' in (below as object)));
  }
  return collected;
}

/** The set of these paths; a step by name or, for an item of a list, by its place. */
export function fieldSet(paths: readonly FieldPath[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, along(path)), EMPTY);
}

function along(path: FieldPath): FieldSet {
  return path.reduceRight<FieldSet>(
    (below, step) =>
      startOfSets()
        .after(typeof step === 'number' ? `i:${step}` : freeStep(step), below)
        .set(false),
    EMPTY,
  );
}

type Operation = (a: FieldSet, b: FieldSet) => FieldSet;

/** So many results are remembered of each operation: writers put the same few sets together again and again. */
const MOST_RESULTS = 1000;

function remembered(operation: Operation): Operation {
  const results = new Map<FieldSet, Map<FieldSet, FieldSet>>();
  let size = 0;
  return (a, b) => {
    const known = results.get(a)?.get(b);
    if (known) return known;
    if (++size > MOST_RESULTS) {
      results.clear();
      size = 1;
    }
    const result = operation(a, b);
    const ofFirst = results.get(a);
    if (ofFirst) ofFirst.set(b, result);
    else results.set(a, new Map([[b, result]]));
    return result;
  };
}

const unite = remembered((a, b) => united(a, b).set());

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b === EMPTY) return a;
  return a === EMPTY ? b : unite(a, b);
}

function united(a: FieldSet, b: FieldSet): Collected {
  const all = new Collected();
  for (const step in a) {
    if (step !== '.') all.add(step, b[step] === undefined ? a[step] : unitedBelow(a[step]!, b[step]));
  }
  for (const step in b) if (step !== '.' && a[step] === undefined) all.add(step, b[step]);
  return all;
}

function unitedBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  return a === b ? a : united(a, b).below(isMember(a) || isMember(b));
}

/** What is in `a` and not in `b`: a member of `b` takes away itself, not what is below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return EMPTY;
  return overlaps(a, b) ? lessen(a, b) : a;
}

const lessen = remembered((a, b) => lessened(a, b, lessenedBelow).set());

function lessenedBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return undefined;
  const member = isMember(a);
  const stays = member && !isMember(b);
  if (member === stays && !overlaps(a, b)) return a;
  return lessened(a, b, lessenedBelow).below(stays);
}

/** What is in `a` and neither in `b` nor below a member of `b`. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  return overlaps(a, b) ? cut(a, b) : a;
}

const cut = remembered((a, b) => lessened(a, b, cutBelow).set());

function cutBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isMember(b)) return undefined;
  return overlaps(a, b) ? lessened(a, b, cutBelow).below(isMember(a)) : a;
}

function lessened(a: FieldSet, b: FieldSet, take: (a: FieldSet, b: FieldSet) => FieldSet | undefined): Collected {
  const left = new Collected();
  for (const step in a) {
    if (step !== '.') left.add(step, b[step] === undefined ? a[step] : take(a[step]!, b[step]));
  }
  return left;
}

function overlaps(a: FieldSet, b: FieldSet): boolean {
  for (const step in b) if (step !== '.' && a[step] !== undefined) return true;
  return false;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  return common(a, b).set();
}

function common(a: FieldSet, b: FieldSet): Collected {
  const both = new Collected();
  for (const step in a) {
    if (step !== '.' && b[step] !== undefined) both.add(step, commonBelow(a[step]!, b[step]));
  }
  return both;
}

function commonBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  return a === b ? a : common(a, b).below(isMember(a) && isMember(b));
}

/** The set below a step; empty when there is none. */
export function below(set: FieldSet, step: Step): FieldSet {
  return set[step] ?? EMPTY;
}

export function hasMember(set: FieldSet, step: Step): boolean {
  const inner = set[step];
  return inner !== undefined && isMember(inner);
}

/** All members as Kubernetes prints them, `.spec.containers[name="c"].image`: those of a level before what is below. */
export function* formatPaths(set: FieldSet, prefix = ''): Generator<string> {
  for (const step in set) if (step !== '.' && isMember(set[step]!)) yield prefix + formatStep(step);
  for (const step in set) if (step !== '.') yield* formatPaths(set[step]!, prefix + formatStep(step));
}
