import { stat } from 'node:fs/promises';
import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import { compressSegment } from './compress.ts';
import type { JournalFiles } from './files.ts';
import type { SegmentLine } from './format.ts';
import { readSegmentLine } from './reader.ts';
import { endOf } from './scan.ts';
import { compressedPath, listDrafts, listSegments, listSnapshots, segmentPath, snapshotPath } from './segments.ts';
import { writeSnapshot, type SnapshotSource } from './snapshot.ts';
import type { Keeper } from './writer.ts';

/** How long whole segments are kept that no start needs. */
export interface Retention {
  readonly ageMs?: Millis;
  /** Of all segments together. */
  readonly bytes?: number;
}

/** When a snapshot is written. */
export interface SnapshotPolicy {
  /** Not before this much was written since the last one. */
  readonly afterBytes?: number;
  /** Nor before this many times what the last one weighs. */
  readonly ratio?: number;
}

/** When the directory is looked after. */
export interface Patience {
  /** A segment is seldom filled but by a burst, which is not to be held up: so long nothing is done, ... */
  readonly pauseMs?: Millis;
  /** ... and again so long while more than this is written meanwhile, ... */
  readonly busyBytes?: number;
  /** ... until so much waits that a start would feel it. */
  readonly mostBytes?: number;
}

export interface UpkeepOptions {
  readonly directory: string;
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  readonly policy: SnapshotPolicy;
  readonly patience: Patience;
  /** How much was appended since the start. */
  readonly written: () => number;
  readonly source: () => Omit<SnapshotSource, 'head' | 'signal'> & { readonly revision: number };
}

const AFTER_BYTES = 16 * 1024 * 1024;
const RATIO = 1;
const PATIENCE: Required<Patience> = { pauseMs: 2_500, busyBytes: 4 * 1024 * 1024, mostBytes: 512 * 1024 * 1024 };
/** A clean end is a good moment: then a snapshot is written for this part of what would be due otherwise. */
const AT_CLOSE = 1 / 4;
const KEPT_SNAPSHOTS = 2;
const RETENTION: Required<Retention> = { ageMs: 365 * 24 * 3_600_000, bytes: 1024 * 1024 * 1024 };

/**
 * Keeps the directory in order behind the writer's back, one thing at a time: snapshots, compression, retention. What
 * fails here is logged and tried again at the next segment, since the journal alone is enough to go on.
 */
export class Upkeep implements Keeper {
  readonly #options: UpkeepOptions;
  readonly #retention: Required<Retention>;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #isLastDue = false;
  #begun: { readonly segment: number; readonly hash: string } | undefined;
  /** What the journal holds since the last snapshot, as far as it was there at the start. */
  #sinceSnapshot = 0;
  /** What had been written when the last snapshot was begun. */
  #writtenThen = 0;
  #snapshotBytes = 0;

