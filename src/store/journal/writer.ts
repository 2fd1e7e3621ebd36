import { messageOf, StatusError, type Clock, type Log, type Millis, type Timer } from '../../base/index.ts';
import type { Durability } from '../durability.ts';
import type { StoredChange } from '../history.ts';
import type { Cause, LogEntry, Revision } from '../store.ts';
import { BatchBytes } from './batch.ts';
import { bodyOf, bodyOfChange, causeText, type Seal } from './format.ts';
import type { SegmentWriter } from './segment.ts';
import { Waiters } from './waiters.ts';

/** What waits for the disk: a commit, which is never split over batches, or a line that is no change. */
type Waiting =
  | { readonly kind: 'commit'; readonly at: string; readonly cause: Cause; readonly changes: readonly StoredChange[] }
  | { readonly kind: 'line'; readonly body: string };

interface Failure {
  readonly error: StatusError;
  readonly since: string;
  /** Changes that were taken back. */
  readonly lost: number;
}

export interface WriterOptions {
  readonly directory: string;
  readonly segments: SegmentWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly seal: Seal;
  /** Up to here everything was given out in earlier lives of the store. */
  readonly revision: Revision;
  /** Lets go of the directory at the end. */
  readonly closed: () => Promise<void>;
}

/** What is made at once, so that the main loop is not held. */
const PIECE = 256 * 1024;
/** A batch that has grown to this is ended at the next commit. */
const BATCH = 4 * 1024 * 1024;
/** How many revisions are reserved ahead; more are when half of them are used. */
const RESERVE = 100_000;
const FIRST_RETRY: Millis = 1_000;
const LONGEST_RETRY: Millis = 30_000;
/** Log entries that are kept for the time when the disk works again. */
const MOST_KEPT_LINES = 1_000;

/**
 * The one writer of a journal. While a batch is on its way to the disk, commits gather for the next one. When the disk
 * fails, all that did not reach it is taken back, and nothing is taken in until a new segment could be written.
 */
export class JournalWriter implements Durability {
  readonly writes = true;
  readonly #options: WriterOptions;
  readonly #segments: SegmentWriter;
  /** Told of the changes that are taken back, the newest first. */
  onRollBack: (changes: readonly StoredChange[]) => void = () => {};
  readonly #batch = new BatchBytes();
  readonly #waiters = new Waiters();
  #waiting: Waiting[] = [];
  #revision: Revision;
  #given: Revision;
  #reserved: Revision;
  #running: Promise<void> | undefined;
  #failure: Failure | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY;
  #droppedLines = 0;
  #closed = false;
  /** Many commits share a millisecond. */
  #formatted = { now: Number.NaN, at: '' };

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#segments = options.segments;
    this.#revision = this.#given = this.#reserved = options.revision;
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Reserves revisions before any is given out. Throws when the journal cannot be written. */
  start(): Promise<void> {
    return this.#writeBatch();
  }

