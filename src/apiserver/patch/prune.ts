import { isRecord, ownMember } from '../../base/index.ts';
import type { Shape } from '../../model/index.ts';
import { isLeftOut } from './configuration.ts';
import { below, Collected, difference, hasMember, intersection, isEmptySet, union, type FieldSet } from './fieldset.ts';
import { ANY, fieldOf } from './fields.ts';
import { fieldsOf, isLeaf } from './owned.ts';
import { freeStep, itemStep } from './step.ts';

/**
 * Takes away what a manager applied last time, applies no more, and nobody else owns. `owned` is what all managers own
 * now, with the new configuration. A field that loses everything in it stays, empty.
 *
 * All that was applied last goes first; then comes back what is owned, and last what never was the manager's to remove.
 */
export function pruneFields(merged: unknown, last: FieldSet, owned: FieldSet, shape: Shape): unknown {
  if (isEmptySet(difference(last, owned))) return merged;
  const lastFields = withStructFields(last, shape);
  const mergedFields = withStructFields(fieldsOf(merged, shape), shape);
  const kept = union(fieldsWith(removeFields(merged, lastFields, shape), shape), withStructFields(owned, shape));
  const restored = removeFields(merged, difference(mergedFields, kept), shape);
  const gone = difference(mergedFields, fieldsWith(restored, shape));
  return removeFields(merged, intersection(gone, lastFields), shape);
}

const fieldsWith = (value: unknown, shape: Shape): FieldSet => withStructFields(fieldsOf(value, shape), shape);

/** With the fields of structs that lie on the way to a member: they are no members of what an apply owns. */
function withStructFields(set: FieldSet, shape: Shape): FieldSet {
  const collected = new Collected();
  for (const step in set) {
    if (step === '.') continue;
    const name = step.startsWith('f:') ? step.slice(2) : undefined;
    const field = shape.type === 'struct' && name !== undefined ? shape.field(name) : undefined;
    const inner = withStructFields(below(set, step), field ?? shapeOfItem(shape));
    collected.addBelow(step, inner, field !== undefined || hasMember(set, step));
  }
  return collected.set();
}

const shapeOfItem = (shape: Shape): Shape => (shape.type === 'map' || shape.type === 'list' ? shape.of : ANY);

/** The value without the members of the set and all below them. */
function removeFields(value: unknown, set: FieldSet, shape: Shape): unknown {
  if (isEmptySet(set) || isLeaf(value, shape)) return value;
  if (Array.isArray(value) && shape.type === 'list') {
    return value.flatMap((item: unknown) => {
      const step = itemStep(item, shape);
      if (step === undefined) return [item];
      return hasMember(set, step) ? [] : [removeFields(item, below(set, step), shape.of)];
    });
  }
  const members: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value as Record<string, unknown>)) {
    const field = shape.type === 'struct' ? fieldOf(shape, name) : { step: freeStep(name), shape: shapeOfItem(shape) };
    if (!hasMember(set, field.step)) members[name] = removeFields(inner, below(set, field.step), field.shape);
  }
  return members;
}

/** Without the fields that came to be null, and the maps and lists that came to be empty: an object leaves them out. */
export function dropNewlyEmpty(value: unknown, live: unknown, shape: Shape): unknown {
  if (value === live || shape.type === 'any' || shape.type === 'scalar' || isLeaf(value, shape)) return value;
  if (shape.type === 'list') {
    const old = new Map((Array.isArray(live) ? live : []).map((item: unknown) => [itemStep(item, shape), item]));
    const items = value as readonly unknown[];
    const left = items.map((item) => dropNewlyEmpty(item, old.get(itemStep(item, shape)), shape.of));
    return left.every((item, i) => item === items[i]) ? value : left;
  }
  const members = value as Record<string, unknown>;
  let left: Record<string, unknown> | undefined;
  for (const name in members) {
    const inner = members[name];
    const old = isRecord(live) ? ownMember(live, name) : undefined;
    const field = shape.type === 'map' ? shape.of : (shape.field(name) ?? ANY);
    const isDropped = inner !== old && isLeftOut(shape, name, inner, field);
    const kept = isDropped ? undefined : dropNewlyEmpty(inner, old, field);
    if (!isDropped && kept === inner) continue;
    left ??= { ...members };
    if (isDropped) delete left[name];
    else left[name] = kept;
  }
  return left ?? value;
}
