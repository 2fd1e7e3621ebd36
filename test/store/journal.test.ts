import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { CAUSE, commit, commitDurably, freshDirectory, linesIn, Notes, openJournal, put, remove, segmentsIn, stateOf } from './journals.ts';

test('a change is a line that says when, what, who and why, and ends with its checksum', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  store.commit([put('core/pods/d/a', { n: 'ü' }, { expiresAt: Date.parse('2026-01-02T00:00:00Z') })], {
    by: 'kubelet',
    user: 'admin',
    verb: 'patch',
    because: 'commit "1a2b"',
  });
  store.commit([remove('core/pods/d/a')], { by: 'gc' });
  await store.durable(2);
  const lines = readFileSync(join(directory, 'journal-000001.jsonl'), 'utf8').split('\n');
  const change = lines.find((line) => line.includes('"op":"put"'))!;
  expect(change.slice(0, change.indexOf(',"crc"'))).toBe(
    '{"at":"2026-01-01T00:00:00.000Z","op":"put","revision":1,"key":"core/pods/d/a","created":1,"by":"kubelet","user":"admin","verb":"patch","because":"commit \\"1a2b\\"","expires":"2026-01-02T00:00:00.000Z","value":{"n":"ü"}',
  );
  expect(lines.find((line) => line.includes('"op":"delete"'))).toMatch(
    /^{"at":"2026-01-01T00:00:00.000Z","op":"delete","revision":2,"key":"core\/pods\/d\/a","by":"gc","crc":"[0-9a-f]{8}"}$/,
  );
  for (const line of lines.filter((text) => text !== '')) {
    const body = line.slice(0, line.lastIndexOf(',"crc"'));
    expect((JSON.parse(line) as { crc: string }).crc).toBe(crc32(body).toString(16).padStart(8, '0'));
  }
});

test('what happened that is no object is a line too', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  store.record({ event: 'seen', message: 'commit 1a2b', fields: { author: 'me' } });
  await store.close();
  expect(linesIn(directory)).toContainEqual(
    expect.objectContaining({ op: 'log', event: 'seen', message: 'commit 1a2b', fields: { author: 'me' } }),
  );
});

test('the hash of a batch is the SHA-512 of all lines since the end before it', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  await commitDurably(store, put('core/pods/d/a'), put('core/pods/d/b'));
  await commitDurably(store, put('core/pods/d/c'));
  const lines = readFileSync(join(directory, 'journal-000001.jsonl'), 'utf8').split(/(?<=\n)/);
  let since = '';
  let batches = 0;
  for (const line of lines) {
    const { op, hash } = JSON.parse(line) as { op: string; hash?: string };
    if (op === 'end') {
      expect(hash).toBe(createHash('sha512').update(since).digest('hex'));
      since = '';
      batches++;
    }
    since += line;
  }
  expect(batches).toBe(3);
});

test('commits of one turn share a batch', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  for (let n = 0; n < 50; n++) commit(store, put(`core/pods/d/${n}`));
  await store.durable(store.revision);
  expect(linesIn(directory).filter((line) => line['op'] === 'end')).toHaveLength(2);
});

test('a directory is found again as it was left', async () => {
  const directory = freshDirectory();
  const clock = new ManualClock();
  const store = await openJournal(directory, { clock });
  commit(store, put('core/pods/d/a', { n: 1 }), put('core/pods/d/b'), put('core/pods/d/c'));
  commit(store, put('core/pods/d/a', { n: 2, text: 'a line\nand "another" – ü \ud800' }), remove('core/pods/d/b'));
  const before = stateOf(store);
  await store.close();
  const again = await openJournal(directory, { clock });
  expect(stateOf(again)).toEqual(before);
  expect(again.revision).toBe(5);
  expect(again.durableRevision).toBe(5);
});

