import { open, rm, truncate, type FileHandle } from 'node:fs/promises';

/** A segment that is being written. */
export interface JournalFile {
  /** Appends all of it. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The writing side of the file system: tests make it fail. */
export interface JournalFiles {
  /** Fails when the file is there. */
  create(path: string): Promise<JournalFile>;
  /** Goes on with a file that is there. */
  extend(path: string): Promise<JournalFile>;
  truncate(path: string, bytes: number): Promise<void>;
  /** Content when the file is not there. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory last. */
  syncDirectory(directory: string): Promise<void>;
}

class NodeFile implements JournalFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await this.#handle.write(bytes, at)).bytesWritten;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export const nodeFiles: JournalFiles = {
  create: async (path) => new NodeFile(await open(path, 'ax', 0o600)),
  extend: async (path) => new NodeFile(await open(path, 'a', 0o600)),
  truncate,
  remove: (path) => rm(path, { force: true }),
  syncDirectory: async (directory) => {
    const handle = await open(directory, 'r');
    await handle.sync().finally(() => handle.close());
  },
};
