import { createHash } from 'node:crypto';
import type { StoredEntry } from '../entry.ts';
import type { Key, Revision } from '../store.ts';
import type { JournalFiles } from './files.ts';
import { LONGEST_UNIT, type Seal } from './format.ts';
import { draftOf, snapshotPath } from './segments.ts';

/**
 * A snapshot is JSON Lines too: a head, a line for each object in the order of the keys, and an end with the SHA-256 of
 * all lines before it. It holds every change up to its revision, so the journal goes on from its segment.
 */
export const SNAPSHOT_FORMAT = 1;

export interface SnapshotHead {
  readonly op: 'snapshot';
  readonly at: string;
  readonly format: number;
  /** From here on the journal is read. */
  readonly segment: number;
  /** Of that segment's first batch: the snapshot belongs to this very journal. */
  readonly batch: string;
  readonly revision: Revision;
}

/** An object without its value, or with its sealed value. */
export interface SnapshotObject {
  readonly op: 'object';
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly expires?: number;
  readonly sealed?: string;
}

export interface SnapshotEnd {
  readonly op: 'end';
  readonly objects: number;
  readonly hash: string;
}

export const VALUE = ',"value":';
export const END = '{"op":"end"';

/** What is made at once, so that the main loop is not held. */
const PIECE = 256 * 1024;

export interface SnapshotSource {
  readonly head: Omit<SnapshotHead, 'op' | 'format'>;
  readonly entries: Iterable<StoredEntry>;
  readonly seal: Seal;
  /** Resolves once all that the snapshot holds is in the journal on disk. */
  readonly durable: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Writes a snapshot piece by piece; it has its name only when it is whole, on disk, and not ahead of the journal. */
export async function writeSnapshot(directory: string, files: JournalFiles, source: SnapshotSource): Promise<void> {
  const path = snapshotPath(directory, source.head.segment);
  const draft = draftOf(path);
  await files.remove(draft);
  try {
    await writeDraft(draft, files, source);
    await source.durable();
    await files.rename(draft, path);
    await files.syncDirectory(directory);
  } catch (error) {
    await files.remove(draft).catch(() => {});
    throw error;
  }
}

async function writeDraft(draft: string, files: JournalFiles, { head, entries, seal, signal }: SnapshotSource): Promise<void> {
  const file = await files.draft(draft);
  try {
    const hash = createHash('sha256');
    let objects = 0;
    let piece = Buffer.allocUnsafeSlow(2 * PIECE);
    let length = piece.write(lineOf({ op: 'snapshot', format: SNAPSHOT_FORMAT, ...head }));
    const flush = async () => {
      const bytes = piece.subarray(0, length);
      hash.update(bytes);
      await file.write([bytes]);
      length = 0;
      signal.throwIfAborted();
    };
    for (const entry of entries) {
      const line = objectLine(entry, seal);
      const needed = line.length * LONGEST_UNIT;
      if (length + needed > piece.length) await flush();
      if (needed > piece.length) piece = Buffer.allocUnsafeSlow(needed);
      length += piece.write(line, length);
      objects++;
      if (length >= PIECE) await flush();
    }
    await flush();
    await file.write([Buffer.from(lineOf({ op: 'end', objects, hash: hash.digest('hex') }))]);
    await file.sync();
  } finally {
    await file.close();
  }
}

function lineOf(line: SnapshotHead | SnapshotEnd): string {
  return `${JSON.stringify(line)}\n`;
}

function objectLine(entry: StoredEntry, seal: Seal): string {
  const { key, revision, created, expiresAt } = entry;
  const expires = expiresAt === undefined ? '' : `,"expires":${expiresAt}`;
  const sealed = seal(entry);
  const content = sealed === undefined ? VALUE + entry.passingText() : `,"sealed":"${sealed}"`;
  return `{"op":"object","key":${JSON.stringify(key)},"revision":${revision},"created":${created}${expires}${content}}\n`;
}
