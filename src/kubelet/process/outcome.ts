import { closeSync, fstatSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import type { RunState } from '../runtime.ts';
import type { AttemptPaths } from './layout.ts';
import { readIfThere } from './procfs.ts';
import { readSettings } from './settings.ts';

export type Exited = Extract<RunState, { kind: 'exited' }>;

/** Reads the file `exit`: `CODE` or `CODE OOMKilled`, as the shim writes it, or `CODE REASON MESSAGE`, as the daemon does. */
export function readOutcome(paths: AttemptPaths): Exited | undefined {
  const found = /^(\d+)(?: (\S+)(?: (.*))?)?\n/s.exec(readIfThere(paths.exit) ?? '');
  if (!found) return undefined;
  const finishedAt = statSync(paths.exit).mtimeMs;
  const [, code, reason, said] = found;
  const exitCode = Number(code);
  const message = said ?? lastWord(paths, exitCode);
  return {
    kind: 'exited',
    startedAt: startOf(paths) ?? finishedAt,
    finishedAt,
    exitCode,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  };
}

export function writeOutcome(paths: AttemptPaths, exitCode: number, reason: string, message: string): void {
  writeFileSync(paths.exit, `${exitCode} ${reason} ${message.replaceAll('\n', ' ')}\n`);
}

/** When the container's process was recorded; the clock of the file system, so that adoption finds the same. */
export function startOf(paths: AttemptPaths): number | undefined {
  return statSync(paths.pid, { throwIfNoEntry: false })?.mtimeMs;
}

const LONGEST_MESSAGE_BYTES = 4096;
const LONGEST_LOG_BYTES = 2048;
const MOST_LOG_LINES = 80;

/** What the container wrote into its termination log, or the end of its log where it asks for that after a failure. */
function lastWord(paths: AttemptPaths, exitCode: number): string {
  const { lastWord: policy } = readSettings(paths);
  if (!policy) return '';
  const said = endOf(paths.message, LONGEST_MESSAGE_BYTES);
  if (said || exitCode === 0 || !policy.orLog) return said;
  const lines = endOf(paths.log, LONGEST_LOG_BYTES).split('\n');
  return lines.slice(-MOST_LOG_LINES - (lines.at(-1) === '' ? 1 : 0)).join('\n');
}

function endOf(path: string, bytes: number): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return '';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - bytes);
    const text = Buffer.alloc(size - start);
    return text.toString('utf8', 0, readSync(file, text, 0, text.length, start));
  } finally {
    closeSync(file);
  }
}
