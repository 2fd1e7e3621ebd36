import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, UserError } from '../base/index.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../kubelet/index.ts';
import { DEFAULT_DATA_DIR, type GitSettings } from './settings.ts';

/** What lies where in the data directory. */
export interface DataDir {
  readonly path: string;
  readonly journal: string;
  readonly tls: string;
  readonly pods: string;
  readonly kubeconfig: string;
  readonly log: string;
  /** While a daemon runs: where it listens and which process it is. */
  readonly running: string;
}

export function dataDirAt(path: string): DataDir {
  const at = resolve(path);
  return {
    path: at,
    journal: join(at, 'journal'),
    tls: join(at, 'tls'),
    pods: join(at, 'pods'),
    kubeconfig: join(at, 'kubeconfig'),
    log: join(at, 'daemon.log'),
    running: join(at, 'running.json'),
  };
}

/** Makes the directory, for its owner only, and keeps Git from seeing it. */
export function prepareDataDir(path: string): DataDir {
  const dir = dataDirAt(path);
  try {
    if (makeFolder(dir.path)) made.add(dir.path);
    writeFileSync(join(dir.path, '.gitignore'), '*\n');
    accessSync(dir.path, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot use the data directory ${dir.path}: ${whyNot(error)}. Name another with --data-dir.`);
  }
  return dir;
}

/** Directories that this process made. */
const made = new Set<string>();

/** A start that failed leaves no directory behind that was not there before, unless somebody else works in it by now. */
export function takeBackDataDir({ path, journal }: DataDir): void {
  if (made.delete(path) && !existsSync(join(journal, 'lock'))) rmSync(path, { recursive: true, force: true });
}

/** Says whether it was not there. One folder at a time: where the system takes none, as below /proc, `recursive` never ends. */
function makeFolder(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
  return true;
}

const WHY_NOT: Readonly<Record<string, string>> = {
  EEXIST: 'a file of that name is in the way',
  ENOTDIR: 'a file is in the way',
  ENOENT: 'the system takes no directory there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

function whyNot(error: unknown): string {
  return WHY_NOT[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
}

/** What to add to a command so that it finds this directory from here. */
export function dataDirOption({ path }: DataDir): string {
  return nearestDataDir()?.path === path ? '' : ` --data-dir ${path}`;
}

/** The data directory that a command means: the one named, or the nearest `.slipway` from here upwards. */
export function findDataDir(named: string | undefined): DataDir {
  const found = named ? dataDirAt(named) : nearestDataDir();
  if (found) return found;
  throw new UserError(`no ${DEFAULT_DATA_DIR} directory here or above: start one with 'slipway up REPOSITORY', or name it with --data-dir`);
}

/** The nearest `.slipway` from here upwards, if there is one. */
export function nearestDataDir(): DataDir | undefined {
  for (let at = process.cwd(); ; at = dirname(at)) {
    const dir = dataDirAt(join(at, DEFAULT_DATA_DIR));
    try {
      accessSync(dir.journal);
      return dir;
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

export interface Running {
  readonly pid: number;
  readonly address: string;
  readonly repository?: string;
  readonly git?: GitSettings;
  /** Tells the daemon apart from a later process that got its number. */
  readonly process?: ProcessIdentity;
}

export function writeRunning(dir: DataDir, running: Running): void {
  writeFileSync(`${dir.running}.new`, `${JSON.stringify({ ...running, process: identityOf(running.pid) })}\n`);
  renameSync(`${dir.running}.new`, dir.running);
}

/** Takes back what this process wrote. */
export function clearRunning(dir: DataDir): void {
  if (readRunning(dir)?.pid === process.pid) rmSync(dir.running);
}

/** The daemon that works on this directory now, if there is one. */
export function readRunning(dir: DataDir): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(dir.running, 'utf8')) as Running;
    if (running.process) return isAlive(running.process) ? running : undefined;
    process.kill(running.pid, 0);
    return running;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw new UserError(`cannot read ${dir.running}: it belongs to another user`);
    return undefined;
  }
}
