import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Daemon } from '../scenario/sandbox.ts';

const LAUNCHER = new URL('../../src/cli/slipway', import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-up-'));
  mkdirSync(join(folder, 'plain'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A start that is refused: its exit code and what it says. */
function up(...args: string[]): Promise<{ code: unknown; said: string }> {
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(LAUNCHER, ['up', '--runtime', 'simulated', ...args], { cwd: folder, env, timeout: 15_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
}

test.each([
  ['a repository that is not there', ['./mistyped'], /^error: \S*mistyped does not exist\n$/],
  ['a folder that is in no repository', ['./plain'], /^error: \S*plain is not in a Git repository: .+\n$/],
  ['no address', ['--listen', 'everywhere'], /^error: --listen everywhere: expected HOST:PORT, such as .+\n$/],
  [
    'an address that is not of this machine',
    ['--listen', '192.0.2.1:7443'],
    /^error: cannot listen on 192.0.2.1:7443: this machine has no such address: .+\n$/,
  ],
])('%s: one clear line, and no data directory is left', async (_, args, said) => {
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  expect(await up(...args, ...listen, '--data-dir', 'new')).toEqual({ code: 1, said: expect.stringMatching(said) });
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

test('a port in use: one clear line, and what was there before stays', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
  });
  mkdirSync(join(folder, 'old'));
  try {
    const { code, said } = await up('--listen', `127.0.0.1:${port}`, '--data-dir', 'old');
    expect(said).toBe(
      `error: cannot listen on 127.0.0.1:${port}: the port is in use: stop what listens there, or choose another address with --listen\n`,
    );
    expect(code).toBe(1);
    expect(readdirSync(join(folder, 'old'))).toContain('journal');
  } finally {
    other.close();
  }
});

test.each([
  ['where the system takes none', '/proc/slipway', 'the system takes no directory there'],
  ['in place of a file', './file', 'a file of that name is in the way'],
  ['below a file', './file/data', 'a file of that name is in the way'],
])('a data directory %s is refused', async (_, dir, why) => {
  const { code, said } = await up('--listen', '127.0.0.1:0', '--data-dir', dir);
  expect(said).toMatch(new RegExp(`^error: cannot use the data directory \\S+: ${why}. Name another with --data-dir.\n$`));
  expect(code).toBe(1);
});

test('the engine has as many helpers as the main loop leaves processors, one at least', async () => {
  const daemon = new Daemon(['up', '--runtime', 'simulated', '--listen', '127.0.0.1:0', '--data-dir', 'helped'], folder);
  try {
    await daemon.line(/Ready in/);
    const threads = readdirSync(`/proc/${daemon.pid}/task`).map((id) => readFileSync(`/proc/${daemon.pid}/task/${id}/comm`, 'utf8').trim());
    const processors = Number(execFileSync('nproc', { encoding: 'utf8' }));
    expect(threads.filter((name) => name === 'V8Worker')).toHaveLength(Math.min(4, Math.max(1, processors - 1)));
  } finally {
    await daemon.interrupt();
  }
});
