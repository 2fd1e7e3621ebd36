import type { Store } from '../store/index.ts';

/** What is read from some collections: anew after a write to one of them, and from the turn of that write on. */
export function followed<T>(store: Store, collections: readonly string[], read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  const forget = () => void (known = undefined);
  const follow = (collection: string): void => {
    forget();
    store.watch(collection, store.revision, {
      changed: forget,
      ended: (why) => {
        if (why !== 'closed') follow(collection);
      },
    });
  };
  collections.forEach(follow);
  return () => (known ??= { value: read() }).value;
}
