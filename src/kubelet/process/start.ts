import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../base/index.ts';
import type { ContainerSpec } from '../runtime.ts';
import { HeldContainer } from './held.ts';
import type { AttemptPaths } from './layout.ts';
import { writeOutcome } from './outcome.ts';
import { parseIdentity, readIfThere } from './procfs.ts';

const SHIM = fileURLToPath(new URL('./shim.sh', import.meta.url));

/** Starts an attempt under a shim of its own; resolves once the container's process is on record. */
export async function startHeld(spec: ContainerSpec, paths: AttemptPaths, clock: Clock): Promise<HeldContainer> {
  mkdirSync(dirname(paths.directory), { recursive: true });
  mkdirSync(paths.directory);
  mkdirSync(paths.root);
  for (const mount of spec.mounts) {
    const at = join(paths.root, mount.path);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(mount.source, at);
  }
  const ref = { podUid: spec.podUid, name: spec.name, attempt: spec.attempt };
  const directory = workingDirectory(spec, paths);
  const command = [...spec.command, ...spec.args];
  const problem = whyNotRunnable(command[0] ?? '', directory, spec.env['PATH']);
  const log = openSync(paths.log, 'a', 0o600);
  try {
    if (problem) writeOutcome(paths, 128, 'StartError', problem);
    else await runShim(paths, directory, command, spec.env, log);
  } finally {
    closeSync(log);
  }
  return new HeldContainer(ref, paths, parseIdentity(readIfThere(paths.pid) ?? ''), clock);
}

/** A directory that a volume brings lies under the container's root; any other is one of the machine. */
function workingDirectory({ workingDir }: ContainerSpec, { root }: AttemptPaths): string {
  if (!workingDir) return root;
  const own = join(root, workingDir);
  return existsSync(own) || !isAbsolute(workingDir) ? own : workingDir;
}

function whyNotRunnable(program: string, directory: string, path: string | undefined): string | undefined {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return `working directory ${JSON.stringify(directory)}: no such directory on this machine`;
  const name = JSON.stringify(program);
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : join(directory, program)]
    : (path ?? '').split(delimiter).map((folder) => join(folder || directory, program));
  const there = candidates.filter(isFile);
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

function runShim(
  paths: AttemptPaths,
  directory: string,
  command: readonly string[],
  env: ContainerSpec['env'],
  log: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const shim = spawn('/bin/sh', [SHIM, 'hold', directory, ...command], {
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
