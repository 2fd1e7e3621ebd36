import { isRecord } from '../../base/index.ts';
import type { ListShape, Shape } from '../../model/index.ts';
import { ANY, fieldOf } from './fields.ts';
import { Collected, type FieldSet, NO_FIELDS } from './fieldset.ts';
import { freeStep, itemStep, type Step } from './step.ts';

const LEAF = NO_FIELDS;

/**
 * The fields that a configuration owns when it is applied: its leaves, and the items and keys that name themselves.
 * The fields of a schema's struct on the way to a leaf are nobody's.
 */
export function fieldsOf(value: unknown, shape: Shape): FieldSet {
  return ownedBelow(value, shape, false, false) ?? NO_FIELDS;
}

/** Every field that comes into being, or goes, with the value: the leaves and all on the way to them. */
export function allFieldsBelow(value: unknown, shape: Shape): FieldSet {
  return ownedBelow(value, shape, true, true)!;
}

function ownedBelow(value: unknown, shape: Shape, member: boolean, every: boolean): FieldSet | undefined {
  if (isLeaf(value, shape)) return LEAF;
  if (Array.isArray(value)) return ownedItems(value, shape as ListShape, member, every);
  const collected = new Collected();
  for (const name in value as object) {
    const inner = (value as Record<string, unknown>)[name];
    if (inner === undefined) continue;
    if (shape.type === 'struct') {
      const field = fieldOf(shape, name);
      collected.add(field.step, ownedBelow(inner, field.shape, every || !field.isKnown, every));
    } else {
      collected.add(freeStep(name), ownedBelow(inner, shape.type === 'map' ? shape.of : ANY, true, every));
    }
  }
  return collected.below(member);
}

function ownedItems(items: readonly unknown[], list: ListShape, member: boolean, every: boolean): FieldSet | undefined {
  const collected = new Collected();
  itemsByStep(items, list).forEach((found, step) =>
    collected.add(step, found instanceof Several ? LEAF : ownedBelow(found, list.of, true, every)),
  );
  return collected.below(member);
}

/** Whether a value is owned as a whole: all that is not a struct, map or list to be merged inside. */
export function isLeaf(value: unknown, shape: Shape): boolean {
  switch (shape.type) {
    case 'scalar':
      return true;
    case 'any':
    case 'struct':
    case 'map':
      return shape.atomic || !isRecord(value) || isEmpty(value);
    case 'list':
      return shape.list === 'atomic' || !Array.isArray(value);
  }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** The items of a list that have one name. */
export class Several {
  readonly items: unknown[];

  constructor(items: unknown[]) {
    this.items = items;
  }
}

/** Items under the step that names them: several under one where a list holds a name twice; without a name they are nobody's. */
export function itemsByStep(items: readonly unknown[], list: ListShape): ReadonlyMap<Step, unknown> {
  const found = new Map<Step, unknown>();
  for (const item of items) {
    const step = itemStep(item, list);
    if (step === undefined) continue;
    const same = found.get(step);
    if (same === undefined) found.set(step, item);
    else if (same instanceof Several) same.items.push(item);
    else found.set(step, new Several([same, item]));
  }
  return found;
}
