import { UserError, type Log } from '../../base/index.ts';
import { History } from '../history.ts';
import { State } from '../state.ts';
import type { Revision, StoreOptions } from '../store.ts';
import type { Batch } from './reader.ts';
import { Replay } from './replay.ts';
import { scanJournal, type Scan } from './scan.ts';
import type { Unseal } from './seal.ts';
import { listSegments, listSnapshots, segmentName, snapshotName, snapshotPath } from './segments.ts';
import { readSnapshot, UnusableSnapshot } from './snapshot-reader.ts';

export interface Recovered {
  readonly state: State;
  readonly history: History;
  readonly replay: Replay;
  readonly scan: Scan;
  /** Snapshots of what the journal no longer has. */
  readonly unusable: readonly number[];
}

/**
 * The state that the directory holds: of the newest snapshot that can be used, and the journal from there on; or of the
 * whole journal while that is there. Damage to the journal itself is never passed over.
 */
export async function recover(directory: string, options: StoreOptions, unseal: Unseal, log: Log): Promise<Recovered> {
  const snapshots = await listSnapshots(directory);
  const [oldest = 1] = await listSegments(directory);
  const unusable: number[] = [];
  for (const snapshot of snapshots.toReversed()) {
    try {
      return { ...(await recoverFrom(directory, snapshot, options, unseal)), unusable };
    } catch (error) {
      if (!(error instanceof UnusableSnapshot)) throw error;
      unusable.push(snapshot);
      log.warn(
        { directory, snapshot: snapshotName(snapshot), problem: error.message },
        'journal: passed over a snapshot that cannot be used',
      );
    }
  }
  if (oldest > 1) throw new UserError(missing(directory, oldest, unusable));
  return { ...(await replayed(directory, options, unseal)), unusable };
}

async function recoverFrom(
  directory: string,
  snapshot: number,
  options: StoreOptions,
  unseal: Unseal,
): Promise<Omit<Recovered, 'unusable'>> {
  const state = new State(options.indexes ?? {}, options.now);
  const head = await readSnapshot(directory, snapshot, unseal, (entry) => state.put(entry));
  if (head.segment !== snapshot) throw new UnusableSnapshot(`it says that it is ${snapshotName(head.segment)}`);
  if (!(await listSegments(directory)).includes(snapshot)) throw new UnusableSnapshot(`${segmentName(snapshot)} is missing`);
  let batch: string | undefined;
  const recovered = await replayed(directory, options, unseal, { state, segment: snapshot, revision: head.revision }, ({ end }) => {
    batch ??= end.hash;
  });
  if (batch !== head.batch) throw new UnusableSnapshot(`it does not belong to this ${segmentName(snapshot)}`);
  if (recovered.scan.tail!.end.revision < head.revision) throw new UnusableSnapshot('the journal ends before it');
  return recovered;
}

interface From {
  readonly state: State;
  readonly segment: number;
  readonly revision: Revision;
}

async function replayed(
  directory: string,
  options: StoreOptions,
  unseal: Unseal,
  { state, segment, revision }: From = { state: new State(options.indexes ?? {}, options.now), segment: 1, revision: 0 },
  look: (batch: Batch) => void = () => {},
): Promise<Omit<Recovered, 'unusable'>> {
  const history = new History(revision, options.history);
  const replay = new Replay(state, history, unseal, revision);
  const scan = await scanJournal(
    directory,
    (batch) => {
      look(batch);
      replay.take(batch);
    },
    segment,
  );
  return { state, history, replay, scan };
}

function missing(directory: string, oldest: number, unusable: readonly number[]): string {
  const what =
    unusable.length > 0
      ? `no snapshot can be used (${unusable.map((snapshot) => snapshotPath(directory, snapshot)).join(', ')})`
      : 'no snapshot is there';
  return (
    `the journal in ${directory} cannot be opened: ${segmentName(oldest - 1)}, which comes before ${segmentName(oldest)}, is missing, and ${what}. ` +
    'Nothing was changed. Restore the directory from a copy'
  );
}
