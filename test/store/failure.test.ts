import { beforeEach, describe, expect, test } from 'vitest';
import { isStatus, UserError } from '../../src/base/index.ts';
import { openStore, verifyJournal, type Store } from '../../src/store/index.ts';
import { FaultyFiles, TellingClock, tellingLog, type Operation } from './faults.ts';
import { CAUSE, commit, commitDurably, freshDirectory, linesIn, Notes, openJournal, put, remove, segmentsIn, stateOf } from './journals.ts';

let files: FaultyFiles;
let clock: TellingClock;
let telling: ReturnType<typeof tellingLog>;
let directory: string;
let store: Store;

const OPTIONS = { indexes: { owner: (_key: string, value: unknown) => (value as { owners?: string[] }).owners ?? [] } };

beforeEach(async () => {
  files = new FaultyFiles();
  clock = new TellingClock();
  telling = tellingLog();
  directory = freshDirectory();
  store = await openJournal(directory, { files, clock, log: telling.log, ...OPTIONS });
  await commitDurably(store, put('core/pods/d/kept', { owners: ['x'] }), put('core/pods/d/gone'));
});

/** Commits what the disk then refuses. */
async function commitInVain(): Promise<unknown> {
  commit(store, put('core/pods/d/kept', { owners: ['y'] }), remove('core/pods/d/gone'), put('core/pods/d/new'));
  return store.durable(store.revision).then(
    () => expect.fail('the disk was meant to fail'),
    (error: unknown) => error,
  );
}

/** Lets the time of the next attempt come. */
async function retry(): Promise<void> {
  await clock.timer();
  await clock.advance(30_000);
}

async function recover(): Promise<void> {
  await clock.timer();
  files.mend();
  await retry();
  await telling.saying('journal is written again');
  await commitDurably(store, put('core/pods/d/after'));
}

const FAULTS: [name: string, breakDisk: (files: FaultyFiles) => void][] = [
  ['fdatasync fails', (disk) => disk.fail('sync')],
  ['a write fails', (disk) => disk.fail('write', 'ENOSPC')],
  ['a write fails halfway', (disk) => disk.failHalfway()],
];

describe.each(FAULTS)('when %s', (_name, breakDisk) => {
  test('memory goes back to what the disk has', async () => {
    const before = stateOf(store);
    breakDisk(files);
    const error = await commitInVain();
    expect(isStatus(error, 'ServiceUnavailable')).toBe(true);
    expect(stateOf(store)).toEqual(before);
    expect(store.byIndex('owner', 'x').map((entry) => entry.key)).toEqual(['core/pods/d/kept']);
    expect(store.byIndex('owner', 'y')).toEqual([]);
    expect([store.revision, store.durableRevision]).toEqual([2, 2]);
  });

  test('watches end, since they told of what is not so', async () => {
    const notes = new Notes();
    store.watch('core/pods/', 2, notes);
    breakDisk(files);
    await commitInVain();
    expect(notes).toMatchObject({ heard: ['3 ~core/pods/d/kept', '4 -core/pods/d/gone', '5 +core/pods/d/new'], end: 'rolledBack' });
  });

  test('reading goes on, and writing says why it does not', async () => {
    breakDisk(files);
    await commitInVain();
    expect(store.get('core/pods/d/kept')).toBeDefined();
    expect(() => store.commit([put('core/pods/d/a')], CAUSE)).toThrow(
      /nothing can be written: the journal in .* failed \((EIO|ENOSPC): .*\)\. Make room or mend the disk/,
    );
    await store.durable(2);
  });

  test('writing goes on by itself once the disk works, with new revisions in a new segment', async () => {
    breakDisk(files);
    await commitInVain();
    await retry();
    await clock.timer();
    expect(() => store.commit([put('core/pods/d/a')], CAUSE)).toThrow('nothing can be written');
    await recover();
    expect(store.get('core/pods/d/after')!.revision).toBeGreaterThan(5);
    expect(
      files.done.filter(
        (what) => /^(write|sync) journal-000001/.test(what) && files.done.indexOf(what) > files.done.indexOf('create journal-000002.jsonl'),
      ),
    ).toEqual([]);
    const state = stateOf(store);
    await store.close();
    expect((await verifyJournal(directory)).problem).toBeUndefined();
    expect(stateOf(await openJournal(directory))).toEqual(state);
  });
});

test('a revision that was lost is never durable, and no watch begins at it', async () => {
  files.fail('sync');
  await commitInVain();
  await recover();
  await expect(store.durable(4)).rejects.toThrow('revision 4 could not be written to disk and was taken back');
  const [lost, kept] = [new Notes(), new Notes()];
  store.watch('core/pods/', 4, lost);
  store.watch('core/pods/', 2, kept);
  expect(lost.end).toBe('expired');
  expect(kept.heard).toEqual([`${store.revision} +core/pods/d/after`]);
});

