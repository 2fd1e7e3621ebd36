import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import type { Change, Store } from '../../src/store/index.ts';
import { FaultyFiles, TellingClock } from './faults.ts';
import { commit, commitDurably, freshDirectory, linesIn, Notes, openJournal, put, remove } from './journals.ts';

const LEASE = 'coordination/leases/n/a';

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = freshDirectory();
  store = await openJournal(directory);
});

const beat = (n: number, more: Partial<Extract<Change, { op: 'put' }>> = {}) => put(LEASE, { beat: n }, { volatile: true, ...more });

/** What a crash at this moment leaves. */
function crash(): string {
  const copy = freshDirectory();
  for (const name of readdirSync(directory)) if (name !== 'lock') copyFileSync(join(directory, name), join(copy, name));
  return copy;
}

async function restart(how: 'clean' | 'crash'): Promise<Store> {
  if (how === 'crash') return openJournal(crash());
  await store.close();
  return openJournal(directory);
}

const bytes = () => readFileSync(join(directory, 'journal-000001.jsonl')).length;

describe.each(['clean', 'crash'] as const)('after a %s end', (how) => {
  test('what was only volatile is gone', async () => {
    await commitDurably(store, beat(1), put('core/pods/d/a'));
    const again = await restart(how);
    expect(again.list('').entries.map((entry) => entry.key)).toEqual(['core/pods/d/a']);
  });

  test('the last version on disk is back, with its revision', async () => {
    await commitDurably(store, put(LEASE, { beat: 0 }));
    for (let n = 1; n < 4; n++) await commitDurably(store, beat(n));
    expect((await restart(how)).get(LEASE)).toMatchObject({ revision: 1, created: 1, value: { beat: 0 } });
  });

  test('no revision is given out again', async () => {
    commit(store, put('core/pods/d/a'));
    for (let n = 0; n < 20; n++) await commitDurably(store, beat(n));
    const given = store.revision;
    const again = await restart(how);
    expect(again.revision).toBeGreaterThan(given);
    expect(commit(again, put('core/pods/d/b'))[0]!.revision).toBeGreaterThan(given + 1);
  });

  test('a watch that could have seen what is gone expires, and others resume', async () => {
    await commitDurably(store, beat(1));
    await commitDurably(store, put('core/pods/d/a'));
    const read = store.revision;
    await commitDurably(store, beat(2));
    const again = await restart(how);
    const ends = ['coordination/leases/', 'coordination/leases/n/', '', 'core/pods/'].map((prefix) => {
      const notes = new Notes();
      again.watch(prefix, read, notes);
      return notes.end;
    });
    expect(ends).toEqual(['expired', 'expired', 'expired', undefined]);
    const fresh = new Notes();
    again.watch('coordination/leases/', again.revision, fresh);
    commit(again, beat(1));
    expect(fresh).toMatchObject({ heard: [`${again.revision} +${LEASE}`], end: undefined });
  });

  test('a deletion of what was covered holds', async () => {
    await commitDurably(store, put(LEASE, { beat: 0 }));
    await commitDurably(store, beat(1));
    await commitDurably(store, remove(LEASE));
    expect((await restart(how)).get(LEASE)).toBeUndefined();
  });

  test('a version that was to expire before the one on disk was written', async () => {
    const expiresAt = new ManualClock().now() + 1000;
    await commitDurably(store, put(LEASE, { beat: 0 }));
    await commitDurably(store, beat(1, { expiresAt }));
    expect((await restart(how)).get(LEASE)?.value).toEqual({ beat: 1 });
  });
});

test('heartbeats write nothing, but that they will be', async () => {
  await commitDurably(store, beat(0));
  const before = bytes();
  for (let n = 1; n < 1000; n++) await commitDurably(store, beat(n));
  expect(bytes()).toBe(before);
  expect(linesIn(directory).filter((line) => line['op'] === 'put')).toEqual([]);
  expect(linesIn(directory).at(-2)).toMatchObject({ op: 'reserve', volatile: ['coordination/leases/'] });
});

test('more numbers are reserved before the reserved ones run out', async () => {
  const reserved = () => linesIn(directory).findLast((line) => line['op'] === 'reserve')!['upTo'] as number;
  await commitDurably(store, beat(0));
  const before = reserved();
  for (let n = 1; n < 60_000; n++) commit(store, beat(n));
  await store.durable(store.revision);
  expect(reserved()).toBeGreaterThan(before);
});

test('beside a lasting change of the same commit, it is durable with that one', async () => {
  const files = new FaultyFiles();
  const slow = await openJournal(freshDirectory(), { files });
  await commitDurably(slow, beat(0));
  const release = files.hold();
  commit(slow, put('core/pods/d/a'), beat(1));
  commit(slow, beat(2));
  expect(slow.durableRevision).toBe(1);
  release();
  await slow.durable(4);
});

test('when the disk fails, what came behind a lost change goes back with it', async () => {
  const files = new FaultyFiles();
  const failing = await openJournal(freshDirectory(), { files, clock: new TellingClock() });
  await commitDurably(failing, beat(1));
  files.fail('sync');
  commit(failing, put('core/pods/d/a'));
  commit(failing, beat(2));
  await expect(failing.durable(3)).rejects.toThrow('nothing can be written');
  expect(failing.get(LEASE)).toMatchObject({ revision: 1, value: { beat: 1 } });
});

test('a snapshot holds the version that a restart is to find', async () => {
  const folder = freshDirectory();
  const first = await openJournal(folder, { snapshots: { afterBytes: 1 } });
  commit(first, put(LEASE, { beat: 0 }), put('core/pods/d/a'));
  commit(first, beat(7), put('coordination/leases/n/b', {}, { volatile: true }));
  await first.close();
  const snapshot = readdirSync(folder).find((name) => name.startsWith('snapshot-'))!;
  const text = readFileSync(join(folder, snapshot), 'utf8');
  expect(text).toContain('"value":{"beat":0}');
  expect(text).not.toMatch(/"beat":7|leases\/n\/b/);
  expect((await openJournal(folder)).list('').entries.map(({ key, revision }) => [key, revision])).toEqual([
    [LEASE, 1],
    ['core/pods/d/a', 2],
  ]);
});
