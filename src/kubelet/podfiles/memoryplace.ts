import { accessSync, constants } from 'node:fs';

const SHARED_MEMORY = '/dev/shm';

/** A directory in memory for a pod's volumes. */
export function memoryPlace(podUid: string): string | undefined {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    return `${SHARED_MEMORY}/slipway-${podUid}`;
  } catch {
    return undefined;
  }
}
