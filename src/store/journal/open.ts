import { mkdir } from 'node:fs/promises';
import { messageOf, silentLog, UserError, type Clock, type Log } from '../../base/index.ts';
import { History } from '../history.ts';
import { RevisionedStore } from '../revisioned.ts';
import { State } from '../state.ts';
import type { Store, StoreOptions } from '../store.ts';
import { nodeFiles, type JournalFiles } from './files.ts';
import type { Seal } from './format.ts';
import { lockDirectory } from './lock.ts';
import { Replay } from './replay.ts';
import { scanJournal } from './scan.ts';
import { Sealer } from './seal.ts';
import { SegmentWriter } from './segment.ts';
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
  readonly files?: JournalFiles;
  /** A segment that has grown to this is followed by a new one. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;

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
  const { clock, files = nodeFiles, segmentBytes = SEGMENT_BYTES, log = silentLog } = options;
  const sealer = await openSealer(options);
  const state = new State(options.indexes ?? {}, options.now);
  const history = new History(0, options.history);
  const replay = new Replay(state, history, sealer);
  const scan = await scanJournal(directory, (batch) => replay.take(batch));
  for (const torn of scan.torn) log.warn({ directory, ...torn }, 'journal: cut what a crash left behind the last whole batch');
  const revision = replay.reserved;
  // Numbers between the last change and where the store goes on stand for nothing that is still there.
  history.lose(replay.revision, revision - 1);
  const segments = await SegmentWriter.open(directory, files, segmentBytes, scan);
  const writer = new JournalWriter({ directory, segments, clock, log, seal: sealing(options, sealer), revision, closed: unlock });
  const store = new RevisionedStore(options, log, { revision, state, history }, writer);
  writer.onRollBack = (changes) => store.rollBack(changes);
  try {
    await writer.start();
  } catch (error) {
    await segments.close().catch(() => {});
    throw error;
  }
  return store;
}

async function openSealer({ sealed, keyDirectory }: JournalOptions): Promise<Sealer | undefined> {
  if (!sealed) return undefined;
  if (keyDirectory === undefined) throw new Error('a store with sealed collections needs a directory for its key');
  return Sealer.open(keyDirectory);
}

function sealing({ sealed }: JournalOptions, sealer: Sealer | undefined): Seal {
  return ({ key, revision, text }) => (sealer && sealed?.(key) ? sealer.seal(key, revision, text) : undefined);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
