import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Daemon } from './sandbox.ts';

const run = promisify(execFile);
const PROJECT = new URL('../..', import.meta.url).pathname;

describe('the npm package, installed globally', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-package-'));
  const command = join(folder, 'bin', 'slipway');

  beforeAll(async () => {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: PROJECT });
    const packed = join(folder, stdout.trim().split('\n').at(-1)!);
    await run('npm', ['install', '--global', '--prefix', folder, '--prefer-offline', '--loglevel=error', packed], { cwd: folder });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('says its version and its help', async () => {
    expect((await run(command, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(command, ['--help'])).stdout).toContain('Git is the cluster');
  });

  test('starts a cluster without the checkout, and ends it', async () => {
    const dataDir = join(folder, 'data');
    const daemon = new Daemon(['up', '--runtime', 'simulated', '--listen', '127.0.0.1:0', '--data-dir', dataDir], folder, command);
    await daemon.line(/Ready in/);
    expect((await run(command, ['kubeconfig', '--data-dir', dataDir])).stdout).toContain('current-context: slipway');
    expect(await daemon.interrupt()).toBe(0);
    expect(daemon.output).toContain('Slipway has ended');
  });
});
