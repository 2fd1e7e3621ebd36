import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dataDirNear } from '../../src/cli/connect.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-connect-'));
  mkdirSync(join(folder, 'near/.slipway/journal'), { recursive: true });
  mkdirSync(join(folder, 'far/journal'), { recursive: true });
  mkdirSync(join(folder, 'none'));
  writeFileSync(join(folder, 'far/kubeconfig'), '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a command that is called in a folder reads the journal. */
function journalFrom(cwd: string, options: { dataDir?: string; kubeconfig?: string } = {}): string | undefined {
  vi.spyOn(process, 'cwd').mockReturnValue(join(folder, cwd));
  return dataDirNear(options)?.path.slice(folder.length + 1);
}

it('is the nearest data directory that is read, whatever kubectl is told', () => {
  vi.stubEnv('KUBECONFIG', join(folder, 'far/kubeconfig'));
  expect(journalFrom('near')).toBe('near/.slipway');
});

it('is what kubectl is told where no data directory is near', () => {
  vi.stubEnv('KUBECONFIG', join(folder, 'far/kubeconfig'));
  expect(journalFrom('none')).toBe('far');
});

it('is beside the kubeconfig that is named', () => {
  expect(journalFrom('near', { kubeconfig: join(folder, 'far/kubeconfig') })).toBe('far');
});

it('is nowhere beside the kubeconfig of a daemon elsewhere', () => {
  expect(journalFrom('near', { kubeconfig: join(folder, 'none/kubeconfig') })).toBeUndefined();
});

it('is nowhere where nothing is known', () => {
  vi.stubEnv('KUBECONFIG', '');
  expect(() => journalFrom('none')).toThrow(/no \.slipway directory here or above/);
});
