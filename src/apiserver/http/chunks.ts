import type { Written } from './message.ts';

const LINE_END = '\r\n';

/** As much as a watch writes at once in a burst, with its last line. */
const PLACE = (1024 + 64) * 1024;
/** A smaller chunk is cheap to find memory for. */
const LARGE = 64 * 1024;
const MOST_SPARE = 2;

/** Large chunks are made where others were before: memory that is new to the process costs more than what is written to it. */
const spare: Buffer[] = [];

/** A chunk of HTTP/1.1, or undefined for nothing: an empty one would be the last. It is given back once it has left. */
export function chunkOf(bytes: Written): Buffer | undefined {
  const pieces: readonly Uint8Array[] = isPieces(bytes) ? bytes : [typeof bytes === 'string' ? Buffer.from(bytes) : bytes];
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size === 0) return undefined;
  const head = size.toString(16) + LINE_END;
  const chunk = take(head.length + size + LINE_END.length);
  let at = chunk.write(head, 'latin1');
  for (const piece of pieces) {
    chunk.set(piece, at);
    at += piece.length;
  }
  chunk.write(LINE_END, at, 'latin1');
  return chunk;
}

export function giveBack({ buffer }: Buffer): void {
  if (buffer.byteLength === PLACE && spare.length < MOST_SPARE) spare.push(Buffer.from(buffer));
}

export const isPieces = (bytes: Written): bytes is readonly Uint8Array[] => Array.isArray(bytes);

function take(size: number): Buffer {
  if (size < LARGE || size > PLACE) return Buffer.allocUnsafe(size);
  return (spare.pop() ?? Buffer.allocUnsafeSlow(PLACE)).subarray(0, size);
}
