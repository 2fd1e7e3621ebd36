import { mkdir } from 'node:fs/promises';
import { messageOf, silentLog, UserError, type Clock, type Log } from '../../base/index.ts';
import { RevisionedStore } from '../revisioned.ts';
import type { Store, StoreOptions } from '../store.ts';
import { nodeFiles, type JournalFiles } from './files.ts';
import type { Seal } from './format.ts';
import { lockDirectory } from './lock.ts';
import { recover } from './recover.ts';
import { Sealer, type Unseal } from './seal.ts';
import type { Scan } from './scan.ts';
import { SegmentWriter } from './segment.ts';
import { segmentName, snapshotName } from './segments.ts';
import { Upkeep, type Patience, type Retention, type SnapshotPolicy } from './upkeep.ts';
import { JournalWriter } from './writer.ts';

export interface JournalOptions extends StoreOptions {
  /** Times the attempts to write again after a failure. */
  readonly clock: Clock;
  /**
   * Where the key of sealed collections lies, which is made when it is missing: not in the journal's own directory, so
   * that this can be copied without it.
   */
  readonly keyDirectory?: string;
  readonly log?: Log;
  /** Told in a sentence what a start found that its person should know. */
  readonly notice?: (message: string) => void;
  readonly files?: JournalFiles;
  /** A segment that has grown to this is followed by a new one. */
  readonly segmentBytes?: number;
  /** Commits are refused while more than this waits for the disk. */
  readonly unwrittenBytes?: number;
  readonly retention?: Retention;
  readonly snapshots?: SnapshotPolicy;
  readonly patience?: Patience;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const UNWRITTEN_BYTES = 64 * 1024 * 1024;

/** A store whose truth is the journal in `directory`, which is made when it is missing. */
export async function openStore(directory: string, options: JournalOptions): Promise<Store> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const unlock = await lockDirectory(directory);
    try {
      return await openLocked(directory, options, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    throw isSystemError(error) ? new UserError(`the journal in ${directory} cannot be opened: ${messageOf(error)}`) : error;
  }
}

async function openLocked(directory: string, options: JournalOptions, unlock: () => Promise<void>): Promise<Store> {
  const { clock, files = nodeFiles, segmentBytes = SEGMENT_BYTES, unwrittenBytes = UNWRITTEN_BYTES, log = silentLog } = options;
  const sealer = await openSealer(options);
  const seal = sealing(options, sealer);
  const { state, history, replay, scan, unusable } = await recover(directory, options, unsealing(sealer), log);
  for (const torn of scan.torn) log.warn({ directory, ...torn }, 'journal: cut what a crash left behind the last whole batch');
  for (const found of noticed(scan, unusable)) options.notice?.(found);
  // What is volatile is gone without a change, so whoever saw it must not go on from any number that was given out.
  const revision = replay.reserved + (replay.volatile.length > 0 ? 1 : 0);
  // Numbers between the last change and where the store goes on stand for nothing that is still there.
  history.lose(replay.revision, revision - 1);
  history.vanish(replay.volatile, revision);
  const segments = await SegmentWriter.open(directory, files, segmentBytes, scan);
  const journalled = replay.revision;
  const writer = new JournalWriter({ directory, segments, clock, log, seal, revision, journalled, unwrittenBytes, closed: unlock });
  const store = new RevisionedStore(options, log, { revision, state, history }, writer);
  writer.onRollBack = (changes) => store.rollBack(changes);
  const { retention = {}, snapshots: policy = {}, patience = {} } = options;
  const source = () => ({ revision: writer.journalled, entries: store.lasting(), seal, durable: durableNow(store) });
  const written = () => segments.written;
  writer.keeper = await Upkeep.open({ directory, files, clock, log, retention, policy, patience, written, source }, unusable);
  try {
    await writer.start();
  } catch (error) {
    await segments.close().catch(() => {});
    throw error;
  }
  return store;
}

function noticed({ torn }: Scan, unusable: readonly number[]): string[] {
  return [
    ...torn.map(
      ({ segment, bytes }) =>
        `Slipway ended in the midst of a write: ${bytes} bytes behind the last whole batch of ${segmentName(segment)} were cut; nothing that was acknowledged is lost`,
    ),
    ...unusable.map((snapshot) => `${snapshotName(snapshot)} cannot be used and was passed over: the same was read from the journal`),
  ];
}

/** Waits for what has been committed so far. */
function durableNow(store: Store): () => Promise<void> {
  const { revision } = store;
  return () => store.durable(revision);
}

async function openSealer({ sealed, keyDirectory }: JournalOptions): Promise<Sealer | undefined> {
  if (!sealed) return undefined;
  if (keyDirectory === undefined) throw new Error('a store with sealed collections needs a directory for its key');
  return Sealer.open(keyDirectory);
}

function sealing({ sealed }: JournalOptions, sealer: Sealer | undefined): Seal {
  return (entry) => (sealer && sealed?.(entry.key) ? sealer.seal(entry.key, entry.revision, entry.passingText()) : undefined);
}

function unsealing(sealer: Sealer | undefined): Unseal {
  return (key, revision, sealed) => {
    if (sealer) return sealer.unseal(key, revision, sealed);
    throw new Error(`${key} is encrypted in the journal, and the store was opened without a key`);
  };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
