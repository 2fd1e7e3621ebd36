import { SpareBuffers } from '../../base/index.ts';
import type { Written } from './message.ts';

const LINE_END = '\r\n';

/** As much as a watch writes at once in a burst, with its last line. */
const PLACE = (1024 + 64) * 1024;
/** A smaller chunk is cheap to find memory for. */
const LARGE = 64 * 1024;
const spare = new SpareBuffers(PLACE, 2);

/** A chunk of HTTP/1.1, or undefined for nothing: an empty one would be the last. It is given back once it has left. */
export function chunkOf(bytes: Written): Buffer | undefined {
  const pieces: readonly Uint8Array[] = isPieces(bytes) ? bytes : [typeof bytes === 'string' ? Buffer.from(bytes) : bytes];
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size === 0) return undefined;
  const head = size.toString(16) + LINE_END;
  const length = head.length + size + LINE_END.length;
  const chunk = length < LARGE ? Buffer.allocUnsafe(length) : spare.take(length).subarray(0, length);
  let at = chunk.write(head, 'latin1');
  for (const piece of pieces) {
    chunk.set(piece, at);
    at += piece.length;
  }
  chunk.write(LINE_END, at, 'latin1');
  return chunk;
}

export const giveBack = (chunk: Buffer): void => spare.giveBack(chunk);

export const isPieces = (bytes: Written): bytes is readonly Uint8Array[] => Array.isArray(bytes);
