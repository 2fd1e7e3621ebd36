import type { StoredChange } from './history.ts';
import type { Cause, LogEntry, Revision } from './store.ts';

/** What makes commits last. It may take back what it could not write, by `RevisionedStore.rollBack`. */
export interface Durability {
  /** The last revision that lasts. */
  readonly revision: Revision;
  /** Whether the text of an entry is needed at its commit. */
  readonly writes: boolean;
  /** Throws when nothing can be written at present. */
  assertWritable(): void;
  append(changes: readonly StoredChange[], cause: Cause): void;
  record(entry: LogEntry): void;
  durable(revision: Revision): Promise<void>;
  close(): Promise<void>;
}

/** Nothing lasts longer than the process, and so everything lasts at once. */
export class MemoryDurability implements Durability {
  readonly writes = false;
  #revision: Revision;

  constructor(revision: Revision) {
    this.#revision = revision;
  }

  get revision(): Revision {
    return this.#revision;
  }

  assertWritable(): void {}

  append(changes: readonly StoredChange[]): void {
    this.#revision = changes.at(-1)!.revision;
  }

  record(): void {}

  async durable(): Promise<void> {}

  async close(): Promise<void> {}
}
