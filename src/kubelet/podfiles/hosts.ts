import type { SandboxSpec } from '../runtime.ts';

const LOCAL_NAMES = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

/** What a pod's containers find as /etc/hosts, as a kubelet writes it; `machine` is the machine's own. */
export function hostsFile({ name, network }: Pick<SandboxSpec, 'name' | 'network'>, ip: string, machine: string): string {
  const { host, hostname = name, fqdn, aliases = [] } = network ?? {};
  const own = host
    ? `# Kubernetes-managed hosts file (host network).\n${machine}`
    : `# Kubernetes-managed hosts file.\n${LOCAL_NAMES}${ip}\t${[fqdn, hostname].filter(Boolean).join('\t')}\n`;
  if (aliases.length === 0) return own;
  return `${own}\n# Entries added by HostAliases.\n${aliases.map((alias) => `${alias.ip}\t${alias.hostnames.join('\t')}\n`).join('')}`;
}
