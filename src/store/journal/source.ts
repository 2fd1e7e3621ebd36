import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../base/index.ts';
import { compressedPath, segmentName, segmentPath } from './segments.ts';

/** The bytes of a segment. */
export interface ByteSource {
  /** Gives how many bytes there are at the position, at most `length`; 0 at the end. */
  read(into: Buffer, offset: number, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

class PlainSource implements ByteSource {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Buffer, offset: number, length: number, position: number): Promise<number> {
    return (await this.#handle.read(into, offset, length, position)).bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Can be read from the beginning only, each byte once. */
class CompressedSource implements ByteSource {
  readonly #handle: FileHandle;
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);

  constructor(handle: FileHandle) {
    this.#handle = handle;
    const bytes = createReadStream('', { fd: handle, autoClose: false });
    // Its failure comes out of the iterator.
    this.#pieces = pipeline(bytes, createGunzip(), () => {})[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(into: Buffer, offset: number, length: number): Promise<number> {
    if (this.#piece.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done) return 0;
      this.#piece = value;
    }
    const taken = this.#piece.copy(into, offset, 0, length);
    this.#piece = this.#piece.subarray(taken);
    return taken;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.().catch(() => {});
    await this.#handle.close();
  }
}

/** Opens a segment, compressed or not: it may be compressed at this very moment. */
export async function openSegment(directory: string, segment: number): Promise<ByteSource> {
  const plain = segmentPath(directory, segment);
  let handle = await openExisting(plain);
  if (handle) return new PlainSource(handle);
  handle = await openExisting(compressedPath(directory, segment));
  if (handle) return new CompressedSource(handle);
  throw new UserError(`${segmentName(segment)} was removed from ${directory} while it was looked for: read the journal again`);
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function isCompressionError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
