import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { formatRecord, journalLine, matchesObject, verifyJournal, type JournalRecord } from '../daemon/index.ts';
import { dataDirNear, type Where } from './connect.ts';
import { formatTold, inFull, isTold, Names, ofApplication } from './journal.ts';
import { printJson } from './output.ts';
import { readRecords } from './records.ts';

interface LogOptions extends Where {
  readonly follow?: boolean;
  readonly app?: string;
  readonly object?: string;
  readonly since?: string;
  readonly output: string;
}

/** All that the journal has. */
export function log(options: LogOptions): Promise<void> {
  return print(options, () => true, formatRecord);
}

/** What happened, without each write. */
export function events(options: LogOptions): Promise<void> {
  return print(options, isTold, formatTold);
}

async function print(options: LogOptions, isMeant: (record: JournalRecord) => boolean, format: (record: JournalRecord) => string) {
  const since = options.since === undefined ? undefined : parseSince(options.since, Date.now());
  const ofApp = options.app === undefined ? () => true : ofApplication(options.app);
  const ofObject = options.object === undefined ? () => true : matchesObject(inFull(options.object));
  const met = new Names();
  const isAsked = (options.app ?? options.object) !== undefined;
  let isKnown = false;
  const end = new AbortController();
  process.once('SIGINT', () => end.abort());
  for await (const record of readRecords(options, options.follow ? end.signal : undefined)) {
    if (isAsked) met.add(record);
    // Who belongs to an application is learned from all that came before.
    if (!ofApp(record) || !ofObject(record)) continue;
    isKnown = true;
    if (!isMeant(record)) continue;
    if (since !== undefined && Date.parse(record.at) < since) continue;
    process.stdout.write(options.output === 'json' ? `${journalLine(record)}\n` : `${colourTime(format(record))}\n`);
  }
  if (isAsked && !isKnown && !options.follow) throw new UserError(met.whyNothing(options));
}

export async function verify(_options: unknown, command: { optsWithGlobals(): Where & { output: string } }): Promise<number> {
  const { output, ...where } = command.optsWithGlobals();
  const dir = dataDirNear(where);
  if (!dir) throw new UserError('the chain is checked on the files of the journal: run this where the daemon does, with --data-dir');
  const verdict = await verifyJournal(dir.journal);
  const { segments, records, batches, unfinished, problem } = verdict;
  if (output === 'json') {
    printJson(verdict);
    return problem ? 1 : 0;
  }
  if (problem) {
    process.stderr.write(`${colours.red('error:')} ${problem}\n`);
    return 1;
  }
  process.stdout.write(
    `${records} records in ${batches} batches in ${segments} ${segments === 1 ? 'file' : 'files'}: every checksum and the chain hold\n`,
  );
  if (unfinished > 0)
    process.stdout.write(`${unfinished} bytes after them are not finished: a batch that is being written, or what a crash left\n`);
  return 0;
}

const colourTime = (line: string) => line.replace(/^\S+/, (time) => colours.dim(time));

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10m`, `2h`, or a time. */
export function parseSince(text: string, now: number): number {
  const duration = /^(\d+)([smhd])$/.exec(text);
  if (duration) return now - Number(duration[1]) * UNITS[duration[2]!]!;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UserError(`--since ${text}: expected a duration such as 10m, or a time such as 2026-01-31T10:00:00Z`);
  return at;
}
