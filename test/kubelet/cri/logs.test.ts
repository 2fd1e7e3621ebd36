import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { LogRotation } from '../../../src/kubelet/cri/logrotation.ts';
import { readLog, type LogWriter } from '../../../src/kubelet/cri/readlog.ts';
import type { LogRequest } from '../../../src/kubelet/index.ts';

const LINES = [
  '2026-01-01T00:00:01.000000001Z stdout F one',
  '2026-01-01T00:00:02.000000002Z stderr F two',
  '2026-01-01T00:00:03.000000003Z stdout P thr',
  '2026-01-01T00:00:03.000000004Z stdout F ee',
  '2026-01-01T00:00:04.000000005Z stdout F ',
];
const TEXT = LINES.map((line) => `${line}\n`).join('');
const ENDED: LogWriter = { finished: true, end: Promise.resolve() };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-logs-'));
  path = join(folder, '0.log');
  writeFileSync(path, TEXT);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(request: LogRequest = {}, writer = ENDED): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readLog(path, writer, request, AbortSignal.timeout(5000))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a log as the Container Runtime Interface lays it down', () => {
  test.each<[what: string, request: LogRequest, text: string]>([
    ['is read as what was written, parts of a line together', {}, 'one\ntwo\nthree\n\n'],
    [
      'has the times before its lines, and one before a line of several parts',
      { timestamps: true },
      '2026-01-01T00:00:01.000000001Z one\n2026-01-01T00:00:02.000000002Z two\n2026-01-01T00:00:03.000000003Z three\n2026-01-01T00:00:04.000000005Z \n',
    ],
    ['is read from a time on', { since: Date.parse('2026-01-01T00:00:02Z') }, 'two\nthree\n\n'],
    ['is read from its end', { tailLines: 1 }, '\n'],
    ['is read from its end, of which nothing is wanted', { tailLines: 0 }, ''],
    ['is read from its end, of which there is less than is wanted', { tailLines: 100 }, 'one\ntwo\nthree\n\n'],
    ['is read up to a number of bytes', { limitBytes: 5 }, 'one\nt'],
  ])('%s', async (_, request, text) => {
    expect(await read(request)).toBe(text);
  });

  test.each([
    ['2026-01-01T00:00:01.12345678Z', '2026-01-01T00:00:01.123456780Z'],
    ['2026-01-01T00:00:01Z', '2026-01-01T00:00:01.000000000Z'],
    ['2026-01-01T01:00:01.5+01:00', '2026-01-01T01:00:01.500000000+01:00'],
  ])('has its times in full where the runtime leaves out zeros: %s', async (written, told) => {
    writeFileSync(path, `${written} stdout F one\n`);
    expect(await read({ timestamps: true })).toBe(`${told} one\n`);
  });

  test('is empty where nobody has written yet', async () => {
    rmSync(path);
    expect(await read()).toBe('');
  });

  test('leaves out what a crash has cut off', async () => {
    appendFileSync(path, 'torn\n2026-01-01T00:00:05.000000000Z stdout F whole\n2026-01-01T00:00:06Z std');
    expect(await read({ tailLines: 2 })).toBe('whole\n');
  });

  test('is followed over a rotation until its writer has ended', async () => {
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const writer = { finished: false, end };
    const chunks = readLog(path, writer, { follow: true }, AbortSignal.timeout(5000));
    const next = async () => Buffer.from((await chunks.next()).value as Uint8Array).toString();
    expect(await next()).toBe('one\ntwo\nthree\n\n');
    appendFileSync(path, '2026-01-01T00:00:05Z stdout F before\n');
    expect(await next()).toBe('before\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, '2026-01-01T00:00:06Z stdout F after\n');
    expect(await next()).toBe('after\n');
    writer.finished = true;
    resolve();
    expect((await chunks.next()).done).toBe(true);
  });
});

describe('a log that becomes too long', () => {
  const rotation = (reopen: (id: string) => Promise<unknown>) =>
    new LogRotation({ clock: systemClock, logs: () => [{ id: 'c', path }], reopen, longest: 10 });

  test('is put aside, the eldest goes, and the runtime begins a new one', async () => {
    for (const age of [1, 2, 3, 4]) writeFileSync(`${path}.${age}`, `${age}`);
    await rotation(async () => writeFileSync(path, 'new')).look();
    expect([0, 1, 2, 3, 4].map((age) => readFileSync(age === 0 ? path : `${path}.${age}`, 'utf8'))).toEqual(['new', TEXT, '1', '2', '3']);
  });

  test('stays where the runtime cannot begin a new one', async () => {
    await rotation(() => Promise.reject(new Error('gone'))).look();
    expect(await read({ tailLines: 100 })).toBe('one\ntwo\nthree\n\n');
  });
});
