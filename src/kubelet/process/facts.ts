import type { Means } from './start.ts';

/** What people should know of how pods run here. */
export function factsOf({ mounting, cgroups }: Means): Readonly<Record<string, string>> {
  return {
    mounts: mounting.by === 'namespace' ? `mount namespace (${mounting.unshare.split('/').at(-1)})` : `none: ${mounting.because}`,
    limits: cgroups
      ? `${cgroups.parents.flatMap(({ controllers }) => controllers).join(', ')} by cgroup v${cgroups.version}`
      : 'memory is watched each second; cpu is not limited: cgroups are not writable',
  };
}
