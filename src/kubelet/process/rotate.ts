import { appendFileSync, closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';

/**
 * Puts a log aside and begins it anew. Its writer keeps its file, so what is there is copied and then cut off: what is
 * written in the instant between the last copy and the cut is lost, and nothing else.
 */
export async function rotateLog(log: string, aside: string): Promise<void> {
  await copyFile(log, aside);
  const { size } = await stat(aside);
  const file = openSync(log, 'r');
  try {
    const late = Buffer.alloc(Math.max(0, fstatSync(file).size - size));
    appendFileSync(aside, late.subarray(0, readSync(file, late, 0, late.length, size)));
    truncateSync(log);
  } finally {
    closeSync(file);
  }
}
