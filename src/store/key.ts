import type { Key } from './store.ts';

/** The first two parts of a key, or of a prefix that names at least a collection: `GROUP/PLURAL/`. */
export function collectionOf(key: Key): string | undefined {
  const end = key.indexOf('/', key.indexOf('/') + 1);
  return end < 0 ? undefined : key.slice(0, end + 1);
}
