import { existsSync } from 'node:fs';
import { isStatus, systemClock, UserError, type Millis } from '../base/index.ts';
import { readJournal, readRunning, type JournalRecord } from '../daemon/index.ts';
import { connect, dataDirNear, type Where } from './connect.ts';

/** Between two tries to reach a daemon that has ended. */
const LOOK_AGAIN: Millis = 1000;

/** The journal's records: a daemon that runs is asked for them, and where none does they are read from its files. */
export async function* readRecords(where: Where, follow?: AbortSignal): AsyncIterable<JournalRecord> {
  for (let after = 0; ;) {
    const dir = dataDirNear(where);
    if (dir && existsSync(dir.journal) && !readRunning(dir)) return yield* readJournal(dir.journal, { after, follow });
    try {
      for await (const record of served(where, after, follow)) {
        after = record.sequence;
        yield record;
      }
    } catch (error) {
      // Who follows sees a daemon come back; who never reached one is told so.
      if (after === 0 || !follow || !isStatus(error, 'ServiceUnavailable')) throw error;
    }
    if (!follow || follow.aborted) return;
    await systemClock.sleep(LOOK_AGAIN, follow).catch(() => undefined);
  }
}

async function* served(where: Where, after: number, follow: AbortSignal | undefined): AsyncIterable<JournalRecord> {
  const connection = connect(where);
  try {
    const signal = follow ?? new AbortController().signal;
    const lines = connection.client.lines('/journal', { after, follow: follow && true }, signal);
    for await (const line of lines) yield recordOf(line as Line);
  } catch (error) {
    throw isStatus(error, 'NotFound') ? new UserError('this server keeps no journal: it is not the API of Slipway') : error;
  } finally {
    await connection.close();
  }
}

type Line = JournalRecord & { readonly value?: unknown };

function recordOf({ value, ...record }: Line): JournalRecord {
  return value === undefined ? (record as JournalRecord) : ({ ...record, text: JSON.stringify(value) } as JournalRecord);
}
