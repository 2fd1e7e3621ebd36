import { statSync } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { Clock, Millis } from '../../base/index.ts';
import { CHUNK_BYTES, NEWLINE, tailStart } from '../podfiles/tail.ts';
import type { LogRequest } from '../runtime.ts';
import type { AttemptPaths } from './layout.ts';
import { LineTimes } from './linetimes.ts';
import type { LogTimes } from './logtimes.ts';

/** Gives a container's log as it is asked for, in pieces, straight from its file. Its end is where it is at this moment. */
export function readLog(
  paths: AttemptPaths,
  growth: LogTimes,
  request: LogRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const end = statSync(paths.log, { throwIfNoEntry: false })?.size ?? 0;
  return readFrom({ end, cut: growth.cut }, paths, growth, request, clock, signal);
}

async function* readFrom(
  from: { readonly end: number; readonly cut: number },
  paths: AttemptPaths,
  growth: LogTimes,
  request: LogRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await open(paths.log);
  const times = await LineTimes.open(paths.times);
  try {
    const place = await growth.steady(async () => {
      const { cut } = growth;
      return { cut, at: await startOf(file, Math.max(0, from.end - (cut - from.cut)), times, request) };
    });
    let left = request.limitBytes ?? Infinity;
    const stamp = request.timestamps ? lineStamper(times, clock) : undefined;
    const broken = place.at === 0 && request.tailLines === undefined ? await brokenLine(paths.aside) : Buffer.alloc(0);
    if (broken.length > 0) {
      const chunk = stamp ? await stamp(broken, 0) : broken;
      yield chunk.subarray(0, left);
      left -= chunk.length;
    }
    while (!signal.aborted && left > 0) {
      // Asked for before reading: what is written after the end was seen is still read.
      const { finished } = growth;
      const read = await growth.steady(() => readOn(file, place, paths, growth, times));
      if (read.bytes.length > 0) {
        const chunk = stamp ? await stamp(read.bytes, read.at) : read.bytes;
        yield chunk.subarray(0, left);
        left -= chunk.length;
      } else if (place.cut === growth.cut && (finished || !request.follow)) {
        return;
      } else {
        await growth.grown(place.at, signal);
      }
    }
  } finally {
    await times.close();
    await file.close();
  }
}

/** How far a reader has come, and how much had been taken away from the log by then. */
interface Place {
  at: number;
  cut: number;
}

interface Read {
  readonly bytes: Buffer;
  readonly at: number;
}

async function readOn(file: FileHandle, place: Place, paths: AttemptPaths, growth: LogTimes, times: LineTimes): Promise<Read> {
  const gone = growth.cut - place.cut;
  if (gone > 0) {
    const missed = await tailOf(paths.aside, gone - place.at);
    place.cut = growth.cut;
    place.at = Math.max(0, place.at - gone);
    times.forget();
    if (missed.length > 0) return { bytes: missed, at: 0 };
  }
  // Its program has emptied it: it begins anew.
  if ((await file.stat()).size < place.at) place.at = 0;
  const { at } = place;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
  place.at += bytesRead;
  return { bytes: buffer.subarray(0, bytesRead), at };
}

/** Where the log begins amid a line, the beginning of that is at the end of what was put aside. */
async function brokenLine(aside: string): Promise<Buffer> {
  const whole = await readFile(aside).catch(() => Buffer.alloc(0));
  return whole.subarray(whole.lastIndexOf(NEWLINE) + 1);
}

/** What a slow reader had not read yet, as far as it is still there. */
async function tailOf(aside: string, bytes: number): Promise<Buffer> {
  if (bytes <= 0) return Buffer.alloc(0);
  const whole = await readFile(aside).catch(() => Buffer.alloc(0));
  return whole.subarray(Math.max(0, whole.length - bytes));
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
