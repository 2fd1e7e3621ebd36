import type { Entry, Key, Revision } from './store.ts';

/** What an object is taken to weigh whose text nobody needed yet. */
const ASSUMED_WEIGHT = 2048;

export interface Version {
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly expiresAt?: number | undefined;
  /** What it is taken to weigh until its text is made. */
  readonly weight?: number | undefined;
}

/** How a value becomes JSON: all ways make the same text. */
export type Write = (value: unknown) => string | undefined;

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
  readonly #assumed: number;
  #text: string | Slice | undefined;
  #keepsText = true;
  #value: unknown;
  #write: Write = JSON.stringify;

  private constructor({ key, revision, created, expiresAt, weight }: Version, beneath?: { readonly lasting: StoredEntry | undefined }) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.expiresAt = expiresAt;
    this.lasting = beneath ? beneath.lasting : this;
    this.#assumed = weight ?? ASSUMED_WEIGHT;
  }

  static ofValue(version: Version, value: unknown, write?: Write): StoredEntry {
    return new StoredEntry(version).#of(value, write);
  }

  /** A version that no restart finds. */
  static volatile(version: Version, value: unknown, lasting: StoredEntry | undefined, write?: Write): StoredEntry {
    return new StoredEntry(version, { lasting }).#of(value, write);
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
    const text = this.#made();
    if (this.#keepsText) this.#text = text;
    return text;
  }

  /** The text for one look: one that has to be made is not kept. */
  passingText(): string {
    return this.#text !== undefined ? this.text : this.#made();
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
    if (this.#text === undefined) return this.#assumed;
    return typeof this.#text === 'string' ? this.#text.length : this.#text.end - this.#text.start;
  }

  #of(value: unknown, write: Write = JSON.stringify): this {
    this.#value = value;
    this.#write = write;
    return this;
  }

  #made(): string {
    const text = this.#write(this.#value);
    if (text === undefined) throw new TypeError(`the value of ${this.key} is no JSON`);
    return text;
  }
}

const read = ({ bytes, start, end }: Slice): string => bytes.toString('utf8', start, end);