test('what had expired stays away after a restart, and a key that was made anew is new', async () => {
  const directory = freshDirectory();
  const clock = new ManualClock();
  const store = await openJournal(directory, { clock });
  commit(
    store,
    put('core/events/d/a', {}, { expiresAt: clock.now() + 1000 }),
    put('core/events/d/b', {}, { expiresAt: clock.now() + 1000 }),
    put('core/events/d/c', {}, { expiresAt: clock.now() + 9000 }),
  );
  await clock.advance(2000);
  commit(store, put('core/events/d/b'));
  const before = stateOf(store);
  await store.close();
  expect(Object.keys(before)).toEqual(['core/events/d/b', 'core/events/d/c']);
  const again = await openJournal(directory, { clock });
  expect(stateOf(again)).toEqual(before);
  await clock.advance(8000);
  expect(Object.keys(stateOf(again))).toEqual(['core/events/d/b']);
});

test('a watch resumes over a restart', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  commit(store, put('core/pods/d/a'), put('core/pods/d/b'));
  await store.close();
  const notes = new Notes();
  (await openJournal(directory)).watch('core/pods/', 1, notes);
  expect(notes).toMatchObject({ heard: ['2 +core/pods/d/b'], end: undefined });
});

test('revisions go on after a clean end', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  commit(store, put('core/pods/d/a'));
  await store.close();
  const again = await openJournal(directory);
  expect(commit(again, put('core/pods/d/b'))[0]?.revision).toBe(2);
});

test('segments follow one another by size, and are read as one journal', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory, { segmentBytes: 2000 });
  for (let n = 0; n < 20; n++) await commitDurably(store, put(`core/pods/d/${n}`, { filler: 'x'.repeat(300) }));
  const before = stateOf(store);
  await store.close();
  expect(segmentsIn(directory).length).toBeGreaterThan(4);
  expect(stateOf(await openJournal(directory))).toEqual(before);
});

test('a commit that is larger than a batch stays whole', async () => {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  commit(store, ...Array.from({ length: 6000 }, (_, n) => put(`core/pods/d/${n}`, { filler: 'x'.repeat(1000) })));
  commit(store, put('core/pods/d/last', { filler: 'ü'.repeat(700_000) }));
  await store.close();
  const ends = linesIn(directory).filter((line) => line['op'] === 'end');
  expect(ends.map((line) => line['revision'])).toEqual([0, 6000, 6001, 6001]);
  const again = await openJournal(directory);
  expect(again.list('core/pods/').entries).toHaveLength(6001);
  expect(again.get('core/pods/d/last')?.value).toEqual({ filler: 'ü'.repeat(700_000) });
});

test('a value that is no JSON is refused before anything changes', async () => {
  const store = await openJournal(freshDirectory());
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(() => store.commit([put('core/pods/d/a'), put('core/pods/d/b', loop)], CAUSE)).toThrow();
  expect(() => store.commit([put('core/pods/d/a', () => 1)], CAUSE)).toThrow('the value of core/pods/d/a is no JSON');
  expect(store.list('').entries).toEqual([]);
});

test('nobody else can read the journal', async () => {
  const directory = join(freshDirectory(), 'made', 'by it');
  await openJournal(directory);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'journal-000001.jsonl')).mode & 0o777).toBe(0o600);
});

test('nothing is written while nothing happens', async () => {
  const directory = freshDirectory();
  const clock = new ManualClock();
  const store = await openJournal(directory, { clock });
  const before = readFileSync(join(directory, 'journal-000001.jsonl'), 'utf8');
  await clock.advance(3_600_000);
  store.list('core/pods/');
  expect(readFileSync(join(directory, 'journal-000001.jsonl'), 'utf8')).toBe(before);
});

test('a time that is none is refused before anything changes', async () => {
  const store = await openJournal(freshDirectory());
  expect(() => store.commit([put('core/events/d/a', {}, { expiresAt: Number.NaN })], CAUSE)).toThrow('core/events/d/a expires at no time');
  expect(store.revision).toBe(0);
});
