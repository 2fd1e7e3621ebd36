import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareDataDir, type DataDir } from '../../src/daemon/index.ts';
import { chooseRuntime, networkOf } from '../../src/daemon/runtime.ts';

describe('what runs the pods', () => {
  let folder: string;
  let dataDir: DataDir;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-choice-'));
    dataDir = prepareDataDir(join(folder, 'data'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const choose = (runtime: 'auto' | 'process' | 'cri' | 'simulated', criSocket?: string) =>
    chooseRuntime({ runtime, criSocket }, dataDir, () => {});

  test.each(['process', 'simulated'] as const)('%s is what is asked for', async (runtime) => {
    expect(await choose(runtime)).toEqual({ kind: runtime });
  });

  test('a directory stays with the processes that it has', async () => {
    mkdirSync(join(dataDir.path, 'pods'));
    expect(await choose('auto')).toEqual({ kind: 'process' });
  });

  test('a socket that is not there is told of, with what to do', async () => {
    const socket = join(folder, 'none.sock');
    await expect(choose('cri', socket)).rejects.toThrow(
      `no container runtime answers: there is no socket ${socket}: start containerd or CRI-O, and name its socket with --cri-socket`,
    );
    await expect(choose('auto', socket)).rejects.toThrow('no container runtime answers');
  });

  test('Services of containers have no loopback addresses, which would lead them to themselves', () => {
    expect(networkOf({ kind: 'cri', socket: '/s' }, '/some/where').serviceCidr).toMatch(/^10\.(9[6-9]|10\d|11[01])\.0\.0\/16$/);
    expect(networkOf({ kind: 'process' }, '/some/where').serviceCidr).toMatch(/^127\./);
  });
});
