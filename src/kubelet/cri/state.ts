import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Millis } from '../../base/index.ts';
import type { ContainerRef, RunState } from '../runtime.ts';
import type { Remembered } from './containerconfig.ts';
import type { Layout } from './layout.ts';
import { parseLine } from './logline.ts';
import type { ContainerStatus } from './messages.ts';

/** What has become of a container, in the port's words. */
export function stateOf(status: ContainerStatus, ref: ContainerRef, remembered: Remembered, layout: Layout): RunState {
  const startedAt = toMillis(status.startedAt || status.createdAt);
  if (status.state === 'CONTAINER_RUNNING') return { kind: 'running', startedAt };
  const { exitCode, reason } = status;
  const lastState = { kind: 'exited', startedAt, finishedAt: toMillis(status.finishedAt || status.createdAt), exitCode } as const;
  const message = status.message || lastWord(ref, exitCode, remembered, layout);
  return { ...lastState, ...(ORDINARY.has(reason) ? {} : { reason }), ...(message ? { message } : {}) };
}

/** What the port says by leaving the reason out. */
const ORDINARY: ReadonlySet<string> = new Set(['', 'Completed', 'Error']);

function toMillis(nanoseconds: number): Millis {
  return Math.floor(nanoseconds / 1_000_000);
}

const LONGEST_MESSAGE_BYTES = 4096;
const LONGEST_LOG_BYTES = 2048;
const MOST_LOG_LINES = 80;

/** What the container wrote into its termination log, or the end of its log where it asks for that after a failure. */
function lastWord(ref: ContainerRef, exitCode: number, { wordFromLog }: Remembered, layout: Layout): string {
  const said = endOf(layout.lastWord(ref), LONGEST_MESSAGE_BYTES);
  if (said || exitCode === 0 || !wordFromLog) return said;
  const lines = endOf(layout.log(ref), LONGEST_LOG_BYTES + MOST_LOG_LINES * LONGEST_LINE_HEAD)
    .split('\n')
    .slice(-MOST_LOG_LINES - 1);
  const text = lines.map((line) => parseLine(Buffer.from(`${line}\n`))?.content.toString() ?? '').join('');
  return text.slice(-LONGEST_LOG_BYTES);
}

/** Time, stream and tag. */
const LONGEST_LINE_HEAD = 48;

function endOf(path: string, bytes: number): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return '';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const text = Buffer.alloc(Math.min(size, bytes));
    return text.toString('utf8', 0, readSync(file, text, 0, text.length, size - text.length));
  } finally {
    closeSync(file);
  }
}
