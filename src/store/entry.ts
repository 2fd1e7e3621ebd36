import type { Entry, Key, Revision } from './store.ts';

/** What a version whose text nobody needed yet is taken to weigh. */
const ASSUMED_WEIGHT = 2048;

export interface Version {
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly expiresAt?: number | undefined;
}

/** Where a text stands in bytes that many entries share. */
export interface Slice {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Holds a text, a value, or both: each is made from the other on first use. A text may also lie in shared bytes, and is made at each use. */
export class StoredEntry implements Entry {
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly expiresAt: number | undefined;
  /** The version that a restart finds: this one, or for a volatile one what lies beneath it. */
  readonly lasting: StoredEntry | undefined;
  #text: string | Slice | undefined;
  #keepsText = true;
  #value: unknown;

  private constructor({ key, revision, created, expiresAt }: Version, beneath?: { readonly lasting: StoredEntry | undefined }) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.expiresAt = expiresAt;
    this.lasting = beneath ? beneath.lasting : this;
  }

  static ofValue(version: Version, value: unknown): StoredEntry {
    const entry = new StoredEntry(version);
    entry.#value = value;
    return entry;
  }

  /** A version that no restart finds. */
  static volatile(version: Version, value: unknown, lasting: StoredEntry | undefined): StoredEntry {
    const entry = new StoredEntry(version, { lasting });
    entry.#value = value;
    return entry;
  }

  static ofText(version: Version, text: string): StoredEntry {
    const entry = new StoredEntry(version);
    entry.#text = text;
    return entry;
  }

  static ofSlice(version: Version, slice: Slice): StoredEntry {
    const entry = new StoredEntry(version);
    entry.#text = slice;
    return entry;
  }

  get isVolatile(): boolean {
    return this.lasting !== this;
  }

  get text(): string {
    if (this.#text !== undefined) return typeof this.#text === 'string' ? this.#text : read(this.#text);
    const text = stringify(this.key, this.#value);
    if (this.#keepsText) this.#text = text;
    return text;
  }

  /** Makes the text now, in the given way: any other makes the same. */
  write(write: (value: unknown) => string | undefined = JSON.stringify): void {
    this.#text = jsonText(this.key, write(this.#value));
  }

  /** The text for one look: one that has to be made is not kept. */
  passingText(): string {
    return this.#text !== undefined ? this.text : stringify(this.key, this.#value);
  }

  /** Keeps the value alone from now on, where there is one: the text is made at each use. */
  forgetText(): void {
    if (this.#value === undefined) return;
    this.#keepsText = false;
    this.dropText();
  }

  /** Until somebody asks for it, where there is a value to make it of. */
  dropText(): void {
    if (this.#value !== undefined && typeof this.#text === 'string') this.#text = undefined;
  }

  get value(): unknown {
    if (this.#value === undefined) this.#value = JSON.parse(this.text);
    return this.#value;
  }

  /** The value for one look: a parsed one is not kept. */
  glance(): unknown {
    return this.#value ?? JSON.parse(this.text);
  }

  get weight(): number {
    if (this.#text === undefined) return ASSUMED_WEIGHT;
    return typeof this.#text === 'string' ? this.#text.length : this.#text.end - this.#text.start;
  }
}

const read = ({ bytes, start, end }: Slice): string => bytes.toString('utf8', start, end);

const stringify = (key: Key, value: unknown): string => jsonText(key, JSON.stringify(value));

function jsonText(key: Key, text: string | undefined): string {
  if (text === undefined) throw new TypeError(`the value of ${key} is no JSON`);
  return text;
}
