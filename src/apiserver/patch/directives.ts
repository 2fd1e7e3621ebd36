import { isRecord } from '../../base/index.ts';

/** `replace`, `merge` or `delete`, for the map or list item that it stands in. */
export const DIRECTIVE = '$patch';
/** The only keys that stay in the map that it stands in. */
export const RETAIN_KEYS = '$retainKeys';
/** Before a slash and the name of a list of plain values: what to take out of it. */
export const DELETE_FROM = '$deleteFromPrimitiveList';
/** Before a slash and the name of a list: the order of its items. */
export const SET_ORDER = '$setElementOrder';

/** What a patch sets where nothing was: without its nulls, and without what a directive would have done to what was there. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isRecord(value)) return value;
  if (DIRECTIVE in value) return undefined;
  const members = Object.entries(value)
    .filter(([key, member]) => member !== null && key !== RETAIN_KEYS && !key.startsWith(SET_ORDER) && !key.startsWith(DELETE_FROM))
    .map(([key, member]) => [key, withoutDirectives(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}
