import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Clock } from '../../base/index.ts';
import { layLastWord } from '../podfiles/lastword.ts';
import type { ContainerSpec } from '../runtime.ts';
import { makeGroup, type Cgroups } from './cgroups.ts';
import { HeldContainer } from './held.ts';
import type { AttemptPaths } from './layout.ts';
import { layRoot, type Mounting } from './namespace.ts';
import { writeOutcome } from './outcome.ts';
import type { PrivilegeMeans } from './privileges.ts';
import { parseIdentity, readIfThere } from './procfs.ts';
import { onMachine } from './roottree.ts';
import { writeSettings } from './settings.ts';
import { onTerminal } from './terminal.ts';

export const SHIM = fileURLToPath(new URL('./shim.sh', import.meta.url));

/** What this machine lets the runtime do. */
export interface Means {
  readonly mounting: Mounting;
  /** Undefined: memory is watched, and the processor is not limited. */
  readonly cgroups: Cgroups | undefined;
  readonly privileges: PrivilegeMeans;
}

/** Around a container's command. */
export interface Setting {
  /** What makes it run as who it should. */
  readonly as: readonly string[];
  /** The command whose children are in the container's PID namespace; `-`: there is none. */
  readonly processes: string;
}

/** Starts an attempt under a shim of its own; resolves once the container's process is on record. */
export async function startHeld(
  spec: ContainerSpec,
  paths: AttemptPaths,
  clock: Clock,
  means: Means,
  { as, processes }: Setting,
): Promise<HeldContainer> {
  mkdirSync(dirname(paths.directory), { recursive: true });
  mkdirSync(paths.directory);
  const ownProcesses = processes !== '-';
  const view = means.mounting.by === 'namespace' ? ownRoot(spec, paths, means.mounting, ownProcesses) : sharedRoot(spec, paths);
  const ref = { podUid: spec.podUid, name: spec.name, attempt: spec.attempt };
  const command = [...spec.command, ...spec.args].map(view.text);
  const problem = whyNotRunnable(command[0] ?? '', view.directory, spec.env['PATH'], view.onMachine);
  const { memoryBytes } = spec.limits ?? {};
  writeSettings(paths, {
    image: spec.image,
    ...(spec.lastWord ? { lastWord: spec.lastWord } : {}),
    ...(spec.stopSignal ? { stopSignal: spec.stopSignal } : {}),
    ...(means.mounting.by === 'namespace' ? { enter: means.mounting.enter } : {}),
    ...(as.length > 0 ? { as } : {}),
    ...(memoryBytes !== undefined && !means.cgroups ? { watchedBytes: memoryBytes } : {}),
  });
  const input = spec.stdin ? await makeInput(paths, spec.stdinOnce ?? false) : undefined;
  const log = openSync(paths.log, 'a', 0o600);
  try {
    if (problem) {
      writeOutcome(paths, 128, 'StartError', problem);
    } else {
      if (means.cgroups) writeFileSync(paths.cgroups, makeGroup(means.cgroups, groupName(spec, paths), spec.limits ?? {}));
      if (spec.security?.user !== undefined && process.getuid?.() === 0) fchownSync(log, spec.security.user, spec.security.group ?? 0);
      const words = [...as, ...(spec.tty ? onTerminal(command) : command)];
      await runShim(paths, ['hold', processes, view.unshare, view.directory, ...words], spec.env, log);
    }
  } finally {
    closeSync(log);
  }
  return new HeldContainer(ref, paths, parseIdentity(readIfThere(paths.pid) ?? ''), clock, input);
}

