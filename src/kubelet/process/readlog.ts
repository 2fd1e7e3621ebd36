import { statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Clock, Millis } from '../../base/index.ts';
import type { LogRequest } from '../runtime.ts';
import type { AttemptPaths } from './layout.ts';
import { LineTimes } from './linetimes.ts';
import type { LogTimes } from './logtimes.ts';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Gives a container's log as it is asked for, in pieces, straight from its file. Its end is where it is at this moment. */
export function readLog(
  paths: AttemptPaths,
  growth: LogTimes,
  request: LogRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  return readFrom(statSync(paths.log, { throwIfNoEntry: false })?.size ?? 0, paths, growth, request, clock, signal);
}

async function* readFrom(
  end: number,
  paths: AttemptPaths,
  growth: LogTimes,
  request: LogRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await open(paths.log);
  const times = await LineTimes.open(paths.times);
  try {
    let position = await startOf(file, end, times, request);
    let left = request.limitBytes ?? Infinity;
    const stamp = request.timestamps ? lineStamper(times, clock) : undefined;
    while (!signal.aborted && left > 0) {
      // Asked for before reading: what is written after the end was seen is still read.
      const { finished } = growth;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead > 0) {
        const raw = buffer.subarray(0, bytesRead);
        const chunk = stamp ? await stamp(raw, position) : raw;
        position += bytesRead;
        yield chunk.subarray(0, left);
        left -= chunk.length;
      } else if ((await file.stat()).size < position) {
        // It was put aside, and has begun anew.
        position = 0;
      } else if (finished || !request.follow) {
        return;
      } else {
        await growth.grown(position, signal);
      }
    }
  } finally {
    await times.close();
    await file.close();
  }
}

async function startOf(file: FileHandle, end: number, times: LineTimes, { tailLines, since }: LogRequest): Promise<number> {
  const sinceStart = since === undefined ? 0 : await nextLine(file, await times.offsetAt(since));
  return Math.max(sinceStart, tailLines === undefined ? 0 : await tailStart(file, end, tailLines));
}

/** The offset itself when a line begins there, else where the next line begins. */
async function nextLine(file: FileHandle, offset: number): Promise<number> {
  if (offset === 0) return 0;
  for (let at = offset - 1; ; at += CHUNK_BYTES) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
    if (newline >= 0) return at + newline + 1;
    if (bytesRead < CHUNK_BYTES) return at + bytesRead;
  }
}

/** Where the last `lines` lines begin; a last line without its end counts as one. */
async function tailStart(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  // The end of the last line does not separate it from another.
  let wanted = lines;
  let end = size - 1;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const piece = buffer.subarray(0, bytesRead);
    for (let at = piece.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : piece.lastIndexOf(NEWLINE, at - 1)) {
      wanted--;
      if (wanted === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

/** Puts before each line the time at which it was seen. */
function lineStamper(times: LineTimes, clock: Clock): (chunk: Buffer, offset: number) => Promise<Buffer> {
  let lineBegins = true;
  return async (chunk, offset) => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < chunk.length;) {
      if (lineBegins) pieces.push(Buffer.from(`${stampOf((await times.timeOf(offset + at)) ?? clock.now())} `));
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline < 0 ? chunk.length : newline + 1;
      pieces.push(chunk.subarray(at, end));
      lineBegins = newline >= 0;
      at = end;
    }
    return Buffer.concat(pieces);
  };
}

/** As a kubelet prints it: nine digits of a second. */
function stampOf(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 23)}000000Z`;
}
