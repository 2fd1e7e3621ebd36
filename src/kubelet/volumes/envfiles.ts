import { readFile, stat } from 'node:fs/promises';
import type { Container } from '../../model/index.ts';
import type { Place } from './lay.ts';
import { subPathOf } from './subpath.ts';

/** By volume and path: what a container takes variables from. Of a volume that is not there it has nothing. */
export interface EnvFiles {
  readonly [volume: string]: Readonly<Record<string, EnvFile>>;
}

export interface EnvFile {
  readonly path: string;
  /** Undefined where it cannot be read. */
  readonly text: string | undefined;
}

/** Much more than what a container can be started with. */
const LONGEST_BYTES = 1024 * 1024;

/** Reads the files from which a container takes variables. */
export async function readEnvFiles({ env = [] }: Container, places: ReadonlyMap<string, Place>): Promise<EnvFiles> {
  const files: Record<string, Record<string, EnvFile>> = {};
  for (const { valueFrom } of env) {
    const { volumeName, path } = valueFrom?.fileKeyRef ?? {};
    const place = volumeName === undefined ? undefined : places.get(volumeName);
    if (!place || path === undefined) continue;
    const found = await subPathOf(place.path, path, false).catch(() => undefined);
    const at = found && 'path' in found ? found.path : undefined;
    (files[volumeName!] ??= {})[path] = { path: at ?? path, text: at && (await textOf(at).catch(() => undefined)) };
  }
  return files;
}

async function textOf(path: string): Promise<string | undefined> {
  const found = await stat(path);
  return found.isFile() && found.size <= LONGEST_BYTES ? readFile(path, 'utf8') : undefined;
}