/** Other data directories on this machine may have a pod of the same name. */
function groupName({ podUid, name, attempt }: ContainerSpec, { directory }: AttemptPaths): string {
  return `${podUid}.${name}.${attempt}.${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;
}

/** An input that ends with its first writer is held open until then; the end of the daemon ends it too. */
async function makeInput(paths: AttemptPaths, once: boolean): Promise<number | undefined> {
  await promisify(execFile)('mkfifo', [paths.input]);
  if (!once) return undefined;
  writeFileSync(paths.once, '');
  return openSync(paths.input, constants.O_RDWR | constants.O_NONBLOCK);
}

/** How the container sees the machine. */
interface View {
  readonly unshare: string;
  readonly directory: string;
  /** Where a path of the container's lies on the machine. */
  readonly onMachine: (path: string) => string;
  /** What becomes of its command's words. */
  readonly text: (word: string) => string;
}

type OwnMounts = Extract<Mounting, { by: 'namespace' }>;

function ownRoot(spec: ContainerSpec, paths: AttemptPaths, { unshare }: OwnMounts, ownProcesses: boolean): View {
  const mounts = spec.lastWord ? [...spec.mounts, { source: paths.message, path: spec.lastWord.path, readOnly: false }] : spec.mounts;
  if (spec.lastWord) layLastWord(paths.message);
  layRoot(paths.directory, mounts, { ownProcesses, fixed: spec.security?.readOnlyRoot ?? false });
  return {
    unshare,
    directory: spec.workingDir ?? '/',
    onMachine: (path) => onMachine(path, spec.mounts),
    text: (word) => word,
  };
}

/** Volumes lie under the container's root as links; its paths are the machine's, so the termination log is named anew. */
function sharedRoot(spec: ContainerSpec, paths: AttemptPaths): View {
  mkdirSync(paths.root);
  for (const mount of spec.mounts) {
    const at = join(paths.root, mount.path);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(mount.source, at);
  }
  const { lastWord } = spec;
  if (lastWord) {
    const at = join(paths.root, lastWord.path);
    mkdirSync(dirname(at), { recursive: true });
    layLastWord(paths.message);
    symlinkSync(paths.message, at);
  }
  return {
    unshare: '-',
    directory: workingDirectory(spec, paths),
    onMachine: (path) => path,
    text: (word) => (lastWord ? word.replaceAll(lastWord.path, paths.message) : word),
  };
}

/** A directory that a volume brings lies under the container's root; any other is one of the machine. */
function workingDirectory({ workingDir }: ContainerSpec, { root }: AttemptPaths): string {
  if (!workingDir) return root;
  const own = join(root, workingDir);
  return existsSync(own) || !isAbsolute(workingDir) ? own : workingDir;
}

function whyNotRunnable(program: string, directory: string, path: string | undefined, onMachine: View['onMachine']): string | undefined {
  if (!statSync(onMachine(directory), { throwIfNoEntry: false })?.isDirectory())
    return `working directory ${JSON.stringify(directory)}: no such directory on this machine`;
  const name = JSON.stringify(program);
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : join(directory, program)]
    : (path ?? '').split(delimiter).map((folder) => join(folder || directory, program));
  const there = candidates.map(onMachine).filter(isFile);
  if (there.length === 0)
    return program.includes('/')
      ? `exec: ${name}: no such file on this machine`
      : `exec: ${name}: executable file not found in $PATH of this machine`;
  return there.some(isExecutable) ? undefined : `exec: ${name}: permission denied`;
}

/** What lies where this user may not look is not there for them, as for `execvp`. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function runShim(paths: AttemptPaths, words: readonly string[], env: ContainerSpec['env'], log: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const shim = spawn('/bin/sh', [SHIM, ...words], {
      cwd: paths.directory,
      env: { ...env },
      detached: true,
      stdio: ['ignore', 'pipe', log],
    });
    const handshake = shim.stdout as Readable;
    const heard = () => {
      handshake.destroy();
      shim.unref();
    };
    shim.once('error', (error) => reject(new Error(`the shim could not be started: ${error.message}`)));
    handshake.once('data', () => {
      heard();
      resolve();
    });
    handshake.once('end', () => {
      heard();
      const message = readFileSync(paths.log, 'utf8').slice(-500).trim();
      // Nothing runs: the shim is gone, and it leaves only after what it held.
      rmSync(paths.directory, { recursive: true, force: true });
      reject(new Error(`the shim ended before the container began: ${message || 'it left no message'}`));
    });
  });
}
