import { isRecord, ownMember } from '../../base/index.ts';
import type { Shape } from '../../model/index.ts';
import { badPatchType, badPrimitiveList, badRetainKeys, badSetElementOrder, expected } from './malformed.ts';
import { DELETE_FROM, DIRECTIVE, RETAIN_KEYS, SET_ORDER, withoutDirectives } from './directives.ts';
import { ANY } from './fields.ts';
import { mergeLists, orderLists } from './strategiclists.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Kubernetes' strategic merge patch: a merge patch whose lists of named items merge by name, with directives. Without a
 * shape lists replace, as in a merge patch. Does not change what it is given.
 */
export function strategicMergePatch(object: unknown, patch: unknown, shape: Shape = ANY): unknown {
  if (!isRecord(patch)) throw expected('map', patch);
  return mergeMaps(isRecord(object) ? object : {}, patch, shape);
}

function mergeMaps(original: Members, patch: Members, shape: Shape): Members {
  if (DIRECTIVE in patch) return directed(patch);
  const merged: Record<string, unknown> = retained(original, patch);
  const ordered = mergeOrdered(merged, patch, shape);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || key === '__proto__' || ordered.has(key) || key.startsWith(SET_ORDER)) continue;
    if (key.startsWith(DELETE_FROM)) deleteFrom(merged, keyAfter(key, DELETE_FROM), value);
    else mergeMember(merged, key, value, shape);
  }
  return merged;
}

/** A map with a directive is no patch any more: it replaces, or leaves nothing. */
function directed(patch: Members): Members {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw badPatchType(directive, patch);
}

function mergeMember(merged: Record<string, unknown>, key: string, value: unknown, shape: Shape): void {
  const old = ownMember(merged, key);
  const below = memberShape(shape, key);
  if (value === null) {
    delete merged[key];
  } else if (isRecord(value) && isRecord(old)) {
    merged[key] = mergeMaps(old, value, below);
  } else if (Array.isArray(value) && Array.isArray(old)) {
    merged[key] = below.type === 'list' && below.patch.merge ? mergeLists(old, value, below, mergeMaps) : value;
  } else {
    const plain = withoutDirectives(value);
    if (plain === undefined) delete merged[key];
    else merged[key] = plain;
  }
}

function memberShape(shape: Shape, key: string): Shape {
  switch (shape.type) {
    case 'struct':
      return shape.field(key) ?? ANY;
    case 'map':
      return shape.of;
    default:
      return ANY;
  }
}

/** Only what `$retainKeys` names stays; and the patch may set nothing else. */
function retained(original: Members, patch: Members): Record<string, unknown> {
  const keep = patch[RETAIN_KEYS];
  if (keep === undefined) return { ...original };
  if (!Array.isArray(keep)) throw badRetainKeys();
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
    if (value !== null && !isDirective && !keep.includes(key)) throw badRetainKeys();
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keep.includes(key)));
}

/** Merges and orders the lists for which the patch says an order; gives their names. */
function mergeOrdered(merged: Record<string, unknown>, patch: Members, shape: Shape): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const key = keyAfter(directive, SET_ORDER);
    if (!Array.isArray(order)) throw expected('slice', order);
    const [old, change] = [merged[key], patch[key]];
    if (old !== undefined && !Array.isArray(old)) throw expected('slice', old);
    if (change !== undefined && !Array.isArray(change)) throw expected('slice', change);
    const list = memberShape(shape, key);
    if (old ?? change) merged[key] = orderLists(old, change, order, list.type === 'list' ? list : undefined, mergeMaps);
    done.add(key);
  }
  return done;
}

function deleteFrom(merged: Record<string, unknown>, key: string, values: unknown): void {
  const old = merged[key];
  if (!Array.isArray(values) || !Array.isArray(old)) return;
  merged[key] = old.filter((item) => !values.includes(item));
}

function keyAfter(directive: string, prefix: string): string {
  if (directive[prefix.length] === '/') return directive.slice(prefix.length + 1);
  throw prefix === SET_ORDER ? badSetElementOrder() : badPrimitiveList();
}
