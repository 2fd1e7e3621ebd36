import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SHARED_MEMORY = '/dev/shm';

const run = promisify(execFile);

/** A directory in memory for a pod's volumes. */
export function memoryPlace(podUid: string): string | undefined {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    return `${SHARED_MEMORY}/slipway-${podUid}`;
  } catch {
    return undefined;
  }
}

/** Makes a new directory a file system of that size. Where the machine does not let it, the directory can hold all that there is. */
export async function boundMemory(directory: string, bytes: number): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory]).catch(() => {});
}

export async function removeMemoryPlace(place: string): Promise<void> {
  for (const name of await readdir(place).catch(() => [])) {
    const volume = join(place, name);
    // What is mounted there is empty by now, and stays.
    await rm(volume, { recursive: true, force: true }).catch(() => run('umount', ['-l', volume]));
  }
  await rm(place, { recursive: true, force: true });
}
