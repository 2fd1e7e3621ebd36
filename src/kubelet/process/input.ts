import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Writes to the FIFO that is a container's input. The shim keeps it open, so it has no end when this writer goes. */
export async function feedInput(path: string, stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const fifo = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    // The container has ended, and nobody reads.
    if (error.code === 'ENXIO') return undefined;
    throw error.code === 'ENOENT' ? new Error('the container has no input: it needs stdin: true') : error;
  });
  if (!fifo) return;
  try {
    for await (const chunk of stdin) {
      if (signal.aborted) return;
      await fifo.writeFile(chunk);
    }
  } finally {
    await fifo.close();
  }
}
