import { execFile } from 'node:child_process';
import { appendFileSync, closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';
import { copyFile, stat, statfs, truncate } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Puts what a log holds aside, and takes it away from its beginning; gives how many bytes that were. Its writer keeps its
 * file, and goes on at its end. Most file systems can take whole blocks away from the beginning of a file, so nothing is
 * lost. Elsewhere the file is cut off, with what is written in the instant between the last copy and the cut.
 */
export async function rotateLog(log: string, aside: string): Promise<number> {
  await copyFile(log, aside);
  const [{ size }, { bsize }] = await Promise.all([stat(aside), statfs(log)]);
  const whole = size - (size % bsize);
  if (await takeAway(log, whole)) {
    await truncate(aside, whole);
    return whole;
  }
  return cutOff(log, aside, size);
}

async function takeAway(log: string, bytes: number): Promise<boolean> {
  try {
    await promisify(execFile)('fallocate', ['--collapse-range', '--offset', '0', '--length', String(bytes), log]);
    return true;
  } catch {
    return false;
  }
}

function cutOff(log: string, aside: string, copied: number): number {
  const file = openSync(log, 'r');
  try {
    const late = Buffer.alloc(Math.max(0, fstatSync(file).size - copied));
    const read = readSync(file, late, 0, late.length, copied);
    appendFileSync(aside, late.subarray(0, read));
    truncateSync(log);
    return copied + read;
  } finally {
    closeSync(file);
  }
}
