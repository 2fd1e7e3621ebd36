import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { JournalFiles } from './files.ts';
import { compressedPath, draftOf, segmentPath } from './segments.ts';

/** Replaces a segment by its compressed form. What follows the first `bytes` was taken back, and is left out. */
export async function compressSegment(
  directory: string,
  segment: number,
  bytes: number,
  files: JournalFiles,
  signal: AbortSignal,
): Promise<void> {
  const path = compressedPath(directory, segment);
  const draft = draftOf(path);
  await files.remove(draft);
  try {
    const file = await files.draft(draft);
    try {
      const plain = createReadStream(segmentPath(directory, segment), { end: bytes - 1 });
      // The work is done on the threads of zlib. What fails or is aborted comes out of the loop.
      for await (const piece of pipeline(plain, createGzip(), () => {})) {
        signal.throwIfAborted();
        await file.write([piece as Buffer]);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(draft, path);
    await files.syncDirectory(directory);
  } catch (error) {
    await files.remove(draft).catch(() => {});
    throw error;
  }
  await files.remove(segmentPath(directory, segment));
}
