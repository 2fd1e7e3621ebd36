import type { Entry, Key, Revision } from './store.ts';

/** What a version whose text nobody needed yet is taken to weigh. */
const ASSUMED_WEIGHT = 2048;

/** Holds a text, a value, or both: each is made from the other on first use. */
export class StoredEntry implements Entry {
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly expiresAt: number | undefined;
  #text: string | undefined;
  #value: unknown;

  private constructor(key: Key, revision: Revision, created: Revision, expiresAt: number | undefined) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.expiresAt = expiresAt;
  }

  static ofValue(key: Key, revision: Revision, created: Revision, value: unknown, expiresAt?: number): StoredEntry {
    const entry = new StoredEntry(key, revision, created, expiresAt);
    entry.#value = value;
    return entry;
  }

  static ofText(key: Key, revision: Revision, created: Revision, text: string, expiresAt?: number): StoredEntry {
    const entry = new StoredEntry(key, revision, created, expiresAt);
    entry.#text = text;
    return entry;
  }

  get text(): string {
    return (this.#text ??= stringify(this.key, this.#value));
  }

  get value(): unknown {
    if (this.#value === undefined) this.#value = JSON.parse(this.#text!);
    return this.#value;
  }

  get weight(): number {
    return this.#text?.length ?? ASSUMED_WEIGHT;
  }
}

function stringify(key: Key, value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`the value of ${key} is no JSON`);
  return text;
}
