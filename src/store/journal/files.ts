import { constants } from 'node:fs';
import { open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';

/** A file that is being written. */
export interface JournalFile {
  /** Appends all of them, one after another. */
  write(pieces: readonly Uint8Array[]): Promise<void>;
  /** Resolves once everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The writing side of the file system: tests make it fail. */
export interface JournalFiles {
  /** Begins a segment. Fails when the file is there. */
  create(path: string): Promise<JournalFile>;
  /** Goes on with a segment, and makes what it holds last. */
  extend(path: string): Promise<JournalFile>;
  /** For what is written in many pieces and counts only as a whole. */
  draft(path: string): Promise<JournalFile>;
  truncate(path: string, bytes: number): Promise<void>;
  /** Content when the file is not there. */
  remove(path: string): Promise<void>;
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a directory last. */
  syncDirectory(directory: string): Promise<void>;
}

/** On Linux a write can wait for the disk itself, which spares a batch its second way through the main loop. */
const WRITE_THROUGH = process.platform === 'linux' ? constants.O_DSYNC : 0;
const SEGMENT = constants.O_WRONLY | constants.O_APPEND | WRITE_THROUGH;

class NodeFile implements JournalFile {
  readonly #handle: FileHandle;
  readonly #isWrittenThrough: boolean;

  constructor(handle: FileHandle, isWrittenThrough: boolean) {
    this.#handle = handle;
    this.#isWrittenThrough = isWrittenThrough;
  }

  /** In one go, as a rule: each further one would be another way through the main loop, and another wait for the disk. */
  async write(pieces: readonly Uint8Array[]): Promise<void> {
    for (let left = pieces; left.length > 0;) left = after(left, (await this.#handle.writev(left)).bytesWritten);
  }

  sync(): Promise<void> {
    return this.#isWrittenThrough ? Promise.resolve() : this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function after(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let rest = written;
  for (const [at, piece] of pieces.entries()) {
    if (rest < piece.length) return [piece.subarray(rest), ...pieces.slice(at + 1)];
    rest -= piece.length;
  }
  return [];
}

export const nodeFiles: JournalFiles = {
  create: async (path) => new NodeFile(await open(path, SEGMENT | constants.O_CREAT | constants.O_EXCL, 0o600), WRITE_THROUGH > 0),
  extend: async (path) => {
    const handle = await open(path, SEGMENT);
    // What a killed process wrote may have been read from the cache of the system, and be on no disk yet.
    await handle.datasync();
    return new NodeFile(handle, WRITE_THROUGH > 0);
  },
  draft: async (path) => new NodeFile(await open(path, 'a', 0o600), false),
  truncate,
  rename,
  remove: (path) => rm(path, { force: true }),
  syncDirectory: async (directory) => {
    const handle = await open(directory, 'r');
    await handle.sync().finally(() => handle.close());
  },
};
