import { expect, test } from 'vitest';
import { isStatus } from '../../src/base/index.ts';
import { FaultyFiles, tellingLog } from './faults.ts';
import { CAUSE, commit, commitDurably, freshDirectory, linesIn, openJournal, put, stateOf } from './journals.ts';

const MEGABYTE = 'x'.repeat(2 ** 20);

test('while the disk is slow, commits are refused once enough of them wait, and taken again when it caught up', async () => {
  const files = new FaultyFiles();
  const store = await openJournal(freshDirectory(), { files, unwrittenBytes: 3.5 * 2 ** 20 });
  const release = files.hold();
  for (let n = 0; n < 4; n++) commit(store, put(`core/pods/d/${n}`, { filler: MEGABYTE }));
  const before = stateOf(store);
  const refused = () => store.commit([put('core/pods/d/more')], CAUSE);
  expect(refused).toThrow(
    /^4 MB of changes wait for the disk of .*, which is slower than they come: nothing was changed\. Try again in a moment$/,
  );
  try {
    refused();
  } catch (error) {
    expect(isStatus(error, 'TooManyRequests')).toBe(true);
  }
  expect(stateOf(store)).toEqual(before);
  release();
  await store.durable(4);
  await commitDurably(store, put('core/pods/d/more'));
});

test('volatile changes that wait behind others count as well', async () => {
  const files = new FaultyFiles();
  const store = await openJournal(freshDirectory(), { files, unwrittenBytes: 1.5 * 2 ** 20 });
  const release = files.hold();
  commit(store, put('core/pods/d/a'));
  for (let n = 0; n < 2; n++) commit(store, put('core/leases/n', { filler: MEGABYTE }, { volatile: true }));
  expect(() => store.commit([put('core/leases/n', {}, { volatile: true })], CAUSE)).toThrow('wait for the disk');
  release();
});

test('log entries that wait are bounded, and the journal says how many were dropped', async () => {
  const files = new FaultyFiles();
  const directory = freshDirectory();
  const { log, saying } = tellingLog();
  const store = await openJournal(directory, { files, log });
  const release = files.hold();
  for (let n = 0; n < 6; n++) store.record({ event: 'seen', message: MEGABYTE });
  release();
  await saying('journal dropped log entries, since the disk was slow');
  await store.close();
  const entries = linesIn(directory).filter((line) => line['op'] === 'log');
  expect(entries.map((line) => line['event'])).toEqual(['seen', 'seen', 'seen', 'journal']);
  expect(entries.at(-1)).toMatchObject({ fields: { droppedEntries: 3 } });
});
