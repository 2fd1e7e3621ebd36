import type { Means } from './start.ts';

/** What people should know of how pods run here. */
export function factsOf({ mounting, cgroups }: Means): Readonly<Record<string, string>> {
  return {
    mounts: mounting.by === 'namespace' ? `mount namespace (${mounting.unshare.split('/').at(-1)})` : `none: ${mounting.because}`,
    processes:
      mounting.by === 'namespace' && mounting.processes.by === 'namespace'
        ? 'PID namespace of its own'
        : `the machine's: ${mounting.by === 'none' ? mounting.because : mounting.processes.by === 'none' ? mounting.processes.because : ''}`,
    limits: cgroups
      ? `${cgroups.parents.flatMap(({ controllers }) => controllers.filter((name) => name !== 'cpuacct')).join(', ')} by cgroup v${cgroups.version}`
      : 'memory is watched each second; cpu is not limited: cgroups are not writable',
  };
}
