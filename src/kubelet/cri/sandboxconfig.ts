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
    hostname: network?.host ? '' : ((network?.callsItselfFqdn ? network.fqdn : network?.hostname) ?? name),
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