  assertWritable(): void {
    if (this.#failure) throw this.#failure.error;
  }

  append(changes: readonly StoredChange[], cause: Cause): void {
    this.#given = changes.at(-1)!.revision;
    this.#waiting.push({ kind: 'commit', at: this.#at(), cause, changes });
    this.#wake();
  }

  record(entry: LogEntry): void {
    const { event, message, fields } = entry;
    this.#keepLine(bodyOf({ op: 'log', at: this.#at(), event, message, ...(fields && { fields }) }));
    this.#wake();
  }

  durable(revision: Revision): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    return this.#waiters.wait(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#running;
    if (!this.#failure) {
      // Gives back what was reserved and not used: numbers jump only after a crash.
      await this.#writeBatch(bodyOf({ op: 'reserve', at: this.#at(), upTo: this.#given })).catch((error: unknown) => {
        this.#options.log.error({ error: messageOf(error) }, 'journal closed without its last line');
      });
    }
    await this.#segments.close().catch(() => {});
    await this.#options.closed();
    this.#waiters.failed(new StatusError('ServiceUnavailable', 'the store was closed before this revision was written'));
  }

  #wake(): void {
    if (!this.#running && !this.#failure && !this.#closed) this.#running = this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      // What else this turn of the loop commits goes into the same batch.
      await turn();
      while (this.#waiting.length > 0 || this.#failure) {
        await this.#writeBatch();
        if (this.#failure) this.#recover(this.#failure);
        await turn();
      }
    } catch (error) {
      await this.#fail(error);
    }
    this.#running = undefined;
    if (this.#failure && !this.#closed) this.#scheduleRetry();
  }

  async #writeBatch(release?: string): Promise<void> {
    const at = this.#at();
    const { seed, first } = await this.#segments.begin(at);
    const batch = this.#batch;
    batch.begin(seed);
    if (first) batch.add(first);
    const reserved = release ? this.#given : this.#reserveAhead();
    if (release) batch.add(release);
    else if (reserved > this.#reserved) batch.add(bodyOf({ op: 'reserve', at, upTo: reserved }));
    let taken = 0;
    let revision = this.#revision;
    for (let size = 0; size < BATCH && taken < this.#waiting.length; taken++) {
      const item = this.#waiting[taken]!;
      for (const body of bodiesOf(item, this.#options.seal)) {
        batch.add(body);
        size += body.length;
        if (batch.length >= PIECE) await this.#segments.write(batch.take());
      }
      if (item.kind === 'commit') revision = item.changes.at(-1)!.revision;
    }
    const { piece, end } = batch.finish(at, revision);
    await this.#segments.write(piece);
    await this.#segments.end(end, first !== undefined);
    this.#waiting.splice(0, taken);
    this.#reserved = reserved;
    this.#revision = revision;
    this.#waiters.reached(revision);
  }

  #reserveAhead(): Revision {
    return this.#reserved - this.#given < RESERVE / 2 ? this.#given + RESERVE : this.#reserved;
  }

  async #fail(error: unknown): Promise<void> {
    const changes = this.#waiting.flatMap((item) => (item.kind === 'commit' ? item.changes : [])).toReversed();
    const what = `the journal in ${this.#options.directory} failed (${messageOf(error)})`;
    const message = `nothing can be written: ${what}. Make room or mend the disk; writing goes on by itself`;
    const failure = new StatusError('ServiceUnavailable', message, { retryAfterSeconds: 1 });
    this.#failure = { error: failure, since: this.#failure?.since ?? this.#at(), lost: (this.#failure?.lost ?? 0) + changes.length };
    this.#waiting = this.#waiting.filter((item) => item.kind === 'line');
    this.#options.log.error({ error: messageOf(error), lost: changes.length, retryMs: this.#retryMs }, 'journal failed');
    if (changes.length > 0) this.onRollBack(changes);
    this.#waiters.failed(failure);
    await this.#segments.abandon();
  }

  /** The next attempt is a batch with nothing but kept lines, in a new segment. */
  #scheduleRetry(): void {
    this.#retry = this.#options.clock.after(this.#retryMs, () => {
      this.#running = this.#drain();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY);
  }

  #recover({ since, lost }: Failure): void {
    this.#failure = undefined;
    this.#retryMs = FIRST_RETRY;
    this.#options.log.info({ since, lost }, 'journal is written again');
    this.record({ event: 'journal', message: 'the journal is written again', fields: { since, lost, droppedEntries: this.#droppedLines } });
    this.#droppedLines = 0;
  }

  #keepLine(body: string): void {
    if (this.#failure && this.#waiting.length >= MOST_KEPT_LINES) this.#droppedLines++;
    else this.#waiting.push({ kind: 'line', body });
  }

  #at(): string {
    const now = this.#options.clock.now();
    if (now !== this.#formatted.now) this.#formatted = { now, at: new Date(now).toISOString() };
    return this.#formatted.at;
  }
}

function* bodiesOf(item: Waiting, seal: Seal): Generator<string> {
  if (item.kind === 'line') return yield item.body;
  const cause = causeText(item.cause);
  for (const change of item.changes) yield bodyOfChange(change, item.at, cause, seal);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
