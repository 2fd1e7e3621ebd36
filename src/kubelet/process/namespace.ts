import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../base/index.ts';
import type { Mount } from '../runtime.ts';
import { mountTable, planRoot, type EntryKind, type MachineTree } from './roottree.ts';

/** How containers get mounts of their own on this machine, or why they do not. */
export type Mounting =
  | {
      readonly by: 'namespace';
      /** The command of the shim, and the one by which others enter. */ readonly unshare: string;
      readonly enter: readonly string[];
    }
  | { readonly by: 'none'; readonly because: string };

export const NO_MOUNTING: Mounting = { by: 'none', because: 'switched off' };

const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Tries it with a whole root, because kernels and containers forbid one or another part of it. */
export async function probeMounting(shim: string): Promise<Mounting> {
  const [unshare, nsenter] = [systemProgram('unshare'), systemProgram('nsenter')];
  if (!unshare || !nsenter || !systemProgram('pivot_root') || !systemProgram('mount'))
    return { by: 'none', because: 'unshare, nsenter, mount and pivot_root (util-linux) are not installed' };
  const privileged = process.getuid?.() === 0;
  const directory = mkdtempSync(join(tmpdir(), 'slipway-mounts-'));
  try {
    const seen = join(directory, 'seen');
    writeFileSync(seen, '');
    layRoot(directory, [{ source: seen, path: '/dev/termination-log', readOnly: false }]);
    const command = privileged ? `${unshare} -m` : `${unshare} -Urm`;
    const script = 'echo seen >/dev/termination-log';
    await promisify(execFile)('/bin/sh', [shim, 'isolate', command, '/', '/bin/sh', '-c', script], { cwd: directory, timeout: 5000 });
    if (statSync(seen).size === 0) return { by: 'none', because: 'a file that was mounted for a try was not there' };
    const enter = [nsenter, ...(privileged ? [] : ['-U', '--preserve-credentials']), '-m', '-r'];
    return { by: 'namespace', unshare: command, enter };
  } catch (error) {
    const [reason = ''] = ((error as { stderr?: string }).stderr || messageOf(error)).trim().split('\n');
    return { by: 'none', because: reason };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function systemProgram(name: string): string | undefined {
  return SYSTEM_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Makes `root` with all that is to be mounted on, and the table `mounts` beside it. */
export function layRoot(directory: string, mounts: readonly Mount[]): void {
  const root = join(directory, 'root');
  const { steps, binds } = planRoot(mounts, root, MACHINE);
  mkdirSync(root, { recursive: true });
  for (const step of steps) {
    if (step.make === 'link') symlinkSync(step.target, step.path);
    else if (step.make === 'directory') makeDirectory(step.path, step.like);
    else makeFile(step.path);
  }
  writeFileSync(join(directory, 'mounts'), mountTable(root, binds));
}

function makeDirectory(path: string, like: string | undefined): void {
  mkdirSync(path, { recursive: true });
  if (like) chmodSync(path, statSync(like).mode & 0o7777);
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, '');
}

const MACHINE: MachineTree = {
  resolve: resolveExisting,
  kindOf: (path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found && entryKind(found);
  },
  list: (directory) => (isReadable(directory) ? readdirSync(directory) : []),
  targetOf: (link) => readlinkSync(link),
};

function resolveExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === '/' ? path : join(resolveExisting(dirname(path)), basename(path));
  }
}

function entryKind(found: { isDirectory(): boolean; isSymbolicLink(): boolean }): EntryKind {
  return found.isDirectory() ? 'directory' : found.isSymbolicLink() ? 'link' : 'file';
}

function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
