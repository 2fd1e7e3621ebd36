import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { readJournal, verifyJournal, type JournalOptions, type JournalRecord, type Store } from '../../src/store/index.ts';
import { FaultyFiles, tellingLog, type Operation } from './faults.ts';
import { commitDurably, freshDirectory, openJournal, put, stateOf } from './journals.ts';

const COMPRESSED = 'journal segment compressed';
const REMOVED = 'journal segment removed, as the retention says';

let directory: string;
let clock: ManualClock;
let telling: ReturnType<typeof tellingLog>;

beforeEach(() => {
  directory = freshDirectory();
  clock = new ManualClock();
  telling = tellingLog();
});

const open = (options: Partial<JournalOptions> = {}) =>
  openJournal(directory, { clock, segmentBytes: 1500, snapshots: { afterBytes: 1, ratio: 0 }, log: telling.log, ...options });

/** Writes until the log has said something so often. */
async function writeUntil(store: Store, message: string, times: number): Promise<void> {
  const done = telling.saying(message, times).then(() => true);
  for (let n = 0; !(await Promise.race([done, false])); n++) {
    await clock.advance(60_000);
    await commitDurably(store, put(`core/pods/d/${n % 9}`, { n, filler: 'x'.repeat(300) }));
  }
}

const names = () =>
  readdirSync(directory)
    .filter((name) => name.startsWith('journal-'))
    .toSorted();
const records = (after = 0): Promise<JournalRecord[]> => Array.fromAsync(readJournal(directory, { after }));

test('segments that no start needs are compressed, and are read, verified and followed like the others', async () => {
  const store = await open();
  await writeUntil(store, COMPRESSED, 3);
  await store.close();
  expect(names().slice(0, 3)).toEqual(['journal-000001.jsonl.gz', 'journal-000002.jsonl.gz', 'journal-000003.jsonl.gz']);
  expect(names().at(-1)).toMatch(/\.jsonl$/);
  const all = await records();
  expect(all.map((record) => (record.op === 'put' ? record.revision : undefined))).toEqual(all.map((_, n) => n + 1));
  for (const at of [0, 4, all.length - 1]) expect(await records(all[at]!.sequence)).toHaveLength(all.length - at - 1);
  expect(await verifyJournal(directory)).toMatchObject({ unfinished: 0 });
  expect((await verifyJournal(directory)).problem).toBeUndefined();
});

test.each<[Operation, RegExp]>([
  ['draft', /\.gz/],
  ['write', /\.gz/],
  ['sync', /\.gz/],
  ['rename', /\.gz/],
  ['remove', /^journal-000001\.jsonl$/],
])('a disk that refuses the %s of a compression loses nothing, and it is made up for', async (operation, on) => {
  const files = new FaultyFiles();
  const store = await open({ files });
  files.fail(operation, 'ENOSPC', on);
  await writeUntil(store, 'journal upkeep failed; it is tried again at the next segment', 1);
  expect(names()).toContain('journal-000001.jsonl');
  expect((await verifyJournal(directory)).problem).toBeUndefined();
  files.mend();
  await writeUntil(store, COMPRESSED, 3);
  const state = stateOf(store);
  await store.close();
  expect(readdirSync(directory).filter((name) => name.endsWith('.draft') || name === 'journal-000001.jsonl')).toEqual([]);
  expect(stateOf(await openJournal(directory))).toEqual(state);
});

test('a compressed segment is the segment, for zcat', async () => {
  const store = await open();
  await writeUntil(store, COMPRESSED, 1);
  const lines = gunzipSync(readFileSync(join(directory, 'journal-000001.jsonl.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  expect(JSON.parse(lines[0]!)).toMatchObject({ op: 'segment', segment: 1 });
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ op: 'end' });
});

test('a segment that is there in both forms, since a crash came between, does no harm', async () => {
  const store = await open();
  await writeUntil(store, COMPRESSED, 1);
  const [state, all] = [stateOf(store), await records()];
  await store.close();
  writeFileSync(join(directory, 'journal-000001.jsonl'), gunzipSync(readFileSync(join(directory, 'journal-000001.jsonl.gz'))));
  expect(await records()).toEqual(all);
  expect(stateOf(await openJournal(directory))).toEqual(state);
});

test.each([
  ['their number of bytes', { bytes: 3000 }],
  ['their age', { ageMs: 30 * 60_000 }],
])('the oldest go by %s, and the journal is read and verified from the first that is kept', async (_by, retention) => {
  const store = await open({ retention });
  await writeUntil(store, REMOVED, 4);
  const state = stateOf(store);
  await store.close();
  expect(names()[0]! > 'journal-000004').toBe(true);
  expect((await verifyJournal(directory)).problem).toBeUndefined();
  const [first, ...rest] = (await records()).map((record) => (record.op === 'put' ? record.revision : 0));
  expect(first).toBeGreaterThan(4);
  expect(rest).toEqual(rest.map((_, n) => first! + 1 + n));
  expect(stateOf(await openJournal(directory))).toEqual(state);
});

test('whatever the retention, a damaged snapshot can still be made good by the one before it', async () => {
  const store = await open({ retention: { bytes: 0 } });
  await writeUntil(store, REMOVED, 4);
  const state = stateOf(store);
  await store.close();
  const newest = readdirSync(directory).findLast((name) => name.startsWith('snapshot-'))!;
  writeFileSync(join(directory, newest), 'damaged');
  expect(stateOf(await openJournal(directory))).toEqual(state);
});

test('nothing is removed while there is no second snapshot', async () => {
  const store = await open({ retention: { bytes: 0 }, snapshots: { afterBytes: 2 ** 30 } });
  for (let n = 0; n < 30; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
  await store.close();
  expect(names()[0]).toBe('journal-000001.jsonl');
});

test('damage in a compressed segment is found by verify, with the way on, and is no matter for the start', async () => {
  const store = await open();
  await writeUntil(store, COMPRESSED, 3);
  const state = stateOf(store);
  await store.close();
  const path = join(directory, 'journal-000002.jsonl.gz');
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 0x10;
  writeFileSync(path, bytes);
  const { problem } = await verifyJournal(directory);
  expect(problem).toMatch(
    /journal-000002\.jsonl\.gz line \d+: .*to give up the history up to the end of this file, .* run: rm '.*journal-000001\.jsonl\.gz' && rm '.*journal-000002\.jsonl\.gz'$/,
  );
  const again = await openJournal(directory);
  expect(stateOf(again)).toEqual(state);
  await again.close();
  for (const name of ['journal-000001.jsonl.gz', 'journal-000002.jsonl.gz']) rmSync(join(directory, name));
  expect((await verifyJournal(directory)).problem).toBeUndefined();
});
