import { equalJson, isRecord, ownMember } from '../../base/index.ts';
import type { AnyShape, ListShape, MapShape, Shape, StructShape } from '../../model/index.ts';
import { Collected, type FieldSet, NO_FIELDS } from './fieldset.ts';
import { absent, ANY, fieldOf, type Field } from './fields.ts';
import { allFieldsBelow, itemsByStep, Several } from './owned.ts';
import { freeStep, type Step } from './step.ts';

/** Which fields a change touched. */
export interface Change {
  /** What is new, and what has another value. */
  readonly written: FieldSet;
  readonly removed: FieldSet;
}

/** The change below one step: a kind that is left out has nothing, the empty set is the step itself. */
type Below = Partial<Change>;

const LEAF = NO_FIELDS;
const WRITTEN: Below = { written: LEAF };
const REMOVED: Below = { removed: LEAF };

/** What is different between two versions of an object, or between nothing and one. */
export function compareFields(before: unknown, after: unknown, shape: Shape): Change {
  return { written: NO_FIELDS, removed: NO_FIELDS, ...changeBelow(before ?? {}, after ?? {}, shape) };
}

function changeBelow(before: unknown, after: unknown, shape: Shape): Below | undefined {
  if (before === after) return undefined;
  if (before === undefined) return came(allFieldsBelow(after, shape));
  if (after === undefined) return went(allFieldsBelow(before, shape));
  if (shape.type === 'list') return changedList(before, after, shape);
  const [b, a] = [membersOf(before, shape), membersOf(after, shape)];
  if (b && a && (b !== NOTHING || a !== NOTHING)) return changedMembers(b, a, shape as MergedShape).below(false);
  if (equalJson(before, after)) return undefined;
  return shape.type === 'any' && (b ?? a) ? changedMembers(b ?? NOTHING, a ?? NOTHING, shape).below(true) : WRITTEN;
}

const came = (written: FieldSet): Below => (written === LEAF ? WRITTEN : { written });
const went = (removed: FieldSet): Below => (removed === LEAF ? REMOVED : { removed });

type MergedShape = StructShape | MapShape | AnyShape;

/** An empty value and null: as wholes they are not the same, and beside a value with members both have none. */
const NOTHING: Readonly<Record<string, unknown>> = {};

/** What is merged inside; undefined for what is compared as a whole. */
function membersOf(value: unknown, shape: Shape): Readonly<Record<string, unknown>> | undefined {
  if (shape.type === 'scalar' || shape.type === 'list' || shape.atomic) return undefined;
  if (value === null) return NOTHING;
  if (!isRecord(value)) return undefined;
  for (const _ in value) return value;
  return NOTHING;
}

function changedMembers(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>, shape: MergedShape): Changes {
  const changes = new Changes();
  for (const name in before) changes.member(name, before[name], ownMember(after, name), shape);
  for (const name in after) if (ownMember(before, name) === undefined) changes.member(name, undefined, after[name], shape);
  return changes;
}

function fieldChange(field: Field, before: unknown, after: unknown): Below | undefined {
  const old = before === undefined ? absent(field, after) : before;
  const present = after === undefined ? absent(field, before) : after;
  return changeBelow(old, present, field.shape);
}

/** What the pods of a template have in common: one and the same object in all of them. */
const SHARED: ReadonlySet<string> = new Set(['labels', 'ownerReferences', 'spec']);

const arrivals = new WeakMap<object, { readonly field: Field; readonly change: Below | undefined }>();

/** What comes with something that others share is found out once for all of them. */
function sharedCame(value: unknown, field: Field): Below | undefined {
  if (typeof value !== 'object' || value === null) return fieldChange(field, undefined, value);
  const known = arrivals.get(value);
  if (known?.field === field) return known.change;
  const change = fieldChange(field, undefined, value);
  arrivals.set(value, { field, change });
  return change;
}

interface ComparedLists {
  readonly before: unknown;
  readonly after: unknown;
  readonly list: ListShape;
  readonly change: Below | undefined;
}

/** Pods that are told of together share the conditions that they had and have. */
let last: ComparedLists | undefined;

function changedList(before: unknown, after: unknown, list: ListShape): Below | undefined {
  if (!last || last.before !== before || last.after !== after || last.list !== list)
    last = { before, after, list, change: compareLists(before, after, list) };
  return last.change;
}

function compareLists(before: unknown, after: unknown, list: ListShape): Below | undefined {
  if (equalJson(before, after)) return undefined;
  const [b, a] = [asItems(before, list), asItems(after, list)];
  if (!b || !a || (b.length === 0 && a.length === 0)) return WRITTEN;
  const changes = new Changes();
  const [old, present] = [itemsByStep(b, list), itemsByStep(a, list)];
  old.forEach((items, step) => changes.items(step, items, present.get(step), list));
  present.forEach((items, step) => old.has(step) || changes.items(step, undefined, items, list));
  return changes.below(false);
}

function asItems(value: unknown, list: ListShape): readonly unknown[] | undefined {
  if (list.list === 'atomic') return undefined;
  return value === null ? [] : Array.isArray(value) ? value : undefined;
}

/** Puts the changes of members and items together to the change of what holds them. */
class Changes {
  #written: Collected | undefined;
  #removed: Collected | undefined;

  member(name: string, before: unknown, after: unknown, shape: MergedShape): void {
    if (before === after) return;
    if (shape.type !== 'struct') {
      this.#add(freeStep(name), changeBelow(before, after, shape.type === 'map' ? shape.of : ANY));
    } else {
      const field = fieldOf(shape, name);
      this.#add(field.step, before === undefined && SHARED.has(name) ? sharedCame(after, field) : fieldChange(field, before, after));
    }
  }

  /** A name that stands twice in a list is owned as one leaf. */
  items(step: Step, before: unknown, after: unknown, list: ListShape): void {
    if (!(before instanceof Several)) {
      if (!(after instanceof Several)) return this.#add(step, changeBelow(before, after, list.of));
      return this.#add(step, { ...changeBelow(before, undefined, list.of), ...WRITTEN });
    }
    if (after instanceof Several) return this.#add(step, equalJson(before.items, after.items) ? undefined : WRITTEN);
    this.#add(step, { ...changeBelow(undefined, after, list.of), ...REMOVED });
  }

  #add(step: Step, change: Below | undefined): void {
    if (!change) return;
    if (change.written) (this.#written ??= new Collected()).add(step, change.written);
    if (change.removed) (this.#removed ??= new Collected()).add(step, change.removed);
  }

  /** `isWritten`: the step itself is, with what is below it. */
  below(isWritten: boolean): Below | undefined {
    const written = isWritten ? (this.#written ?? new Collected()).below(true) : this.#written?.set();
    const removed = this.#removed?.set();
    if (!written) return removed && { removed };
    return removed ? { written, removed } : { written };
  }
}
