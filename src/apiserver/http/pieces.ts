interface Pieces {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Nobody wants more of it. */
  readonly leave: () => void;
}

/**
 * What a node answers, as it comes. To leave is told to the answer itself: the signal of a request is lost with the request,
 * which is forgotten while its answer goes on.
 */
export function piecesOf({ body }: Response): Pieces {
  const reader = body?.getReader();
  return { chunks: read(reader), leave: () => void reader?.cancel().catch(() => {}) };
}

async function* read(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): AsyncGenerator<Uint8Array> {
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) yield piece.value;
}
