import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalVolumes } from '../controllers/index.ts';
import type { DataDir } from './datadir.ts';

/** Volumes of the built-in storage class are directories of the data directory. */
export function localVolumes({ path }: DataDir): LocalVolumes {
  return {
    pathOf: (name) => join(path, 'volumes', name),
    remove: (volume) => rm(volume, { recursive: true, force: true }),
  };
}
