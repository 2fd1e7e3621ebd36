import { StoredEntry } from '../entry.ts';
import type { History } from '../history.ts';
import type { State } from '../state.ts';
import type { Revision } from '../store.ts';
import type { DeleteLine, PutLine } from './format.ts';
import type { Batch } from './reader.ts';
import type { Unseal } from './seal.ts';

/** Brings a state to where the journal's batches leave it. */
export class Replay {
  readonly #state: State;
  readonly #history: History;
  readonly #unseal: Unseal;
  readonly #volatile = new Set<string>();
  #revision: Revision;
  #reserved: Revision = 0;

  /** The state has every change up to `revision` already. */
  constructor(state: State, history: History, unseal: Unseal, revision: Revision) {
    this.#state = state;
    this.#history = history;
    this.#unseal = unseal;
    this.#revision = revision;
  }

  /** Of the last change. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Not below any number that was ever given out. */
  get reserved(): Revision {
    return Math.max(this.#reserved, this.#revision);
  }

  /** Collections that had versions which are not in the journal. */
  get volatile(): readonly string[] {
    return [...this.#volatile];
  }

  take({ lines }: Batch): void {
    for (const { line, value } of lines) {
      if (line.op === 'reserve') {
        this.#reserved = line.upTo;
        for (const collection of line.volatile ?? []) this.#volatile.add(collection);
      }
      if ((line.op === 'put' || line.op === 'delete') && line.revision > this.#revision) this.#change(line, value);
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
    return StoredEntry.ofText({ key, revision, created, expiresAt: expires === undefined ? undefined : Date.parse(expires) }, clear);
  }
}
