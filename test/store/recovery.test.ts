import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLog, UserError } from '../../src/base/index.ts';
import { openStore, verifyJournal } from '../../src/store/index.ts';
import { commit, commitDurably, freshDirectory, linesIn, Notes, openJournal, put, remove, segmentsIn, stateOf } from './journals.ts';

const NAME = 'journal-000001.jsonl';

/** A journal that ended by a crash after two commits: its bytes, and its states after the first and the second. */
async function crashedJournal() {
  const directory = freshDirectory();
  const store = await openJournal(directory);
  await commitDurably(store, put('core/pods/d/a', { n: 1 }), put('core/pods/d/b'));
  const first = { bytes: readFileSync(join(directory, NAME)), state: stateOf(store) };
  await commitDurably(store, put('core/pods/d/a', { n: 2 }), remove('core/pods/d/b'));
  return { first, second: { bytes: readFileSync(join(directory, NAME)), state: stateOf(store) } };
}

let journal: Awaited<ReturnType<typeof crashedJournal>>;
let directory: string;

beforeEach(async () => {
  journal = await crashedJournal();
  directory = freshDirectory();
});

async function reopen(bytes: Buffer, name = NAME): Promise<Record<string, unknown>> {
  for (const old of segmentsIn(directory)) rmSync(join(directory, old));
  writeFileSync(join(directory, name), bytes);
  const store = await openJournal(directory);
  const state = stateOf(store);
  await store.close();
  return state;
}

function flipped(bytes: Buffer, at: number, mask = 0x04): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= mask;
  return copy;
}

function lineAt(bytes: Buffer, at: number): number {
  return bytes.subarray(0, at).toString('latin1').split('\n').length;
}

describe('a torn tail', () => {
  test('is cut at every byte of the last batch, and the journal goes on', async () => {
    const { first, second } = journal;
    for (let length = first.bytes.length; length < second.bytes.length; length++) {
      expect(await reopen(second.bytes.subarray(0, length)), `cut at ${length}`).toEqual(first.state);
    }
    expect(await reopen(second.bytes)).toEqual(second.state);
    expect(await verifyJournal(directory)).toMatchObject({ unfinished: 0 });
  });

  test('of the very first batch leaves an empty store', async () => {
    const firstEnd = journal.first.bytes.indexOf('"op":"end"');
    for (const length of [0, 1, 50, firstEnd]) expect(await reopen(journal.first.bytes.subarray(0, length))).toEqual({});
  });

  test('may be zeros, where the power failed before the data came', async () => {
    const { first, second } = journal;
    const zeros = Buffer.concat([first.bytes, Buffer.alloc(5000)]);
    const mixed = Buffer.concat([first.bytes, Buffer.alloc(300), second.bytes.subarray(first.bytes.length + 300, -200)]);
    expect(await reopen(zeros)).toEqual(first.state);
    expect(await reopen(mixed)).toEqual(first.state);
  });

  test('is logged, and told in a sentence', async () => {
    writeFileSync(join(directory, NAME), journal.second.bytes.subarray(0, -10));
    const lines: string[] = [];
    const told: string[] = [];
    await openJournal(directory, { log: createLog({ write: (line) => lines.push(line) }), notice: (message) => told.push(message) });
    expect(told).toEqual([
      expect.stringMatching(/in the midst of a write: \d+ bytes .* of journal-000001\.jsonl were cut; nothing that was/),
    ]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      segment: 1,
      bytes: journal.second.bytes.length - journal.first.bytes.length - 10,
      msg: expect.stringContaining('cut'),
    });
  });

  test('of a new segment at its first line leaves the one before as the last', async () => {
    writeFileSync(join(directory, 'journal-000002.jsonl'), '{"at":"2026-01-01T00:00');
    writeFileSync(join(directory, NAME), journal.second.bytes.subarray(0, -10));
    const store = await openJournal(directory);
    expect(stateOf(store)).toEqual(journal.first.state);
    expect(segmentsIn(directory)).toEqual([NAME]);
  });
});

test('a batch that was taken back stays so when the process dies while it makes the next segment', async () => {
  const { first, second } = journal;
  const lines = first.bytes.toString().trimEnd().split('\n');
  const { hash } = JSON.parse(lines.at(-1)!) as { hash: string };
  const previous = JSON.stringify({ segment: 1, bytes: first.bytes.length, hash });
  const body = `{"at":"2026-01-01T00:00:00.000Z","op":"segment","format":2,"segment":2,"sequence":5,"previous":${previous}`;
  writeFileSync(join(directory, NAME), second.bytes);
  writeFileSync(join(directory, 'journal-000002.jsonl'), `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`);
  const store = await openJournal(directory);
  expect(stateOf(store)).toEqual(first.state);
  await commitDurably(store, put('core/pods/d/after'));
  const after = stateOf(store);
  await store.close();
  expect(stateOf(await openJournal(directory))).toEqual(after);
});

