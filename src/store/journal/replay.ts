import { StoredEntry } from '../entry.ts';
import type { History } from '../history.ts';
import type { State } from '../state.ts';
import type { Revision } from '../store.ts';
import type { DeleteLine, PutLine } from './format.ts';
import type { Batch } from './reader.ts';
import type { Sealer } from './seal.ts';

/** Brings a state to where the journal's batches leave it. */
export class Replay {
  readonly #state: State;
  readonly #history: History;
  readonly #sealer: Sealer | undefined;
  #revision: Revision = 0;
  #reserved: Revision = 0;

  constructor(state: State, history: History, sealer: Sealer | undefined) {
    this.#state = state;
    this.#history = history;
    this.#sealer = sealer;
  }

  /** Of the last change. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Above every number that was ever given out. */
  get reserved(): Revision {
    return Math.max(this.#reserved, this.#revision);
  }

  take({ lines }: Batch): void {
    for (const { line, value } of lines) {
      if (line.op === 'reserve') this.#reserved = line.upTo;
      if (line.op === 'put' || line.op === 'delete') this.#change(line, value);
    }
  }

  #change(line: PutLine | DeleteLine, text: string | undefined): void {
    const { key, revision } = line;
    // What had expired when this was written was already gone for its writer.
    this.#state.expire(Date.parse(line.at));
    const before = this.#state.peek(key);
    const after = line.op === 'put' ? this.#entry(line, text) : undefined;
    if (after) this.#state.put(after);
    else this.#state.delete(key);
    this.#history.add({ revision, key, before, after });
    this.#revision = revision;
  }

  #entry({ key, revision, created, expires, sealed }: PutLine, text: string | undefined): StoredEntry {
    const clear = sealed === undefined ? text! : this.#unseal(key, revision, sealed);
    return StoredEntry.ofText(key, revision, created, clear, expires === undefined ? undefined : Date.parse(expires));
  }

  #unseal(key: string, revision: Revision, sealed: string): string {
    if (!this.#sealer) throw new Error(`${key} is encrypted in the journal, and the store was opened without a key`);
    return this.#sealer.unseal(key, revision, sealed);
  }
}
