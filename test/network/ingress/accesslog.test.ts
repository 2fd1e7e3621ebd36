import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, silentLog } from '../../../src/base/index.ts';
import { AccessLog, type Served } from '../../../src/network/index.ts';

let folder: string;
let path: string;
const clock = new ManualClock();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-access-'));
  path = join(folder, 'ingress.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const served = (host: string): Served => ({
  at: Date.parse('2026-01-02T03:04:05.678Z'),
  ms: 3,
  client: '127.0.0.1',
  protocol: 'https',
  method: 'GET',
  host,
  path: '/a',
  status: 200,
  bytes: 10,
  ingress: 'shop/web',
});

const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('each request is a line, for nobody else to read', async () => {
  const log = new AccessLog({ path, clock, log: silentLog });
  log.note(served('web.example'));
  expect(existsSync(path)).toBe(false);
  await log.close();
  expect(lines(path)).toEqual([{ ...served('web.example'), at: '2026-01-02T03:04:05.678Z' }]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a full file is put aside, and of those the newest four are kept', async () => {
  for (let i = 0; i < 8; i++) {
    const log = new AccessLog({ path, clock, log: silentLog, largestFile: 250 });
    log.note(served(`${i}.example`));
    await log.close();
  }
  const hosts = ['', '.1', '.2', '.3', '.4'].map((end) => lines(path + end).map(({ host }) => host));
  expect(hosts).toEqual([['7.example'], ['6.example'], ['5.example'], ['4.example'], ['3.example']]);
  expect(existsSync(`${path}.5`)).toBe(false);
});

test('what a disk does not take in time is counted, not kept', async () => {
  const log = new AccessLog({ path, clock, log: silentLog });
  for (let i = 0; i < 40_000; i++) log.note(served('web.example'));
  await log.close();
  const all = lines(path);
  const { lost } = all.at(-1) as { lost: number };
  expect(lost).toBeGreaterThan(0);
  expect(all.length - 1 + lost).toBe(40_000);
});

test('a folder that is not there costs no request', async () => {
  const log = new AccessLog({ path: join(folder, 'none', 'ingress.log'), clock, log: silentLog });
  log.note(served('web.example'));
  await expect(log.close()).resolves.toBeUndefined();
});
