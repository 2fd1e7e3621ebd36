import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { findDataDir, formatRecord, matchesObject, readJournal, verifyJournal, type JournalRecord } from '../daemon/index.ts';

interface LogOptions {
  readonly dataDir?: string;
  readonly follow?: boolean;
  readonly object?: string;
  readonly since?: string;
  readonly output: string;
}

export async function log(options: LogOptions): Promise<void> {
  const { journal } = findDataDir(options.dataDir);
  const since = options.since === undefined ? undefined : parseSince(options.since, Date.now());
  const wanted = options.object === undefined ? () => true : matchesObject(options.object);
  const end = new AbortController();
  process.once('SIGINT', () => end.abort());
  for await (const record of readJournal(journal, options.follow ? { follow: end.signal } : {})) {
    if ((since !== undefined && Date.parse(record.at) < since) || !wanted(record)) continue;
    process.stdout.write(options.output === 'json' ? `${asJson(record)}\n` : `${colourTime(formatRecord(record))}\n`);
  }
}

export async function verify(_options: unknown, command: { optsWithGlobals(): { dataDir?: string } }): Promise<number> {
  const { journal } = findDataDir(command.optsWithGlobals().dataDir);
  const { segments, records, batches, unfinished, problem } = await verifyJournal(journal);
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

function asJson({ text, ...record }: JournalRecord): string {
  return text === undefined ? JSON.stringify(record) : `${JSON.stringify(record).slice(0, -1)},"value":${text}}`;
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