test('commits that had gathered behind the failing batch are taken back with it', async () => {
  const release = files.hold();
  commit(store, put('core/pods/d/first'));
  await clock.settle();
  commit(store, put('core/pods/d/first', { again: true }), put('core/pods/d/second'));
  files.fail('sync');
  release();
  await expect(store.durable(5)).rejects.toThrow('nothing can be written');
  expect(Object.keys(stateOf(store))).toEqual(['core/pods/d/gone', 'core/pods/d/kept']);
});

test('the journal shows the batch that was taken back no more, whether or not the old segment could be cut', async () => {
  for (const operation of ['sync', 'truncate'] as Operation[]) files.fail(operation);
  await commitInVain();
  await recover();
  const state = stateOf(store);
  await store.close();
  expect(segmentsIn(directory)).toHaveLength(2);
  expect(linesIn(directory).some((line) => line['key'] === 'core/pods/d/new')).toBe(true);
  expect((await verifyJournal(directory)).problem).toBeUndefined();
  expect(stateOf(await openJournal(directory))).toEqual(state);
});

test.each<Operation>(['create', 'write', 'sync', 'syncDirectory'])(
  'a disk that is full when a segment follows on another, at its %s, takes back that batch alone; it goes on once there is room',
  async (operation) => {
    const rotating = freshDirectory();
    store = await openJournal(rotating, { files, clock, log: telling.log, segmentBytes: 1 });
    await commitDurably(store, put('core/pods/d/kept', {}), put('core/pods/d/gone'));
    const before = stateOf(store);
    files.fail(operation, 'ENOSPC', /^(?!journal-000001)/);
    await commitInVain();
    expect(stateOf(store)).toEqual(before);
    await recover();
    const state = stateOf(store);
    await store.close();
    expect((await verifyJournal(rotating)).problem).toBeUndefined();
    expect(stateOf(await openJournal(rotating))).toEqual(state);
  },
);

test('a new segment that fails as well is made again', async () => {
  files.fail('sync');
  await commitInVain();
  for (const operation of ['create', 'syncDirectory', 'sync'] as Operation[]) {
    files.mend();
    files.fail(operation);
    await retry();
    await clock.timer();
  }
  await recover();
  await store.close();
  expect(segmentsIn(directory)).toEqual(['journal-000001.jsonl', 'journal-000002.jsonl']);
  expect((await verifyJournal(directory)).problem).toBeUndefined();
});

test('what happened meanwhile is in the journal afterwards, with the failure', async () => {
  files.fail('sync');
  await commitInVain();
  store.record({ event: 'seen', message: 'a commit' });
  await recover();
  const events = linesIn(directory).filter((line) => line['op'] === 'log');
  expect(events).toEqual([
    expect.objectContaining({ event: 'seen', message: 'a commit' }),
    expect.objectContaining({ event: 'journal', fields: { since: '2026-01-01T00:00:00.000Z', lost: 3, droppedEntries: 0 } }),
  ]);
});

test('a store that cannot write closes all the same', async () => {
  files.fail('sync');
  await commitInVain();
  await store.close();
  expect(Object.keys(stateOf(await openJournal(directory)))).toEqual(['core/pods/d/gone', 'core/pods/d/kept']);
});

test('a directory that cannot be written is refused at the start, in words', async () => {
  const broken = new FaultyFiles();
  broken.fail('write', 'ENOSPC');
  const opening = openStore(freshDirectory(), { now: () => clock.now(), clock, files: broken });
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toThrow(/the journal in .* cannot be opened: ENOSPC/);
});

test('what was vouched for and cannot be written fails like the disk: it is taken back with all of its batch, and the store goes on', async () => {
  const before = stateOf(store);
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  commit(store, put('core/pods/d/new', { n: 1 }, { isJson: true }));
  commit(store, put('core/pods/d/loop', loop, { isJson: true }), put('core/pods/d/kept', { n: 2 }));
  await expect(store.durable(store.revision)).rejects.toMatchObject({
    reason: 'ServiceUnavailable',
    message: expect.stringContaining('circular'),
  });
  expect(stateOf(store)).toEqual(before);
  await recover();
  await store.close();
  const again = await openJournal(directory);
  expect(again.list('core/pods/').entries.map(({ key }) => key)).toEqual(['core/pods/d/after', 'core/pods/d/gone', 'core/pods/d/kept']);
});
