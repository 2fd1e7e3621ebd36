import type { FileHandle } from 'node:fs/promises';

export const CHUNK_BYTES = 64 * 1024;
export const NEWLINE = 10;

/** Where the last `lines` of the first `size` bytes begin; a last line without its end counts as one. */
export async function tailStart(file: FileHandle, size: number, lines: number): Promise<number> {
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
