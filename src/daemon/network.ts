import { join } from 'node:path';
import { ensureServerCertificate } from '../apiserver/index.ts';
import { isStatus, messageOf, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { NODES } from '../model/index.ts';
import {
  AccessLog,
  followResolvConf,
  IngressCounts,
  startDns,
  startIngress,
  type IngressService,
  type OpenDoor,
} from '../network/index.ts';
import type { EventRecorder } from '../status/index.ts';
import type { DataDir } from './datadir.ts';
import { CLUSTER_DOMAIN, DNS_PORT, dnsClusterIP, keepDnsService } from './dnsservice.ts';
import type { NetworkSettings } from './settings.ts';

export interface NetworkOptions {
  readonly settings: NetworkSettings;
  readonly dataDir: DataDir;
  readonly serviceCidr: string;
  /** Pods answer on the network. */
  readonly isReal: boolean;
  /** The node that tells what is in force. */
  readonly node: string;
  /** A client under a name of its own, and who tells of what it does. */
  readonly part: (name: string) => { readonly client: Client; readonly recorder: EventRecorder };
  /** How Services are carried; undefined where they are not. */
  readonly services: 'nftables' | 'userspace' | undefined;
  readonly counts: IngressCounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
  readonly notice: (message: string) => void;
}

/** For those who may not listen on the usual one. */
const OWN_DNS_PORT = 1053;
const RESOLV_CONF = '/etc/resolv.conf';

/** Names and Ingresses: nothing that a pod needs to start waits for them. */
export async function openNetwork(options: NetworkOptions): Promise<void> {
  await tellNode(options, { services: options.services, dns: undefined, ingress: undefined });
  if (options.settings.ingress !== 'off') openIngress(options, options.settings.ingress);
  if (options.isReal) await openNames(options);
}

async function openNames(options: NetworkOptions): Promise<void> {
  const { serviceCidr, part, clock, random, log, scope, notice } = options;
  const { client } = part('kube-dns');
  const address = dnsClusterIP(serviceCidr);
  const { listening } = await startDns({
    client,
    clock,
    random,
    log,
    scope,
    domain: CLUSTER_DOMAIN,
    upstreams: followResolvConf(RESOLV_CONF, [address], clock),
    listen: [DNS_PORT, OWN_DNS_PORT].map((port) => ({ address, port })),
  });
  if (!listening)
    return notice(`names of the cluster are not answered: nobody can listen on ${address}, port ${DNS_PORT} or ${OWN_DNS_PORT}`);
  await keepDnsService(client, log, listening);
  await tellNode(options, { dns: formatDoor(listening) });
}

function openIngress(options: NetworkOptions, places: Exclude<NetworkSettings['ingress'], 'off'>): void {
  const { dataDir, isReal, part, counts, clock, random, log, scope, notice } = options;
  const accesses = scope.use(new AccessLog({ path: join(dataDir.path, 'ingress.log'), clock, log }));
  const nowhere = { address: '127.0.0.1', ports: [] };
  startIngress({
    ...part('slipway-ingress'),
    clock,
    random,
    log,
    scope,
    doors: isReal ? places : { http: nowhere, https: nowhere },
    fallback: () => ensureServerCertificate(dataDir.tls, 'ingress', ['localhost', '*.localhost', '127.0.0.1', '::1'], clock.now()),
    served: (entry) => {
      counts.count(entry);
      accesses.note(entry);
    },
    opened: ({ http, https }) => {
      if (!isReal) return;
      if (!http || !https) notice(closedDoors({ http, https }, places));
      const ingress = [http && `http=${formatDoor(http)}`, https && `https=${formatDoor(https)}`].filter(Boolean).join(',');
      scope.spawn(
        () => tellNode(options, { ingress: ingress || undefined }),
        (error) => log.warn({ error: messageOf(error) }, 'the node does not tell where Ingresses are reached'),
      );
    },
  });
}

function closedDoors({ http, https }: IngressService, places: Exclude<NetworkSettings['ingress'], 'off'>): string {
  const closed = [
    !http && ({ flag: '--ingress-http', ...places.http } as const),
    !https && ({ flag: '--ingress-https', ...places.https } as const),
  ];
  return closed
    .flatMap((door) => door || [])
    .map(
      ({ flag, address, ports }) =>
        `nobody can listen on ${address}, port ${ports.join(' or ')}, for Ingresses: name another port with ${flag}`,
    )
    .join('; ');
}

const formatDoor = ({ address, port }: OpenDoor) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

/** What is in force is an annotation of the node, below `slipway.dev/`. */
async function tellNode(
  { part, node }: Pick<NetworkOptions, 'part' | 'node'>,
  facts: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { client } = part('kube-proxy');
  try {
    const { metadata } = await client.get(NODES, node);
    const entries = Object.entries(facts).map(([name, value]) => [`slipway.dev/${name}`, value] as const);
    const changed = entries.filter(([name, value]) => metadata.annotations?.[name] !== value);
    if (changed.length === 0) return;
    const annotations = Object.fromEntries(changed.map(([name, value]) => [name, value ?? null]));
    await client.patch({ kind: NODES, name: node }, { type: 'merge', patch: { metadata: { annotations } } });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
