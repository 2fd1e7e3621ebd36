import { messageOf, StatusError, type Clock, type Log, type Millis, type Timer } from '../../base/index.ts';
import type { Durability } from '../durability.ts';
import { isLasting, type StoredChange } from '../history.ts';
import type { Cause, LogEntry, Revision } from '../store.ts';
import { Backlog } from './backlog.ts';
import { Batch } from './batch.ts';
import { bodyOf, bodyOfChange, type Seal } from './format.ts';
import { spareChunks } from './lines.ts';
import { diskFailed, tooSlow } from './refusal.ts';
import { Reservation } from './reservation.ts';
import type { SegmentWriter } from './segment.ts';
import { Stamps } from './stamps.ts';
import { Waiters } from './waiters.ts';

interface Failure {
  readonly error: StatusError;
  readonly since: string;
  /** Changes that were taken back. */
  readonly lost: number;
}

/** Who keeps the directory in order: it is told of each segment, and of the end. */
export interface Keeper {
  /** The first batch of a segment, which ends with this hash, is on disk. */
  segmentBegun(segment: number, hash: string): void;
  /** Says whether the last batch is to begin a segment. */
  closing(): Promise<boolean>;
  /** The last batch is on disk. */
  closed(): Promise<void>;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

export interface WriterOptions {
  readonly directory: string;
  readonly segments: SegmentWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly seal: Seal;
  /** Up to here everything was given out in earlier lives of the store. */
  readonly revision: Revision;
  /** Of the last change in the journal. */
  readonly journalled: Revision;
  /** How many bytes may wait for the disk before commits are refused. */
  readonly unwrittenBytes: number;
  /** Lets go of the directory at the end. */
  readonly closed: () => Promise<void>;
}

/** What one turn makes beyond this is on its way to the disk while the rest is made. Below it, waiting for the whole turn spares an fsync. */
const EARLY = 256 * 1024;
/** What a change's line says beside its value, roughly. */
const BESIDE_VALUE = 256;
const FIRST_RETRY: Millis = 1_000;
const LONGEST_RETRY: Millis = 30_000;

/**
 * The one writer of a journal. While a batch is on its way to the disk, commits gather in the next one. When the disk
 * fails, all that did not reach it is taken back, and nothing is taken in until a new segment could be written.
 */
export class JournalWriter implements Durability {
  readonly writes = true;
  readonly #options: WriterOptions;
  readonly #segments: SegmentWriter;
  /** Told of the changes that are taken back, the newest first. */
  onRollBack: (changes: readonly StoredChange[]) => void = () => {};
  keeper: Keeper = { segmentBegun: () => {}, closing: async () => false, closed: async () => {}, stop: async () => {} };
  readonly #spare = spareChunks();
  readonly #waiters = new Waiters();
  readonly #reservation: Reservation;
  readonly #stamps: Stamps;
  readonly #backlog = new Backlog();
  #gathering: Batch | undefined;
  #onItsWay: Batch | undefined;
  #revision: Revision;
  #given: Revision;
  #journalled: Revision;
  #turn: NodeJS.Immediate | undefined;
  #running: Promise<void> | undefined;
  #failure: Failure | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY;
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#segments = options.segments;
    this.#stamps = new Stamps(options.clock);
    this.#revision = this.#given = options.revision;
    this.#journalled = options.journalled;
    this.#reservation = new Reservation(options.revision);
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Of the last change that the journal has or will have. */
  get journalled(): Revision {
    return this.#journalled;
  }

  /** Reserves revisions before any is given out. Throws when the journal cannot be written. */
  start(): Promise<void> {
    return this.#writeOut();
  }

