import { isRecord } from '../../base/index.ts';
import type { Container, Pod } from '../../model/index.ts';
import type { DnsConfig, HostPort, ProcessScope, SandboxSpec } from '../runtime.ts';
import { tasksOf } from '../tasks.ts';

/** The server for names in the cluster, on the port at which every program asks. */
export interface ClusterDns {
  readonly address: string;
  readonly domain: string;
}

export interface SandboxParts {
  /** Undefined where nobody answers. */
  readonly clusterDns?: ClusterDns | undefined;
  /** How the machine finds names. */
  readonly machineDns: () => DnsConfig;
  /** What a runtime class is called in the runtime. */
  readonly handlerOf: (runtimeClass: string) => string | undefined;
}

const LONGEST_HOSTNAME = 63;
/** As the kernel has it. */
const LONGEST_NODENAME = 64;
const NONE: Readonly<Record<string, string>> = {};
const DEFAULT_DOMAIN = 'cluster.local';

/** What the containers of a pod share, as its spec asks for it. */
export function sandboxSpecOf(pod: Pod, parts: SandboxParts): SandboxSpec {
  const { uid = '', namespace = 'default', name, annotations = NONE, labels = NONE } = pod.metadata;
  const { spec } = pod;
  const containers = spec.initContainers?.length ? [...spec.initContainers, ...spec.containers] : spec.containers;
  const override = spec.hostNetwork ? undefined : spec.hostnameOverride || undefined;
  const hostname = override ?? (spec.hostname ?? name).slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
  const domain = parts.clusterDns?.domain ?? DEFAULT_DOMAIN;
  const fqdn = spec.subdomain && !override ? `${hostname}.${spec.subdomain}.${namespace}.svc.${domain}` : undefined;
  const callsItselfFqdn = fqdn !== undefined && spec.setHostnameAsFQDN === true;
  if (callsItselfFqdn && fqdn.length > LONGEST_NODENAME) {
    throw new Error(`setHostnameAsFQDN: ${fqdn} has ${fqdn.length} characters, and a hostname has at most ${LONGEST_NODENAME}`);
  }
  const dns = dnsOf(pod, parts);
  const { sysctls } = (spec.securityContext ?? {}) as { readonly sysctls?: readonly { readonly name: string; readonly value: string }[] };
  const handler = spec.runtimeClassName ? parts.handlerOf(spec.runtimeClassName) : undefined;
  return {
    podUid: uid,
    namespace,
    name,
    annotations,
    tasks: tasksOf(pod),
    labels,
    processes: processScope(pod),
    network: {
      ...(spec.hostNetwork ? { host: true } : undefined),
      hostname,
      ...(fqdn ? { fqdn } : undefined),
      ...(callsItselfFqdn ? { callsItselfFqdn } : undefined),
      aliases: spec.hostAliases?.map(({ ip, hostnames = [] }) => ({ ip, hostnames })) ?? [],
      ...(dns ? { dns } : undefined),
      ports: spec.hostNetwork ? [] : containers.flatMap(hostPorts),
    },
    ...((spec as { readonly hostIPC?: boolean }).hostIPC ? { hostIpc: true } : undefined),
    ...(containers.some(({ securityContext }) => securityContext?.privileged) ? { privileged: true } : undefined),
    ...(sysctls ? { sysctls: Object.fromEntries(sysctls.map((each) => [each.name, each.value])) } : undefined),
    ...(handler ? { handler } : undefined),
  };
}

export function processScope({ spec }: Pod): ProcessScope {
  return spec.hostPID ? 'host' : spec.shareProcessNamespace ? 'pod' : 'container';
}

function hostPorts({ ports = [] }: Container): readonly HostPort[] {
  return ports.flatMap(({ protocol = 'TCP', containerPort, hostPort, hostIP = '' }) =>
    hostPort ? [{ protocol: protocol as HostPort['protocol'], containerPort, hostPort, hostIp: hostIP }] : [],
  );
}

/** Undefined: as the machine does it. */
function dnsOf({ metadata, spec }: Pod, { clusterDns, machineDns }: SandboxParts): DnsConfig | undefined {
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  const added: DnsConfig = {
    servers: spec.dnsConfig?.nameservers ?? [],
    searches: spec.dnsConfig?.searches ?? [],
    options: (spec.dnsConfig?.options ?? []).map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`)),
  };
  if (policy === 'None') return added;
  const clusterFirst = clusterDns && (policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec.hostNetwork));
  if (!clusterFirst && !isRecord(spec.dnsConfig)) return undefined;
  const machine = machineDns();
  if (!clusterFirst) return merged(machine, added);
  const { address, domain } = clusterDns;
  const searches = [`${metadata.namespace ?? 'default'}.svc.${domain}`, `svc.${domain}`, domain, ...machine.searches];
  return merged({ servers: [address], searches, options: ['ndots:5'] }, added);
}

/** Options count once; those of the pod count more. */
function merged(base: DnsConfig, added: DnsConfig): DnsConfig {
  const nameOf = (option: string) => option.split(':')[0]!;
  const own = new Set(added.options.map(nameOf));
  return {
    servers: [...new Set([...base.servers, ...added.servers])],
    searches: [...new Set([...base.searches, ...added.searches])],
    options: [...base.options.filter((option) => !own.has(nameOf(option))), ...added.options],
  };
}

/** A machine's resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const lines = text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  );
  const all = (keyword: string) => lines.filter(([first]) => first === keyword).map(([, ...rest]) => rest);
  return {
    servers: all('nameserver').flat(),
    searches: all('search').at(-1) ?? all('domain').at(-1) ?? [],
    options: all('options').flat(),
  };
}
