import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../src/base/index.ts';
import { readJournal, verifyJournal, type JournalRecord, type ReadOptions } from '../../src/store/index.ts';
import { commitDurably, freshDirectory, openJournal, put, remove } from './journals.ts';

async function readAll(directory: string, options?: ReadOptions): Promise<JournalRecord[]> {
  return Array.fromAsync(readJournal(directory, options));
}

const brief = (record: JournalRecord) => (record.op === 'log' ? record.message : `${record.op} ${record.key}`);

/** Hands out the records that come, one at a time. */
function follow(directory: string, after = 0) {
  const stop = new AbortController();
  const records = readJournal(directory, { after, follow: stop.signal });
  return { next: async () => brief((await records.next()).value!), end: async () => (stop.abort(), (await records.next()).done) };
}

test('gives changes and log entries in their order, each with a number to go on from', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  await commitDurably(store, put('core/pods/d/a', { n: 1 }));
  store.record({ event: 'seen', message: 'a commit' });
  await commitDurably(store, remove('core/pods/d/a'));
  const records = await readAll(directory);
  expect(records.map(brief)).toEqual(['put core/pods/d/a', 'a commit', 'delete core/pods/d/a']);
  expect(records[0]).toMatchObject({ text: '{"n":1}', revision: 1, by: 'test' });
  expect((await readAll(directory, { after: records[0]!.sequence })).map(brief)).toEqual(['a commit', 'delete core/pods/d/a']);
});

test('goes over segments, and begins in the one that holds the place', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory, { segmentBytes: 500 });
  for (let n = 0; n < 12; n++) await commitDurably(store, put(`core/pods/d/${n}`));
  const records = await readAll(directory);
  expect(records.map(brief)).toEqual(Array.from({ length: 12 }, (_, n) => `put core/pods/d/${n}`));
  for (const [n, { sequence }] of records.entries()) expect(await readAll(directory, { after: sequence })).toHaveLength(11 - n);
});

test('leaves out what has no whole batch yet', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  await commitDurably(store, put('core/pods/d/a'));
  const path = join(directory, 'journal-000001.jsonl');
  const change = readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.includes('"put"'));
  appendFileSync(path, `${change}\n${change!.slice(0, 30)}`);
  expect(await readAll(directory)).toHaveLength(1);
});

test('follows what is written, over segments, until it is told to stop', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory, { segmentBytes: 500 });
  const reading = follow(directory);
  for (let n = 0; n < 6; n++) {
    const next = reading.next();
    await commitDurably(store, put(`core/pods/d/${n}`));
    expect(await next).toBe(`put core/pods/d/${n}`);
  }
  expect(await reading.end()).toBe(true);
});

test('follows a journal that begins later', async () => {
  const directory = freshDirectory();
  const reading = follow(directory);
  const next = reading.next();
  const store = await openJournal(directory);
  await commitDurably(store, put('core/pods/d/a'));
  expect(await next).toBe('put core/pods/d/a');
  expect(await reading.end()).toBe(true);
});

test('a follower does not mind that a torn tail is cut and written anew', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  const reading = follow(directory);
  await commitDurably(store, put('core/pods/d/a'));
  expect(await reading.next()).toBe('put core/pods/d/a');
  const path = join(directory, 'journal-000001.jsonl');
  const { length } = readFileSync(path);
  const next = reading.next();
  appendFileSync(path, '{"at":"2026-01-01T00:00:00.000Z","op":"put","revi');
  truncateSync(path, length);
  await commitDurably(store, put('core/pods/d/b'));
  expect(await next).toBe('put core/pods/d/b');
  expect(await reading.end()).toBe(true);
});

test('a directory that is not there is said to hold no journal', async () => {
  const missing = join(freshDirectory(), 'missing');
  await expect(readAll(missing)).rejects.toBeInstanceOf(UserError);
  await expect(verifyJournal(missing)).rejects.toThrow(`there is no journal in ${missing}`);
});
