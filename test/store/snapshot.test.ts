import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, UserError } from '../../src/base/index.ts';
import { verifyJournal, type JournalOptions, type Store } from '../../src/store/index.ts';
import { FaultyFiles, tellingLog } from './faults.ts';
import { commit, commitDurably, freshDirectory, Notes, openJournal, put, QUICK_FILES, remove, segmentsIn, stateOf } from './journals.ts';

const WRITTEN = 'journal snapshot written';
const PASSED_OVER = 'journal: passed over a snapshot that cannot be used';
/** A snapshot at the beginning of each segment. */
const EAGER = { segmentBytes: 1500, snapshots: { afterBytes: 1, ratio: 0 } };

let directory: string;
let telling: ReturnType<typeof tellingLog>;

beforeEach(() => {
  directory = freshDirectory();
  telling = tellingLog();
});

const open = (options: Partial<JournalOptions> = {}) => openJournal(directory, { ...EAGER, log: telling.log, ...options });

const snapshotsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('snapshot-'))
    .toSorted();

/** What a crash at this moment leaves. */
function copyOf(folder: string): string {
  const copy = freshDirectory();
  for (const name of readdirSync(folder)) if (name !== 'lock') copyFileSync(join(folder, name), join(copy, name));
  return copy;
}

/** Writes until so many snapshots were written since the log was made. */
async function writeUntilSnapshots(store: Store, snapshots: number): Promise<void> {
  const done = telling.saying(WRITTEN, snapshots).then(() => true);
  for (let n = 0; !(await Promise.race([done, false])); n++) {
    await commitDurably(
      store,
      put(`core/pods/d/${n % 7}`, { n, text: 'ü"\n' }),
      n % 5 === 0 ? remove('core/nodes/y') : put(`core/nodes/${n % 2 ? 'x' : 'y'}`, { n }),
    );
  }
}

/** Two snapshots, and changes after the second; the state, after a crash or a clean end. */
async function journalWithSnapshots(): Promise<{ crashed: string; state: Record<string, unknown> }> {
  const store = await open();
  await writeUntilSnapshots(store, 2);
  await commitDurably(store, put('core/pods/d/after'), remove('core/nodes/x'));
  return { crashed: copyOf(directory), state: stateOf(store) };
}

/** A store with `a` on disk, `b` at the beginning of the second segment, and `ahead` only in memory when its snapshot is taken. */
async function aheadOfDisk(refused: string): Promise<{ store: Store; release: () => void }> {
  let gate = Promise.resolve();
  const create: typeof QUICK_FILES.create = async (path) => {
    const file = await QUICK_FILES.create(path);
    const write = async (pieces: readonly Uint8Array[]) => {
      await gate;
      if (Buffer.concat(pieces).includes(refused)) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      await file.write(pieces);
    };
    return { write, sync: () => file.sync(), close: () => file.close() };
  };
  const clock = new ManualClock();
  const store = await open({ clock, segmentBytes: 600, files: { ...QUICK_FILES, create } });
  await commitDurably(store, put('core/pods/d/a', { filler: 'x'.repeat(700) }));
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  commit(store, put('core/pods/d/b'));
  await clock.settle();
  commit(store, put('core/pods/d/ahead'));
  return { store, release: resolve };
}

describe('a start', () => {
  test('needs the newest snapshot and the segments from there on, and nothing older', async () => {
    const { crashed, state } = await journalWithSnapshots();
    const newest = snapshotsIn(crashed).at(-1)!;
    const first = newest.replace('snapshot', 'journal');
    for (const name of readdirSync(crashed)) if (name !== newest && name < first) rmSync(join(crashed, name));
    expect(stateOf(await openJournal(crashed))).toEqual(state);
  });

  test('finds the same with the snapshots as without', async () => {
    const { crashed, state } = await journalWithSnapshots();
    const without = copyOf(crashed);
    for (const name of snapshotsIn(without)) rmSync(join(without, name));
    for (const folder of [crashed, without]) {
      const store = await openJournal(folder);
      expect(stateOf(store)).toEqual(state);
      expect(commit(store, put('core/pods/d/new'))[0]!.revision).toBeGreaterThan(50_000);
    }
  });

  test('resumes a watch from the snapshot on, and not from before it', async () => {
    const { crashed } = await journalWithSnapshots();
    const newest = readFileSync(join(crashed, snapshotsIn(crashed).at(-1)!), 'utf8');
    const { revision } = JSON.parse(newest.slice(0, newest.indexOf('\n'))) as { revision: number };
    const store = await openJournal(crashed);
    const [before, from] = [new Notes(), new Notes()];
    store.watch('core/pods/', revision - 1, before);
    store.watch('core/pods/', revision, from);
    expect(before.end).toBe('expired');
    expect(from.heard.at(-1)).toMatch(/\+core\/pods\/d\/after$/);
  });
});

