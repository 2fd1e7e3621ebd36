import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** What the files take on the disk; what goes away meanwhile counts for nothing. */
export async function bytesBelow(directory: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    sum += entry.isDirectory() ? await bytesBelow(path) : await bytesOf(path);
  }
  return sum;
}

export function bytesOf(file: string): Promise<number> {
  return lstat(file).then(
    ({ blocks }) => blocks * BLOCK_BYTES,
    () => 0,
  );
}