  assertWritable(): void {
    if (this.#failure) throw this.#failure.error;
    const waiting = (this.#onItsWay?.weight ?? 0) + (this.#gathering?.weight ?? 0);
    if (waiting > this.#options.unwrittenBytes) throw tooSlow(this.#options.directory, waiting);
  }

  append(changes: readonly StoredChange[], cause: Cause): void {
    this.#given = changes.at(-1)!.revision;
    if (!changes.some(isLasting) && this.#isIdle() && this.#reservation.covers(changes)) return this.#reach(this.#given);
    const batch = this.#gather();
    this.#reservation.announce(changes);
    const at = this.#stamps.at();
    const causeMembers = this.#stamps.causeText(cause);
    for (const change of changes) {
      batch.changes.push(change);
      if (!isLasting(change)) {
        batch.addVolatile(change);
        continue;
      }
      batch.add(BESIDE_VALUE + (change.after?.weight ?? 0), () => bodyOfChange(change, at, causeMembers, this.#options.seal));
      this.#journalled = change.revision;
    }
    this.#wake();
  }

  record(entry: LogEntry): void {
    const { event, message, fields } = entry;
    const body = bodyOf({ op: 'log', at: this.#stamps.at(), event, message, ...(fields && { fields }) });
    if (!this.#backlog.admit(body)) return;
    if (this.#failure) this.#backlog.keep([body]);
    else this.#gather().addEntry(body);
    this.#wake();
  }

  durable(revision: Revision): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    if (this.#onItsWay?.holds(revision)) return this.#onItsWay.written();
    if (this.#gathering?.holds(revision)) return this.#gathering.written();
    return this.#waiters.wait(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    clearImmediate(this.#turn);
    await this.#running;
    if (!this.#failure) {
      await this.#finish().catch((error: unknown) => {
        this.#options.log.error({ error: messageOf(error) }, 'journal closed without its last line');
      });
    }
    await this.keeper.stop();
    await this.#segments.close().catch(() => {});
    await this.#options.closed();
    const error = new StatusError('ServiceUnavailable', 'the store was closed before this revision was written');
    for (const batch of [this.#onItsWay, this.#gathering]) batch?.fail(error);
    this.#waiters.failed(error);
  }

  /** Gives back what was reserved and not used: numbers jump only after a crash. */
  async #finish(): Promise<void> {
    if (this.#gathering) await this.#writeOut();
    if (await this.keeper.closing()) this.#segments.cut();
    this.#gather().addLine(this.#reservation.release(this.#given, this.#stamps.at()));
    await this.#writeOut();
    await this.keeper.closed();
  }

  async #writeOut(): Promise<void> {
    const batch = this.#gather();
    await this.#write(batch);
    this.#settle(batch);
  }

  #isIdle(): boolean {
    return !this.#onItsWay && !this.#gathering;
  }

  #isRipe(): boolean {
    return this.#gathering !== undefined && this.#gathering.bytes >= EARLY;
  }

  #gather(): Batch {
    return (this.#gathering ??= new Batch(this.#segments.start(this.#stamps.at()), this.#spare));
  }

  /** What else this turn of the loop commits goes into the same batch, up to a size. */
  #wake(): void {
    if (this.#running || this.#failure || this.#closed) return;
    if (this.#isRipe()) this.#run();
    else this.#turn ??= setImmediate(() => this.#run());
  }

  #run(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#running = this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      do {
        const batch = this.#gather();
        await this.#write(batch);
        // In one go with what decides on the next batch: who waits answers with the next commits.
        this.#settle(batch);
        if (this.#failure) this.#recover(this.#failure);
      } while (this.#isRipe());
    } catch (error) {
      await this.#fail(error);
    }
    this.#running = undefined;
    if (this.#failure && !this.#closed) this.#scheduleRetry();
    if (this.#gathering) this.#wake();
  }

  /** Writes what has gathered; what comes in from now on gathers in the next batch. */
  async #write(batch: Batch): Promise<void> {
    const reserve = this.#reservation.renew(this.#given, this.#stamps.at(), batch.start.first !== undefined && !batch.isEmpty);
    if (reserve) batch.addLine(reserve);
    this.#gathering = undefined;
    this.#onItsWay = batch;
    if (!batch.isEmpty) {
      const { chunks, end } = batch.finish(this.#stamps.at(), this.#journalled);
      await this.#segments.write(batch, chunks, end);
      if (batch.start.first !== undefined) this.keeper.segmentBegun(batch.start.segment, end.hash);
    }
  }

  #settle(batch: Batch): void {
    this.#onItsWay = undefined;
    this.#backlog.written(batch.entries);
    batch.succeed();
    this.#reach(batch.revision ?? this.#revision);
  }

  #reach(revision: Revision): void {
    this.#revision = revision;
    this.#waiters.reached(revision);
    if (this.#backlog.owesReport && !this.#failure) this.#reportDropped();
  }

  #reportDropped(): void {
    const fields = { droppedEntries: this.#backlog.takeDropped() };
    this.#options.log.warn(fields, 'journal dropped log entries, since the disk was slow');
    this.record({ event: 'journal', message: 'log entries were dropped, since the disk was slow', fields });
  }

  async #fail(error: unknown): Promise<void> {
    const batches = [this.#onItsWay, this.#gathering].filter((batch) => batch !== undefined);
    const changes = batches.flatMap((batch) => batch.changes).toReversed();
    const failure = diskFailed(this.#options.directory, error);
    this.#failure = { error: failure, since: this.#failure?.since ?? this.#stamps.at(), lost: (this.#failure?.lost ?? 0) + changes.length };
    this.#backlog.keep(batches.flatMap((batch) => batch.entries));
    this.#onItsWay = this.#gathering = undefined;
    this.#journalled = Math.min(this.#journalled, this.#revision);
    this.#reservation.failed();
    this.#options.log.error({ error: messageOf(error), lost: changes.length, retryMs: this.#retryMs }, 'journal failed');
    if (changes.length > 0) this.onRollBack(changes);
    for (const batch of batches) batch.fail(failure);
    this.#waiters.failed(failure);
    await this.#segments.abandon();
  }

  /** The next attempt is a batch with nothing but kept entries, in a new segment. */
  #scheduleRetry(): void {
    this.#retry = this.#options.clock.after(this.#retryMs, () => {
      const batch = this.#gather();
      for (const body of this.#backlog.takeKept()) batch.addEntry(body);
      this.#running = this.#drain();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY);
  }

  #recover({ since, lost }: Failure): void {
    const fields = { since, lost, droppedEntries: this.#backlog.takeDropped() };
    this.#failure = undefined;
    this.#retryMs = FIRST_RETRY;
    this.#options.log.info({ since, lost }, 'journal is written again');
    for (const body of this.#backlog.takeKept()) this.#gather().addEntry(body);
    this.record({ event: 'journal', message: 'the journal is written again', fields });
  }
}
