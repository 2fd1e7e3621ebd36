import { normalize } from 'node:path';
import type { Container, VolumeMount } from '../../model/index.ts';
import { expand } from '../environment/expand.ts';
import type { Environment, Mount, RuntimeFeatures } from '../runtime.ts';
import type { Place } from './lay.ts';
import { subPathOf } from './subpath.ts';

export type ContainerMounts = { readonly ok: true; readonly mounts: readonly Mount[] } | { readonly ok: false; readonly message: string };

/** What a container sees of its pod's volumes, and where. */
export async function mountsOf(
  container: Container,
  places: ReadonlyMap<string, Place>,
  env: Environment,
  features: Pick<RuntimeFeatures, 'recursiveReadOnly'>,
): Promise<ContainerMounts> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const { name, mountPath, readOnly = false, subPath, subPathExpr, mountPropagation } = mount;
    const place = places.get(name);
    if (!place) return { ok: false, message: `volume "${name}" is not among the pod's volumes` };
    const missing = subPathExpr ? missingFrom(subPathExpr, env) : [];
    if (missing.length > 0) return { ok: false, message: `missing value for ${missing.join(', ')}` };
    const below = subPathExpr ? expand(subPathExpr, (variable) => env[variable]) : (subPath ?? '');
    const problem = wayProblem(below);
    if (problem !== undefined) return { ok: false, message: problem };
    const found = below ? await subPathOf(place.path, below, !place.readOnly || place.isContent === true) : { path: place.path };
    if ('problem' in found) {
      const what = found.problem === 'leadsOut' ? 'prepare subPath' : 'create subPath directory';
      return { ok: false, message: `failed to ${what} for volumeMount "${name}" of container "${container.name}"` };
    }
    const recursive = isRecursive(mount, features);
    if (!recursive && mount.recursiveReadOnly === 'Enabled') {
      const lack = `volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`;
      return { ok: false, message: `failed to resolve recursive read-only mode: ${lack}` };
    }
    mounts.push({
      source: found.path,
      path: normalize(mountPath).replace(/(.)\/$/, '$1'),
      readOnly: readOnly || place.readOnly,
      ...(mountPropagation && mountPropagation !== 'None' ? { propagation: mountPropagation } : {}),
      ...(recursive ? { recursive } : {}),
    });
  }
  return { ok: true, mounts };
}

/** Whether what is mounted below the volume is read only with it. */
export function isRecursive(
  { recursiveReadOnly: mode = 'Disabled' }: VolumeMount,
  { recursiveReadOnly = false }: Pick<RuntimeFeatures, 'recursiveReadOnly'>,
): boolean {
  return recursiveReadOnly && mode !== 'Disabled';
}

/** Why a part cannot be looked for; of what is not made of variables, the API server has seen to it. */
function wayProblem(below: string): string | undefined {
  if (below.startsWith('/')) return `error SubPath \`${below}\` must not be an absolute path`;
  return below.split('/').includes('..') ? `unable to provision SubPath \`${below}\`: must not contain '..'` : undefined;
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
