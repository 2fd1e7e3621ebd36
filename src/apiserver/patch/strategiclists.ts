import { isRecord } from '../../base/index.ts';
import type { ListShape, Shape } from '../../model/index.ts';
import { badPatchType, cannotMergeInList, expected, listOfLists, noMergeKey, wrongOrder } from './malformed.ts';
import { DIRECTIVE, withoutDirectives } from './directives.ts';

type Items = readonly unknown[];
type Item = Readonly<Record<string, unknown>>;
type Merge = (item: Item, change: Item, shape: Shape) => Item;

/** How items of a list are told apart: by the value of the merge key, or, plain values, by themselves. */
type Identity = (item: unknown) => unknown;

const itself: Identity = (item) => item;

/** Merges the items of a patch into a list: named ones by their name, plain ones as a set. */
export function mergeLists(original: Items, patch: Items, list: ListShape, merge: Merge): Items {
  if (original.length === 0 && patch.length === 0) return original;
  if (original.some(Array.isArray) || patch.some(Array.isArray)) throw listOfLists();
  const key = list.patch.key;
  if (key === undefined) return interleave(new Set([...original, ...patch]), patch, original, itself);
  const { kept, changes } = applyDirectives(original.map(asItem), patch.map(asItem), key);
  const merged = mergeItems(kept, changes, key, (item, change) => merge(item, change, list.of));
  return interleave(merged, changes, kept, keyed(key));
}

/** Puts a list, with what a patch changes in it, in the order that the patch says. */
export function orderLists(
  original: Items | undefined,
  patch: Items | undefined,
  order: Items,
  list: ListShape | undefined,
  merge: Merge,
): Items {
  const key = list?.patch.key;
  const identify = key === undefined ? itself : keyed(key);
  if (patch) checkOrder(patch, order, identify);
  if (!original) return interleave(withoutDirectives(patch) as Items, order, [], identify);
  const merged = !patch ? original : list?.patch.merge ? mergeLists(original, patch, list, merge) : patch;
  return interleave(merged, order, original, identify);
}

/** The items that the patch sets must stand in its order too. */
function checkOrder(patch: Items, order: Items, identify: Identity): void {
  if (patch.length === 0 || order.length === 0) return;
  const set = patch.filter((item) => !(isRecord(item) && DIRECTIVE in item));
  let at = 0;
  for (const place of order) if (at < set.length && identify(set[at]) === identify(place)) at++;
  if (at < set.length) throw wrongOrder(patch, order);
}

function asItem(item: unknown): Item {
  if (!isRecord(item)) throw expected('map', item);
  return item;
}

function keyed(key: string): Identity {
  return (item) => {
    const record = asItem(item);
    if (record[key] === undefined) throw noMergeKey(record, key);
    return record[key];
  };
}

/** Carries out the items that are directives: `delete` takes the item of that name away, `replace` all the old ones. */
function applyDirectives(
  original: readonly Item[],
  patch: readonly Item[],
  key: string,
): { kept: readonly Item[]; changes: readonly Item[] } {
  const changes = patch.filter((item) => !(DIRECTIVE in item));
  const deleted = new Set<unknown>();
  let replace = false;
  for (const item of patch) {
    if (!(DIRECTIVE in item)) continue;
    if (item[DIRECTIVE] === 'delete') deleted.add(keyed(key)(item));
    else if (item[DIRECTIVE] === 'replace') replace = true;
    else throw item[DIRECTIVE] === 'merge' ? cannotMergeInList() : badPatchType(item[DIRECTIVE], item);
  }
  return replace
    ? { kept: withoutDirectives(changes) as readonly Item[], changes: [] }
    : { kept: original.filter((item) => !deleted.has(item[key])), changes };
}

function mergeItems(
  original: readonly Item[],
  changes: readonly Item[],
  key: string,
  merge: (item: Item, change: Item) => Item,
): readonly Item[] {
  const merged = [...original];
  const places = new Map<unknown, number>();
  for (const [i, item] of merged.entries()) if (!places.has(item[key])) places.set(item[key], i);
  for (const change of changes) {
    const name = keyed(key)(change);
    const place = places.get(name);
    if (place === undefined) places.set(name, merged.push(withoutDirectives(change) as Item) - 1);
    else merged[place] = merge(merged[place]!, change);
  }
  return merged;
}

/**
 * The items that `order` names, in that order, and between them all others where the old order had them: each before
 * the first named one that it stood before.
 */
function interleave(merged: Iterable<unknown>, order: Items, oldOrder: Items, identify: Identity): Items {
  const ranks = ranksOf(order, identify);
  const old = ranksOf(oldOrder, identify);
  const named: unknown[] = [];
  const others: unknown[] = [];
  for (const item of merged) (ranks.has(identify(item)) ? named : others).push(item);
  named.sort((a, b) => ranks.get(identify(a))! - ranks.get(identify(b))!);
  others.sort((a, b) => (old.get(identify(a)) ?? 0) - (old.get(identify(b)) ?? 0));
  const all: unknown[] = [];
  for (let n = 0, o = 0; n < named.length || o < others.length;) {
    const [oldNamed, oldOther] = [n < named.length && old.get(identify(named[n])), o < others.length && old.get(identify(others[o]))];
    const otherFirst = typeof oldNamed === 'number' && typeof oldOther === 'number' && oldOther < oldNamed;
    all.push(n >= named.length || (otherFirst && o < others.length) ? others[o++] : named[n++]);
  }
  return all;
}

function ranksOf(items: Items, identify: Identity): ReadonlyMap<unknown, number> {
  const ranks = new Map<unknown, number>();
  for (const [i, item] of items.entries()) if (!ranks.has(identify(item))) ranks.set(identify(item), i);
  return ranks;
}