describe('damage', () => {
  test('anywhere stops the start with the file, the line and the way on, and changes nothing', async () => {
    const { bytes } = journal.second;
    for (let at = 0; at < bytes.length; at += 5) {
      const damaged = flipped(bytes, at);
      writeFileSync(join(directory, NAME), damaged);
      const error: Error = await openStore(directory, { now: () => 0, clock: { now: () => 0 } as never }).then(
        () => expect.fail(`a flipped bit at ${at} was not noticed`),
        (thrown: Error) => thrown,
      );
      expect(error, `at ${at}`).toBeInstanceOf(UserError);
      const line = Number(/journal-000001\.jsonl line (\d+): /.exec(error.message)?.[1]);
      expect([lineAt(bytes, at), lineAt(bytes, at) + 1], error.message).toContain(line);
      expect(readFileSync(join(directory, NAME)).equals(damaged)).toBe(true);
    }
  });

  test('of the last newline is damage too', async () => {
    const { bytes } = journal.second;
    await expect(reopen(flipped(bytes, bytes.length - 1))).rejects.toThrow('its end is not a newline');
  });

  test('is mended by the command that the message names', async () => {
    const { first, second } = journal;
    const damaged = flipped(second.bytes, first.bytes.length + 100);
    const message = await reopen(damaged).catch((error: Error) => error.message);
    const [, bytes, path] = /truncate -s (\d+) '(.+)'/.exec(message as string)!;
    truncateSync(path!, Number(bytes));
    expect(stateOf(await openJournal(directory))).toEqual(first.state);
  });

  test('verify finds it as well, and reads a whole journal without a problem', async () => {
    const { first, second } = journal;
    writeFileSync(join(directory, NAME), second.bytes);
    expect(await verifyJournal(directory)).toEqual({ segments: 1, records: 6, batches: 3, unfinished: 0 });
    writeFileSync(join(directory, NAME), second.bytes.subarray(0, -10));
    expect(await verifyJournal(directory)).toEqual({
      segments: 1,
      records: 4,
      batches: 2,
      unfinished: second.bytes.length - first.bytes.length - 10,
    });
    writeFileSync(join(directory, NAME), flipped(second.bytes, 300));
    expect(await verifyJournal(directory)).toMatchObject({ problem: expect.stringContaining('line 3: its checksum is wrong') });
  });

  test('is a batch that was replaced by another whole one', async () => {
    const { first, second } = journal;
    const lines = second.bytes.toString().split(/(?<=\n)/);
    const without = lines.filter((_, i) => i < 3 || i > 5).join('');
    expect(first.bytes.toString()).toBe(lines.slice(0, 6).join(''));
    await expect(reopen(Buffer.from(without))).rejects.toThrow('its hash is not that of the lines before it');
  });

  test('is a missing segment, and one that belongs to another journal', async () => {
    const whole = freshDirectory();
    const store = await openJournal(whole, { segmentBytes: 600 });
    for (let n = 0; n < 6; n++) await commitDurably(store, put(`core/pods/d/${n}`));
    await store.close();
    const names = segmentsIn(whole);
    expect(names.length).toBeGreaterThan(2);
    const copyOf = (chosen: string[]) => {
      const copy = mkdtempSync(join(directory, 'copy-'));
      for (const name of chosen) copyFileSync(join(whole, name), join(copy, name));
      return copy;
    };
    expect((await verifyJournal(copyOf(names))).problem).toBeUndefined();
    expect((await verifyJournal(copyOf(names.toSpliced(0, 1)))).problem).toContain(
      'journal-000001.jsonl, which comes before it, is missing',
    );
    expect((await verifyJournal(copyOf(names.toSpliced(1, 1)))).problem).toContain(
      'journal-000002.jsonl, which comes before it, is missing',
    );
    const mixed = copyOf(names);
    writeFileSync(join(mixed, NAME), journal.second.bytes);
    expect((await verifyJournal(mixed)).problem).toBeDefined();
  });
});

test('a journal of a later format is left to the version that wrote it', async () => {
  const body = '{"at":"2026-01-01T00:00:00.000Z","op":"segment","format":3,"segment":1,"sequence":1';
  const line = `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`;
  await expect(reopen(Buffer.from(line))).rejects.toThrow('has the format 3, and this Slipway reads up to 2');
});

/** The same as the first format had it: with SHA-256. */
function inFirstFormat(bytes: Buffer): Buffer {
  let since = '';
  let all = '';
  for (const line of bytes.toString().trimEnd().split('\n')) {
    const body = line
      .replace(/,"crc":"\w{8}"}$/, '')
      .replace('"format":2', '"format":1')
      .replace(/"hash":"\w{128}"$/, () => `"hash":"${createHash('sha256').update(since).digest('hex')}"`);
    const made = `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`;
    since = body.includes('"op":"end"') ? made : since + made;
    all += made;
  }
  return Buffer.from(all);
}

test('a journal of the first format is read and verified, and goes on in a segment of the present one', async () => {
  const old = inFirstFormat(journal.second.bytes);
  writeFileSync(join(directory, NAME), old);
  const store = await openJournal(directory);
  expect(stateOf(store)).toEqual(journal.second.state);
  await commitDurably(store, put('core/pods/d/after'));
  const after = stateOf(store);
  await store.close();
  expect(readFileSync(join(directory, NAME))).toEqual(old);
  expect(await verifyJournal(directory)).toMatchObject({ segments: 2, unfinished: 0 });
  expect(stateOf(await openJournal(directory))).toEqual(after);
});

describe('after a crash', () => {
  test('no revision is given out that may have been given out before', async () => {
    writeFileSync(join(directory, NAME), journal.second.bytes);
    const store = await openJournal(directory);
    const [entry] = commit(store, put('core/pods/d/new'));
    const reserved = linesIn(directory).find((line) => line['op'] === 'reserve')!['upTo'] as number;
    expect(entry!.revision).toBe(reserved + 1);
  });

  test('a watch from the last change resumes, and one from a number that was lost has expired', async () => {
    writeFileSync(join(directory, NAME), journal.second.bytes);
    const store = await openJournal(directory);
    const [resumed, lost] = [new Notes(), new Notes()];
    store.watch('core/pods/', 4, resumed);
    store.watch('core/pods/', 5, lost);
    const [entry] = commit(store, put('core/pods/d/new'));
    expect(resumed.heard).toEqual([`${entry!.revision} +core/pods/d/new`]);
    expect(lost.end).toBe('expired');
  });
});
