import type { ProcessScope, SandboxSpec } from '../runtime.ts';
import type { NamespaceMode, NamespaceOption, PodSandboxConfig } from './messages.ts';

/** By these labels tools that look at a runtime know a pod's parts. */
export const LABELS = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  /** Whose it is: several daemons may use one runtime. */
  owner: 'slipway.dev/owner',
} as const;

const PIDS: Readonly<Record<ProcessScope, NamespaceMode>> = { container: 'CONTAINER', pod: 'POD', host: 'NODE' };

/** A pod as the runtime is asked for it. */
export function sandboxConfig(spec: SandboxSpec, attempt: number, logDirectory: string, owner: string): PodSandboxConfig {
  const { podUid, namespace, name, annotations, labels, network, sysctls = {}, privileged } = spec;
  return {
    metadata: { name, uid: podUid, namespace, attempt },
    hostname: network?.host ? '' : (network?.hostname ?? name),
    logDirectory,
    ...(network?.dns ? { dnsConfig: network.dns } : {}),
    portMappings: network?.ports ?? [],
    labels: {
      ...labels,
      [LABELS.podName]: name,
      [LABELS.podNamespace]: namespace,
      [LABELS.podUid]: podUid,
      [LABELS.owner]: owner,
    },
    annotations,
    linux: {
      securityContext: {
        namespaceOptions: namespacesOf(spec),
        ...(privileged ? { privileged } : {}),
        seccomp: { profileType: 'RuntimeDefault' },
      },
      sysctls,
    },
  };
}

function namespacesOf({ network, processes = 'container', hostIpc }: SandboxSpec): NamespaceOption {
  return { network: network?.host ? 'NODE' : 'POD', pid: PIDS[processes], ipc: hostIpc ? 'NODE' : 'POD' };
}

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
