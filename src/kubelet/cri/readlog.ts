import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHUNK_BYTES, NEWLINE, tailStart } from '../podfiles/tail.ts';
import type { LogRequest } from '../runtime.ts';
import { inFull, parseLine, timeOf } from './logline.ts';

/** Whether more may come. */
export interface LogWriter {
  readonly finished: boolean;
  readonly end: Promise<void>;
}

/** Gives a container's log as it is asked for. What was rotated away is not shown; a reader who follows goes on in the new file. */
export async function* readLog(path: string, writer: LogWriter, request: LogRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let file = await openIfThere(path);
  const growth = request.follow ? new Growth(path, writer, signal) : undefined;
  try {
    const lines = new Lines(request);
    let position = file && request.tailLines !== undefined ? await tailStart(file, (await file.stat()).size, request.tailLines) : 0;
    while (!signal.aborted && lines.left > 0) {
      // Asked for before reading: what is written after the end, or before another file took its place, is still read.
      const { finished } = writer;
      const replaced = await isReplaced(file, path);
      const { buffer, bytesRead } = (await file?.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position)) ?? NOTHING;
      if (bytesRead > 0) {
        position += bytesRead;
        const text = lines.take(buffer.subarray(0, bytesRead));
        if (text.length > 0) yield text;
      } else if (replaced) {
        await file?.close();
        file = await openIfThere(path);
        position = 0;
      } else if (finished || !growth) {
        return;
      } else {
        await growth.next();
      }
    }
  } finally {
    growth?.close();
    await file?.close();
  }
}

const NOTHING = { buffer: Buffer.alloc(0), bytesRead: 0 };

/** Turns the bytes of the file into the text that was asked for. */
class Lines {
  readonly #request: LogRequest;
  #rest: Buffer = Buffer.alloc(0);
  #begins = true;
  /** Bytes that may still be given. */
  left: number;

  constructor(request: LogRequest) {
    this.#request = request;
    this.left = request.limitBytes ?? Infinity;
  }

  take(bytes: Buffer): Buffer {
    const { since, timestamps } = this.#request;
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const pieces: Buffer[] = [];
    let at = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, at)) {
      const line = parseLine(all.subarray(at, end + 1));
      at = end + 1;
      if (!line || (since !== undefined && timeOf(line.stamp) < since)) continue;
      if (timestamps && this.#begins) pieces.push(Buffer.from(`${inFull(line.stamp)} `));
      this.#begins = line.isWhole;
      pieces.push(line.content);
    }
    this.#rest = all.subarray(at);
    const text = Buffer.concat(pieces).subarray(0, this.left);
    this.left -= text.length;
    return text;
  }
}

/** Wakes a reader that has come to the end. */
class Growth {
  #watcher;
  #grown = false;
  #wake = () => {};

  constructor(path: string, writer: LogWriter, signal: AbortSignal) {
    // The folder, not the file: another file may take its place.
    this.#watcher = watch(dirname(path), { persistent: false }, () => this.#stir());
    this.#watcher.on('error', () => this.#stir());
    void writer.end.then(() => this.#stir());
    signal.addEventListener('abort', () => this.#stir(), { once: true });
  }

  async next(): Promise<void> {
    if (!this.#grown) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#grown = false;
  }

  close(): void {
    this.#watcher.close();
  }

  #stir(): void {
    this.#grown = true;
    this.#wake();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function isReplaced(file: FileHandle | undefined, path: string): Promise<boolean> {
  const now = await stat(path).catch(() => undefined);
  return now !== undefined && now.ino !== (await file?.stat())?.ino;
}
