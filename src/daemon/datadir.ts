import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, UserError } from '../base/index.ts';
import { DEFAULT_DATA_DIR } from './settings.ts';

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
    mkdirSync(dir.path, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir.path, '.gitignore'), '*\n');
    accessSync(dir.path, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot use the data directory ${dir.path}: ${messageOf(error)}. Name another with --data-dir.`);
  }
  return dir;
}

/** The data directory that a command means: the one named, or the nearest `.slipway` from here upwards. */
export function findDataDir(named: string | undefined): DataDir {
  if (named) return dataDirAt(named);
  for (let at = process.cwd(); ; at = dirname(at)) {
    const dir = dataDirAt(join(at, DEFAULT_DATA_DIR));
    try {
      accessSync(dir.journal);
      return dir;
    } catch {
      if (dirname(at) === at) break;
    }
  }
  throw new UserError(`no ${DEFAULT_DATA_DIR} directory here or above: start one with 'slipway up REPOSITORY', or name it with --data-dir`);
}

export interface Running {
  readonly pid: number;
  readonly address: string;
  readonly repository?: string;
}

export function writeRunning(dir: DataDir, running: Running): void {
  writeFileSync(`${dir.running}.new`, `${JSON.stringify(running)}\n`);
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
    process.kill(running.pid, 0);
    return running;
  } catch {
    return undefined;
  }
}
