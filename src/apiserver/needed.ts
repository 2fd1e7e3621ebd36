/** Thrown where a write needs a module that has not been read yet. Nothing has been written: it is tried again with it. */
export class NotLoaded extends Error {
  readonly loaded: Promise<void>;

  constructor(loaded: Promise<void>) {
    super('a module is read first');
    this.loaded = loaded;
  }
}

/** A module of which most clusters have no need: it is read with the first write that has. */
export function neededLater<M>(load: () => Promise<M>): () => M {
  let found: M | undefined;
  return () => {
    if (found) return found;
    throw new NotLoaded(
      load().then((module) => {
        found = module;
      }),
    );
  };
}
