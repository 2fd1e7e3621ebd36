import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { isRecord, messageOf } from '../../base/index.ts';
import { StoredEntry, type Version } from '../entry.ts';
import type { Unseal } from './seal.ts';
import { snapshotPath } from './segments.ts';
import { END, SNAPSHOT_FORMAT, VALUE, type SnapshotEnd, type SnapshotHead, type SnapshotObject } from './snapshot.ts';

/** A snapshot that cannot be used, whose journal may do without it. */
export class UnusableSnapshot extends Error {}

const CHUNK = 1024 * 1024;
const NEWLINE = 10;

/**
 * Reads and checks a snapshot. The entries share the bytes that were read, outside the heap of JavaScript: they stay as
 * long as one of the entries that came with them, so at most what the snapshot weighed is held for nothing.
 */
export async function readSnapshot(
  directory: string,
  segment: number,
  unseal: Unseal,
  take: (entry: StoredEntry) => void,
): Promise<SnapshotHead> {
  const handle = await open(snapshotPath(directory, segment), 'r');
  try {
    return await new SnapshotReader(handle, unseal, take).read();
  } finally {
    await handle.close();
  }
}

class SnapshotReader {
  readonly #handle: FileHandle;
  readonly #unseal: Unseal;
  readonly #take: (entry: StoredEntry) => void;
  readonly #hash = createHash('sha256');
  #head: SnapshotHead | undefined;
  #end: SnapshotEnd | undefined;
  #objects = 0;
  /** Told only when the bytes are good: in bad ones it would mislead. */
  #sealed: unknown;

  constructor(handle: FileHandle, unseal: Unseal, take: (entry: StoredEntry) => void) {
    this.#handle = handle;
    this.#unseal = unseal;
    this.#take = take;
  }

  async read(): Promise<SnapshotHead> {
    const { size } = await this.#handle.stat();
    let rest: Buffer = Buffer.alloc(0);
    for (let position = 0; position < size;) {
      const wanted = Math.min(Math.max(CHUNK, rest.length), size - position);
      const bytes = Buffer.allocUnsafeSlow(rest.length + wanted);
      rest.copy(bytes);
      const { bytesRead } = await this.#handle.read(bytes, rest.length, wanted, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      rest = this.#lines(bytes.subarray(0, rest.length + bytesRead));
    }
    if (!this.#head || !this.#end || rest.length > 0) throw new UnusableSnapshot('it has no end');
    if (this.#end.objects !== this.#objects || this.#end.hash !== this.#hash.digest('hex'))
      throw new UnusableSnapshot('its hash is not that of its lines');
    if (this.#sealed) throw this.#sealed;
    return this.#head;
  }

  /** Takes the whole lines, and gives what follows them. */
  #lines(bytes: Buffer): Buffer {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (this.#end) throw new UnusableSnapshot('it goes on after its end');
      if (startsWith(bytes, start, END)) {
        this.#hash.update(bytes.subarray(0, start));
        this.#end = parse(bytes, start, end) as SnapshotEnd;
        return bytes.subarray(end + 1);
      }
      if (this.#head) this.#object(bytes, start, end);
      else this.#begin(parse(bytes, start, end) as SnapshotHead);
      start = end + 1;
    }
    this.#hash.update(bytes.subarray(0, start));
    return bytes.subarray(start);
  }

  #begin(head: SnapshotHead): void {
    if (head.op !== 'snapshot' || head.format !== SNAPSHOT_FORMAT) throw new UnusableSnapshot(`its format is not ${SNAPSHOT_FORMAT}`);
    this.#head = head;
  }

  #object(bytes: Buffer, start: number, end: number): void {
    this.#objects++;
    // Before a value stand only a key and numbers, and inside a string no quote is bare: the first hit is the member.
    const found = bytes.indexOf(VALUE, start, 'latin1');
    const isClear = found >= 0 && found < end;
    const { key, revision, created, expires, sealed } = parse(bytes, start, isClear ? found : end, isClear ? '}' : '') as SnapshotObject;
    const version = { key, revision, created, expiresAt: expires };
    if (sealed !== undefined) return this.#open(version, sealed);
    if (!isClear) throw new UnusableSnapshot(`${key} has no value`);
    this.#take(StoredEntry.ofSlice(version, { bytes, start: found + VALUE.length, end: end - 1 }));
  }

  #open(version: Version, sealed: string): void {
    try {
      this.#take(StoredEntry.ofText(version, this.#unseal(version.key, version.revision, sealed)));
    } catch (error) {
      this.#sealed ??= error;
    }
  }
}

function parse(bytes: Buffer, start: number, end: number, closing = ''): object {
  try {
    const line: unknown = JSON.parse(bytes.toString('utf8', start, end) + closing);
    if (isRecord(line)) return line;
    throw new UnusableSnapshot('a line is no object');
  } catch (error) {
    throw new UnusableSnapshot(messageOf(error));
  }
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  return bytes[at + 7] === text.charCodeAt(7) && bytes.toString('latin1', at, at + text.length) === text;
}
