import { mkdir, stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Container } from '../../model/index.ts';
import { expand } from '../environment/expand.ts';
import type { Environment, Mount } from '../runtime.ts';
import type { Place } from './lay.ts';

export type ContainerMounts = { readonly ok: true; readonly mounts: readonly Mount[] } | { readonly ok: false; readonly message: string };

/** What a container sees of its pod's volumes, and where. */
export async function mountsOf(container: Container, places: ReadonlyMap<string, Place>, env: Environment): Promise<ContainerMounts> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, readOnly = false, subPath, subPathExpr } of container.volumeMounts ?? []) {
    const place = places.get(name);
    if (!place) return { ok: false, message: `volume "${name}" is not among the pod's volumes` };
    const missing = subPathExpr ? missingFrom(subPathExpr, env) : [];
    if (missing.length > 0) return { ok: false, message: `missing value for ${missing.join(', ')}` };
    const below = subPathExpr ? expand(subPathExpr, (variable) => env[variable]) : (subPath ?? '');
    if (normalize(below).startsWith('..') || below.startsWith('/'))
      return { ok: false, message: `failed to prepare subPath for volumeMount "${name}" of container "${container.name}"` };
    const source = below ? join(place.path, below) : place.path;
    if (below && !(await stat(source).catch(() => undefined))) {
      if (place.readOnly && !place.isContent)
        return { ok: false, message: `failed to create subPath directory for volumeMount "${name}" of container "${container.name}"` };
      await mkdir(source, { recursive: true });
    }
    mounts.push({ source, path: normalize(mountPath).replace(/(.)\/$/, '$1'), readOnly: readOnly || place.readOnly });
  }
  return { ok: true, mounts };
}

/** The variables that have no value, or an empty one. */
function missingFrom(expression: string, env: Environment): readonly string[] {
  const missing = new Set<string>();
  expand(expression, (variable) => {
    if (!env[variable]) missing.add(variable);
    return undefined;
  });
  return [...missing].toSorted();
}
