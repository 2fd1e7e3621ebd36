import { Memory, oncePerObject } from '../../base/index.ts';
import type { Surroundings } from '../admission/index.ts';
import { mastersOnly } from '../auth/index.ts';
import type { Verbs } from './commit.ts';
import { collectionOf, storeKey } from './place.ts';

/** Each write asks for the same few lists: of so many at least what was found stays at hand. */
const MANY_LISTS = 500;

/** What admission sees of the store, as it is in this turn. */
export const surroundingsOf = oncePerObject(
  ({ store, kinds, random, clock, authorize = mastersOnly, mountTokens = false }: Verbs): Surroundings => {
    const lists = new Memory<string, { readonly version: number; readonly values: readonly unknown[] }>(MANY_LISTS);
    return {
      find: <T>(collection: { group: string; plural: string }, name: string, namespace?: string) =>
        store.get(storeKey(collection, namespace ? `${namespace}/${name}` : name))?.value as T | undefined,
      all: <T>(collection: { group: string; plural: string }, namespace?: string) => {
        const version = store.version(collectionOf(collection));
        const prefix = collectionOf(collection, namespace);
        let list = lists.get(prefix);
        if (list?.version !== version) {
          list = { version, values: store.list(prefix).entries.map(({ value }) => value) };
          lists.set(prefix, list);
        }
        return list.values as readonly T[];
      },
      kinds,
      sameObjects: (kind) => kinds.all().filter((other) => other !== kind && collectionOf(other) === collectionOf(kind)),
      authorize,
      random,
      get now() {
        return clock.now();
      },
      mountTokens,
    };
  },
);