  private constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#retention = { ...RETENTION, ...options.retention };
  }

  /** Removes what a crash left unfinished, and snapshots that cannot be used. */
  static async open(options: UpkeepOptions, unusable: readonly number[]): Promise<Upkeep> {
    const { directory, files } = options;
    const upkeep = new Upkeep(options);
    for (const snapshot of unusable) await files.remove(snapshotPath(directory, snapshot));
    for (const draft of await listDrafts(directory)) await files.remove(draft);
    const last = (await listSnapshots(directory)).at(-1);
    if (last !== undefined) upkeep.#snapshotBytes = await sizeOf(snapshotPath(directory, last));
    for (const segment of await listSegments(directory)) {
      if (segment >= (last ?? 0)) upkeep.#sinceSnapshot += await segmentSize(directory, segment);
    }
    return upkeep;
  }

  segmentBegun(segment: number, hash: string): void {
    this.#begun = { segment, hash };
    if (this.#abort.signal.aborted || this.#running) return;
    this.#running = this.#work().finally(() => (this.#running = undefined));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async closing(): Promise<boolean> {
    await this.stop();
    this.#isLastDue = this.#isDue(AT_CLOSE);
    return this.#isLastDue;
  }

  async closed(): Promise<void> {
    if (!this.#isLastDue) return;
    await this.#attempt('snapshot', () => this.#snapshot(new AbortController().signal));
  }

  async #work(): Promise<void> {
    const { signal } = this.#abort;
    await this.#attempt('pause', () => this.#pause(signal));
    if (signal.aborted) return;
    // The first segment has nothing before it.
    if (this.#begun!.segment > 1 && this.#isDue(1)) await this.#attempt('snapshot', () => this.#snapshot(signal));
    await this.#attempt('retention', () => this.#tidy(signal));
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#abort.signal.aborted && error === this.#abort.signal.reason) return;
      this.#options.log.warn({ what, error: messageOf(error) }, 'journal upkeep failed; it is tried again at the next segment');
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, written, patience } = this.#options;
    const { pauseMs, busyBytes, mostBytes } = { ...PATIENCE, ...patience };
    if (pauseMs === 0) return;
    let before: number;
    do {
      before = written();
      await clock.sleep(pauseMs, signal);
    } while (written() - before > busyBytes && this.#sinceLast < mostBytes);
  }

  /** What was written since the last snapshot. */
  get #sinceLast(): number {
    return this.#sinceSnapshot + this.#options.written() - this.#writtenThen;
  }

  #isDue(part: number): boolean {
    const { afterBytes = AFTER_BYTES, ratio = RATIO } = this.#options.policy;
    return this.#sinceLast >= part * Math.max(afterBytes, ratio * this.#snapshotBytes);
  }

  /** Taken when a segment has begun: what is not in memory now comes later in that segment, or in one after it. */
  async #snapshot(signal: AbortSignal): Promise<void> {
    const { directory, files, clock, log } = this.#options;
    const { segment, hash } = this.#begun!;
    const written = this.#options.written();
    const { revision, ...source } = this.#options.source();
    const at = new Date(clock.now()).toISOString();
    await writeSnapshot(directory, files, { ...source, head: { at, segment, batch: hash, revision }, signal });
    this.#sinceSnapshot = 0;
    this.#writtenThen = written;
    this.#snapshotBytes = await sizeOf(snapshotPath(directory, segment));
    log.info({ segment, revision, bytes: this.#snapshotBytes }, 'journal snapshot written');
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const { directory, files } = this.#options;
    const snapshots = await listSnapshots(directory);
    const newest = snapshots.at(-1);
    // A single snapshot that turns out to be damaged needs the whole journal.
    const needed = snapshots.at(-KEPT_SNAPSHOTS);
    if (newest === undefined) return;
    for (const snapshot of snapshots.slice(0, -KEPT_SNAPSHOTS)) await files.remove(snapshotPath(directory, snapshot));
    if (needed !== undefined) await this.#drop(needed);
    for (const segment of await listSegments(directory)) {
      if (segment >= newest) break;
      signal.throwIfAborted();
      await this.#compress(segment, signal);
    }
  }

  async #compress(segment: number, signal: AbortSignal): Promise<void> {
    const { directory, files, log } = this.#options;
    if ((await sizeOf(segmentPath(directory, segment))) === 0) return;
    const bytes = endOf(segment, await this.#next(segment));
    if (bytes === undefined) return;
    await compressSegment(directory, segment, bytes, files, signal);
    log.info({ segment }, 'journal segment compressed');
  }

  /** Removes the oldest segments as far as the retention asks for it, and no start needs them. */
  async #drop(needed: number): Promise<void> {
    const { directory, files, clock, log } = this.#options;
    const segments = await listSegments(directory);
    const sizes = await Promise.all(segments.map((segment) => segmentSize(directory, segment)));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (const [i, segment] of segments.entries()) {
      if (segment >= needed) return;
      const next = await this.#next(segment);
      if (!next) return;
      const isOld = clock.now() - Date.parse(next.at) > this.#retention.ageMs;
      if (!isOld && total <= this.#retention.bytes) return;
      await files.remove(segmentPath(directory, segment));
      await files.remove(compressedPath(directory, segment));
      total -= sizes[i]!;
      log.info({ segment, ended: next.at }, 'journal segment removed, as the retention says');
    }
  }

  async #next(segment: number): Promise<SegmentLine | undefined> {
    const next = (await listSegments(this.#options.directory)).find((number) => number > segment);
    return next === undefined ? undefined : readSegmentLine(this.#options.directory, next);
  }
}

async function segmentSize(directory: string, segment: number): Promise<number> {
  return (await sizeOf(segmentPath(directory, segment))) || sizeOf(compressedPath(directory, segment));
}

/** 0 for what is not there. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
