import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostsFile } from '../podfiles/hosts.ts';
import type { DnsConfig, Mount, SandboxSpec } from '../runtime.ts';
import { readIfThere } from './procfs.ts';

const HOSTS = '/etc/hosts';
const RESOLV_CONF = '/etc/resolv.conf';

/** Lays the files by which a pod's programs find names, beside the pod's own. */
export function writeNameFiles(directory: string, spec: Pick<SandboxSpec, 'name' | 'network'>, ip: string): void {
  writeFileSync(join(directory, '.hosts'), hostsFile(spec, ip, readIfThere(HOSTS) ?? ''));
  const { dns } = spec.network ?? {};
  if (dns) writeFileSync(join(directory, '.resolv'), resolvConf(dns));
}

export function resolvConf({ servers, searches, options }: DnsConfig): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Where a container finds them, unless it brings its own; a pod of an earlier version has none. */
export function nameMounts(directory: string, own: readonly Mount[]): readonly Mount[] {
  const files = [['.hosts', HOSTS], ['.resolv', RESOLV_CONF]] as const; // prettier-ignore
  return files.flatMap(([name, path]) => {
    const source = join(directory, name);
    const wanted = !own.some((mount) => mount.path === path) && readIfThere(source) !== undefined;
    return wanted ? [{ source, path, readOnly: false }] : [];
  });
}
