import { oncePerObject } from '../../base/index.ts';
import type { Surroundings } from '../admission/index.ts';
import { mastersOnly } from '../auth/index.ts';
import type { Verbs } from './commit.ts';
import { collectionOf, storeKey } from './place.ts';

/** What admission sees of the store, as it is in this turn. */
export const surroundingsOf = oncePerObject(
  ({ store, kinds, random, clock, authorize = mastersOnly, mountTokens = false }: Verbs): Surroundings => {
    return {
      find: <T>(collection: { group: string; plural: string }, name: string, namespace?: string) =>
        store.get(storeKey(collection, namespace ? `${namespace}/${name}` : name))?.value as T | undefined,
      all: <T>(collection: { group: string; plural: string }, namespace?: string) =>
        store.list(collectionOf(collection, namespace)).entries.map(({ value }) => value as T),
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
