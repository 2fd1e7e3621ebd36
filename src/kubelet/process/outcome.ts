import { statSync, writeFileSync } from 'node:fs';
import type { RunState } from '../runtime.ts';
import type { AttemptPaths } from './layout.ts';
import { readIfThere } from './procfs.ts';

export type Exited = Extract<RunState, { kind: 'exited' }>;

/** Reads the file `exit`: `CODE`, as the shim writes it, or `CODE REASON MESSAGE`, as the daemon does. */
export function readOutcome(paths: AttemptPaths): Exited | undefined {
  const found = /^(\d+)(?: (\S+)(?: (.*))?)?\n/s.exec(readIfThere(paths.exit) ?? '');
  if (!found) return undefined;
  const finishedAt = statSync(paths.exit).mtimeMs;
  const [, code, reason, message] = found;
  return {
    kind: 'exited',
    startedAt: startOf(paths) ?? finishedAt,
    finishedAt,
    exitCode: Number(code),
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
