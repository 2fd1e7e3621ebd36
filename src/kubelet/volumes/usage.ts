import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../base/index.ts';
import { wholeUnits, type Pod } from '../../model/index.ts';
import type { Place } from './lay.ts';

/** The pod's empty directories that may only grow so far. */
export function limitedVolumes({ spec }: Pod): readonly { readonly name: string; readonly limit: string }[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const limit = isRecord(emptyDir) ? emptyDir['sizeLimit'] : undefined;
    return limit === undefined || wholeUnits(String(limit)) === 0 ? [] : [{ name, limit: String(limit) }];
  });
}

/** What is said of the first volume that holds more than it may; undefined when all is well. */
export async function excessOf(pod: Pod, places: ReadonlyMap<string, Place>): Promise<string | undefined> {
  for (const { name, limit } of limitedVolumes(pod)) {
    const place = places.get(name);
    if (place && (await bytesBelow(place.path)) > wholeUnits(limit))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
  }
  return undefined;
}

const BLOCK_BYTES = 512;

/** What the files take on the disk; what goes away meanwhile counts for nothing. */
export async function bytesBelow(directory: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    sum += entry.isDirectory()
      ? await bytesBelow(path)
      : await lstat(path).then(
          ({ blocks }) => blocks * BLOCK_BYTES,
          () => 0,
        );
  }
  return sum;
}