describe('a snapshot', () => {
  test('is written at a clean end after enough changes, and not after few', async () => {
    const store = await openJournal(directory, { snapshots: { afterBytes: 8000 } });
    for (let n = 0; n < 10; n++) commit(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    const state = stateOf(store);
    await store.close();
    expect(snapshotsIn(directory)).toEqual(['snapshot-000002.jsonl']);
    rmSync(join(directory, 'journal-000001.jsonl'));
    const again = await openJournal(directory, { snapshots: { afterBytes: 8000 } });
    expect(stateOf(again)).toEqual(state);
    expect(commit(again, put('core/pods/d/next'))[0]!.revision).toBe(11);
    await again.close();
    expect(snapshotsIn(directory)).toEqual(['snapshot-000002.jsonl']);
  });

  test('waits until the journal has outgrown the last one', async () => {
    const store = await open({ snapshots: { afterBytes: 1, ratio: 1 } });
    for (let n = 0; n < 60; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    await store.close();
    const sizes = telling.said.filter(({ msg }) => msg === WRITTEN).map(({ bytes }) => bytes as number);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.length).toBeLessThan(segmentsIn(directory).length / 2);
  });

  test('waits until the burst that filled a segment is over', async () => {
    const clock = new ManualClock();
    const store = await open({ clock, patience: { pauseMs: 1000, busyBytes: 1000 } });
    for (let n = 0; n < 10; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    await clock.advance(1000);
    expect(snapshotsIn(directory)).toEqual([]);
    const written = telling.saying(WRITTEN, 1);
    await clock.advance(1000);
    await written;
    expect(snapshotsIn(directory)).toHaveLength(1);
  });

  test('does not wait any longer when the store is closed', async () => {
    const store = await open({ clock: new ManualClock(), patience: { pauseMs: 1000 } });
    for (let n = 0; n < 10; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    expect(snapshotsIn(directory)).toEqual([]);
    await store.close();
    expect(snapshotsIn(directory)).toHaveLength(1);
    expect(telling.said.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });

  test('does not wait for ever', async () => {
    const clock = new ManualClock();
    const store = await open({ clock, patience: { pauseMs: 1000, busyBytes: 1000, mostBytes: 3000 } });
    const written = telling.saying(WRITTEN, 1);
    for (let n = 0; n < 10; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    await clock.advance(1000);
    await written;
  });

  test('checks itself with ordinary tools: its end is the SHA-256 of the lines before', async () => {
    const { crashed } = await journalWithSnapshots();
    const text = readFileSync(join(crashed, snapshotsIn(crashed).at(-1)!), 'utf8');
    const lines = text.trimEnd().split('\n');
    const end = JSON.parse(lines.at(-1)!) as { objects: number; hash: string };
    expect(end.objects).toBe(lines.length - 2);
    expect(end.hash).toBe(
      createHash('sha256')
        .update(`${lines.slice(0, -1).join('\n')}\n`)
        .digest('hex'),
    );
  });

  test('is written in pieces, and is of one moment whatever is committed meanwhile', async () => {
    const sizes: number[] = [];
    let store: Store;
    const draft: typeof QUICK_FILES.draft = async (path) => {
      const file = await QUICK_FILES.draft(path);
      const write = async (pieces: readonly Uint8Array[]) => {
        sizes.push(Buffer.concat(pieces).length);
        if (store.get('core/pods/d/0'))
          commit(store, remove(`core/pods/d/0`), put(`core/pods/d/999${sizes.length}`), put('core/pods/d/500', {}));
        await file.write(pieces);
      };
      return { write, sync: () => file.sync(), close: () => file.close() };
    };
    store = await openJournal(directory, {
      files: { ...QUICK_FILES, draft },
      log: telling.log,
      segmentBytes: 3_000_000,
      snapshots: { afterBytes: 1 },
    });
    for (let n = 0; n < 1000; n++) commit(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(3000) }));
    await store.durable(store.revision);
    await commitDurably(store, put('core/pods/d/last'));
    await telling.saying(WRITTEN);
    await store.durable(store.revision);
    const lines = readFileSync(join(directory, snapshotsIn(directory)[0]!), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('"op":"object"'))).toHaveLength(1001);
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThan(270_000);
    expect(stateOf(await openJournal(copyOf(directory)))).toEqual(stateOf(store));
  });

  test('that the disk refuses is no harm, and leaves nothing behind', async () => {
    const files = new FaultyFiles();
    const store = await open({ files });
    files.fail('rename');
    for (let n = 0; n < 20; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
    await telling.saying('journal upkeep failed; it is tried again at the next segment');
    files.mend();
    await writeUntilSnapshots(store, 1);
    const state = stateOf(store);
    await store.close();
    expect(readdirSync(directory).filter((name) => name.endsWith('.draft'))).toEqual([]);
    expect(stateOf(await openJournal(directory))).toEqual(state);
  });

  test('of changes that the disk then refuses never gets its name', async () => {
    const { store, release } = await aheadOfDisk('core/pods/d/ahead');
    release();
    await Promise.race([telling.saying(WRITTEN), telling.saying('journal upkeep failed; it is tried again at the next segment')]);
    expect(store.get('core/pods/d/ahead')).toBeUndefined();
    expect(snapshotsIn(directory)).toEqual([]);
    expect(Object.keys(stateOf(await openJournal(copyOf(directory))))).toEqual(['core/pods/d/a', 'core/pods/d/b']);
  });
});

describe('a damaged snapshot', () => {
  test('is passed over with a line in the log, wherever it is damaged: the one before it serves', async () => {
    const { crashed, state } = await journalWithSnapshots();
    const name = snapshotsIn(crashed).at(-1)!;
    const bytes = readFileSync(join(crashed, name));
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
      const folder = copyOf(crashed);
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x04;
      writeFileSync(join(folder, name), damaged);
      const told = tellingLog();
      const store = await openJournal(folder, { log: told.log });
      expect(stateOf(store), `at ${at}`).toEqual(state);
      expect(told.said.filter(({ msg }) => msg === PASSED_OVER)).toMatchObject([{ snapshot: name }]);
      expect(existsSync(join(folder, name))).toBe(false);
      await store.close();
    }
  });

  test.each([0, 0.3, 0.99])('is passed over when it was cut at %d of its length', async (part) => {
    const { crashed, state } = await journalWithSnapshots();
    const path = join(crashed, snapshotsIn(crashed).at(-1)!);
    truncateSync(path, Math.floor(readFileSync(path).length * part));
    expect(stateOf(await openJournal(crashed))).toEqual(state);
  });

  test('without another is made good by the whole journal', async () => {
    const { crashed, state } = await journalWithSnapshots();
    for (const name of snapshotsIn(crashed)) truncateSync(join(crashed, name), 50);
    expect(stateOf(await openJournal(crashed))).toEqual(state);
  });

  test('stops the start in words when the journal before it is no longer there, and changes nothing', async () => {
    const { crashed } = await journalWithSnapshots();
    for (const name of snapshotsIn(crashed)) truncateSync(join(crashed, name), 50);
    const oldest = readdirSync(crashed).find((name) => name.startsWith('journal-000001'))!;
    rmSync(join(crashed, oldest));
    const before = readdirSync(crashed);
    const opening = openJournal(crashed);
    await expect(opening).rejects.toBeInstanceOf(UserError);
    await expect(opening).rejects.toThrow(
      /journal-000001\.jsonl, which comes before journal-000002\.jsonl, is missing, and no snapshot can be used .*Restore/,
    );
    expect(readdirSync(crashed)).toEqual(before);
  });
});

describe('a snapshot that does not fit its journal is passed over', () => {
  test('when the segment that it begins with is gone', async () => {
    const { crashed } = await journalWithSnapshots();
    const name = snapshotsIn(crashed).at(-1)!;
    const first = name.replace('snapshot', 'journal');
    for (const segment of segmentsIn(crashed)) if (segment >= first) rmSync(join(crashed, segment));
    const store = await openJournal(crashed, { log: telling.log });
    expect(telling.said.some(({ msg, snapshot }) => msg === PASSED_OVER && snapshot === name)).toBe(true);
    await commitDurably(store, put('core/pods/d/anew'));
    const state = stateOf(store);
    await store.close();
    expect(stateOf(await openJournal(crashed))).toEqual(state);
  });

  test('when the journal was cut before the last change that it holds', async () => {
    const { release } = await aheadOfDisk('nothing');
    release();
    await telling.saying(WRITTEN);
    const crashed = copyOf(directory);
    rmSync(join(crashed, 'journal-000003.jsonl'));
    const store = await openJournal(crashed);
    expect(Object.keys(stateOf(store))).toEqual(['core/pods/d/a', 'core/pods/d/b']);
    expect(snapshotsIn(crashed)).toEqual([]);
  });

  test('when it comes from another journal', async () => {
    const { crashed, state } = await journalWithSnapshots();
    directory = freshDirectory();
    telling = tellingLog();
    const before = await open();
    commit(before, put('core/pods/d/foreign'));
    await before.close();
    const other = (await journalWithSnapshots()).crashed;
    for (const name of snapshotsIn(crashed)) rmSync(join(crashed, name));
    const foreign = snapshotsIn(other).find((name) => segmentsIn(crashed).includes(name.replace('snapshot', 'journal')))!;
    copyFileSync(join(other, foreign), join(crashed, foreign));
    expect(stateOf(await openJournal(crashed))).toEqual(state);
  });
});

test('what a crash left half written goes at the next start', async () => {
  for (const name of ['snapshot-000009.jsonl.draft', 'journal-000001.jsonl.gz.draft']) writeFileSync(join(directory, name), '{"op":');
  await open();
  expect(readdirSync(directory).toSorted()).toEqual(['journal-000001.jsonl', 'lock']);
  expect((await verifyJournal(directory)).problem).toBeUndefined();
});
