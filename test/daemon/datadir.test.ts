import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Scope, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { prepareDataDir, readRunning, startDaemon, stopPods, type DataDir, type Settings } from '../../src/daemon/index.ts';
import { dataDirOption, writeRunning } from '../../src/daemon/datadir.ts';

let folder: string;
let dir: DataDir;
const cwd = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-datadir-'));
  dir = prepareDataDir(join(folder, 'data'));
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(folder, { recursive: true, force: true });
});

const stop = (at: DataDir) => stopPods(at, { clock: systemClock, random: seededRandom(1), log: silentLog });

test('who wrote last that it runs is found while it lives', () => {
  expect(readRunning(dir)).toBeUndefined();
  writeRunning(dir, { pid: process.pid, address: 'https://127.0.0.1:1' });
  expect(readRunning(dir)).toMatchObject({ pid: process.pid, address: 'https://127.0.0.1:1' });
});

test('a later process with the number of a dead daemon is not taken for it, and down leaves it alone', async () => {
  const stranger = spawn('sleep', ['1000']);
  const ended = new Promise((resolve) => stranger.once('exit', resolve));
  try {
    writeRunning(dir, { pid: stranger.pid!, address: 'https://127.0.0.1:1' });
    const written = JSON.parse(readFileSync(dir.running, 'utf8')) as { process: { startTime: string } };
    writeFileSync(dir.running, JSON.stringify({ ...written, process: { ...written.process, startTime: '1' } }));
    expect(readRunning(dir)).toBeUndefined();
    expect(await stop(dir)).toBe(0);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
    await ended;
  }
});

test('down says when there is no such directory', async () => {
  rmSync(dir.path, { recursive: true });
  await expect(stop(dir)).rejects.toThrow(`there is no data directory ${dir.path}`);
});

test('a command names the directory only where it would not find it by itself', () => {
  expect(dataDirOption(dir)).toBe(` --data-dir ${dir.path}`);
});

test('once a start that failed has been closed, nobody writes in the directory any more', async () => {
  const scope = new Scope('daemon');
  const listen = { host: '127.0.0.1', port: 0 };
  const settings: Settings = { repository: join(folder, 'mistyped'), dataDir: dir.path, listen, runtime: 'simulated', nodes: 1 };
  const started = startDaemon({ settings, clock: systemClock, random: seededRandom(1), log: silentLog, scope });
  await expect(started).rejects.toThrow('mistyped does not exist');
  await scope.close();
  // The last of the certificates, which are made while everything else starts.
  expect(readdirSync(dir.tls)).toContain('admin.crt');
});
