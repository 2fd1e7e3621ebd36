import { watch, type FSWatcher } from 'node:fs';
import { UserError } from '../../base/index.ts';
import type { DeleteLine, LogLine, PutLine } from './format.ts';
import { readSegmentLine, SegmentReader, type Batch } from './reader.ts';
import { describeDamage, endOf, scanJournal, type Scan } from './scan.ts';
import { listSegments, listSnapshots } from './segments.ts';

/** A change or a log entry as it stands in the journal, with its place in it. */
export type JournalRecord = (PutLine | DeleteLine | LogLine) & {
  readonly sequence: number;
  /** The value's JSON; absent when it is sealed. */
  readonly text?: string;
};

export interface ReadOptions {
  /** Only what comes after the record of this sequence number. */
  readonly after?: number;
  /** Goes on with what is written from now on, until it aborts. */
  readonly follow?: AbortSignal;
}

/** Reads the journal's records while it may be being written, in this process or another. */
export async function* readJournal(directory: string, { after = 0, follow }: ReadOptions = {}): AsyncGenerator<JournalRecord> {
  // Watching begins before reading, so that nothing falls between.
  const changes = follow && new DirectoryChanges(directory, follow);
  try {
    let segment = await firstSegment(directory, after, changes);
    while (segment !== undefined) segment = yield* readSegment(directory, segment, after, changes);
  } finally {
    changes?.close();
  }
}

/** Waits for one to be there when it follows. */
async function firstSegment(directory: string, after: number, changes: DirectoryChanges | undefined): Promise<number | undefined> {
  for (;;) {
    const segment = await segmentHolding(directory, after);
    if (segment !== undefined || !changes || !(await changes.next())) return segment;
  }
}

/** Gives the next segment's number, or nothing at the end. */
async function* readSegment(
  directory: string,
  segment: number,
  after: number,
  changes: DirectoryChanges | undefined,
): AsyncGenerator<JournalRecord, number | undefined> {
  const reader = await SegmentReader.open(directory, segment);
  try {
    for (;;) {
      // Looked for before reading: when the next segment is there, nothing is added to this one any more.
      const next = (await listSegments(directory)).find((number) => number > segment);
      const joint = next === undefined ? undefined : await readSegmentLine(directory, next);
      while (await reader.read(endOf(segment, joint))) {
        for (const batch of reader.batches()) yield* recordsOf(batch, after);
      }
      if (joint) return next;
      reader.rewind();
      if (!changes || !(await changes.next())) return undefined;
    }
  } catch (error) {
    throw await describeDamage(error, directory, segment, await listSegments(directory));
  } finally {
    await reader.close();
  }
}

function* recordsOf({ lines, sequence }: Batch, after: number): Generator<JournalRecord> {
  for (const [i, { line, value }] of lines.entries()) {
    if (sequence + i <= after || (line.op !== 'put' && line.op !== 'delete' && line.op !== 'log')) continue;
    yield { ...line, sequence: sequence + i, ...(value !== undefined && { text: value }) };
  }
}

/** The last segment that begins at or before the record, or else the first. */
async function segmentHolding(directory: string, sequence: number): Promise<number | undefined> {
  const segments = await listExisting(directory);
  for (const segment of segments.toReversed()) {
    const line = await readSegmentLine(directory, segment);
    if (line && line.sequence <= sequence) return segment;
  }
  return segments[0];
}

async function listExisting(directory: string): Promise<number[]> {
  try {
    return await listSegments(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new UserError(`there is no journal in ${directory}`);
    throw error;
  }
}

/** Tells that something in a directory changed since it was last asked. */
class DirectoryChanges {
  readonly #watcher: FSWatcher;
  readonly #signal: AbortSignal;
  #changed = false;
  #wake: () => void = () => {};

  constructor(directory: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#watcher = watch(directory, () => {
      this.#changed = true;
      this.#wake();
    });
    signal.addEventListener('abort', this.#stop);
  }

  readonly #stop = (): void => this.#wake();

  /** True at the next change, false at the end. */
  async next(): Promise<boolean> {
    if (!this.#changed && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#changed = false;
    return !this.#signal.aborted;
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#stop);
    this.#watcher.close();
  }
}

export interface Verification {
  /** How many files hold them. */
  readonly segments: number;
  readonly records: number;
  readonly batches: number;
  /** Bytes after the last whole batch: one that is being written, or what a crash left. */
  readonly unfinished: number;
  /** What is damaged, where, and how to go on. */
  readonly problem?: string;
}

/** Where the chain begins: at the first segment, unless a snapshot stands for what is no longer kept. */
async function oldestKept(directory: string): Promise<number> {
  const [oldest = 1] = await listExisting(directory);
  const isCovered = (await listSnapshots(directory)).some((snapshot) => snapshot >= oldest);
  return isCovered ? oldest : 1;
}

/** Checks every line and the whole chain, from the oldest segment that is kept. */
export async function verifyJournal(directory: string): Promise<Verification> {
  const segments = (await listExisting(directory)).length;
  let records = 0;
  let batches = 0;
  const from = await oldestKept(directory);
  const count = ({ lines }: Batch) => {
    records += lines.length;
    batches++;
  };
  try {
    const scan: Scan = await scanJournal(directory, count, from);
    return { segments, records, batches, unfinished: scan.torn.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { segments, records, batches, unfinished: 0, problem: error.message };
  }
}
