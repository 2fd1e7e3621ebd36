import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
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
import { fixRoot } from './fixedroot.ts';
import { mountTable, ownRootBind, planRoot, type EntryKind, type MachineTree } from './roottree.ts';

/** How containers get mounts of their own on this machine, or why they do not. */
export type Mounting =
  | {
      readonly by: 'namespace';
      /** The command of the shim. */
      readonly unshare: string;
      /** The command by which others enter. */
      readonly enter: readonly string[];
      readonly processes: Processes;
    }
  | { readonly by: 'none'; readonly because: string };

/** How containers get process numbers of their own, or why they see the machine's. */
export type Processes =
  | {
      readonly by: 'namespace';
      /** The command whose children are in a new namespace, and the one whose children are in that of a process. */
      readonly unshare: string;
      readonly join: (pid: number) => string;
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
  const asUser = privileged ? [] : ['-U', '--preserve-credentials'];
  // Who is not root becomes it with the first of the namespaces.
  const processes = privileged ? `${unshare} --pid` : `${unshare} -Ur --pid`;
  const refused = await whyNotMounted(shim, `${processes} --fork /usr/bin/env --default-signal=INT,QUIT`, `${unshare} -m`);
  if (refused === undefined) {
    const join = (pid: number) => [nsenter, ...asUser, '-F', '-p', '-t', pid].join(' ');
    const enter = [nsenter, ...asUser, '-m', '-p', '-r'];
    return { by: 'namespace', unshare: `${unshare} -m`, enter, processes: { by: 'namespace', unshare: processes, join } };
  }
  const alone = privileged ? `${unshare} -m` : `${unshare} -Urm`;
  const because = await whyNotMounted(shim, undefined, alone);
  if (because !== undefined) return { by: 'none', because };
  return { by: 'namespace', unshare: alone, enter: [nsenter, ...asUser, '-m', '-r'], processes: { by: 'none', because: refused } };
}

async function whyNotMounted(shim: string, processes: string | undefined, unshare: string): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-mounts-'));
  try {
    const seen = join(directory, 'seen');
    writeFileSync(seen, '');
    layRoot(directory, [{ source: seen, path: '/dev/termination-log', readOnly: false }], { ownProcesses: processes !== undefined });
    const script = 'read -r first _ </proc/self/stat && echo "$first" >/dev/termination-log';
    const words = [...(processes?.split(' ') ?? []), '/bin/sh', shim, 'isolate', unshare, '/', '/bin/sh', '-c', script];
    await promisify(execFile)(words[0]!, words.slice(1), { cwd: directory, timeout: 5000 });
    const number = readFileSync(seen, 'utf8').trim();
    if (number === '') return 'a file that was mounted for a try was not there';
    return processes !== undefined && number !== '1' ? 'a process that began a namespace for a try was not its first' : undefined;
  } catch (error) {
    return ((error as { stderr?: string }).stderr || messageOf(error)).trim().split('\n')[0] ?? '';
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function systemProgram(name: string): string | undefined {
  return SYSTEM_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export interface RootWishes {
  /** The container sees its own processes alone. */
  readonly ownProcesses: boolean;
  /** It may write to its mounts alone. */
  readonly fixed?: boolean;
}

/** Makes `root` with all that is to be mounted on, and the table `mounts` beside it. */
export function layRoot(directory: string, mounts: readonly Mount[], { ownProcesses, fixed }: RootWishes): void {
  const root = join(directory, 'root');
  const { steps, binds } = planRoot(mounts, root, MACHINE, ownProcesses);
  mkdirSync(root, { recursive: true });
  for (const step of steps) {
    if (step.make === 'link') symlinkSync(step.target, step.path);
    else if (step.make === 'directory') makeDirectory(step.path, step.like);
    else makeFile(step.path);
  }
  const all = [ownRootBind(root), ...binds];
  if (!fixed) return writeFileSync(join(directory, 'mounts'), mountTable(all));
  const plan = fixRoot(root, all, readFileSync('/proc/self/mountinfo', 'utf8'));
  writeFileSync(join(directory, 'mounts'), mountTable(plan.binds));
  writeFileSync(join(directory, 'fixed'), plan.below);
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
