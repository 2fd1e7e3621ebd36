import { createSocket } from 'node:dgram';
import { isStatus, type Log } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import type { ClusterDns } from '../kubelet/index.ts';
import { ENDPOINT_SLICES, SERVICE_NAME_LABEL, SERVICES } from '../model/index.ts';
import { DNS_SERVICE, SERVED_BY_OTHERS_LABEL, type Listening } from '../network/index.ts';
import { keep } from './keep.ts';
import { ownClusterIP } from './ownservice.ts';

export const CLUSTER_DOMAIN = 'cluster.local';
export const DNS_PORT = 53;

/** As installers of Kubernetes give it, so that whoever has learned it by heart is right here too. */
export function dnsClusterIP(serviceCidr: string): string {
  return serviceCidr.replace(/\d+\/\d+$/, '10');
}

/** Those on which this process itself listens. */
export function ownClusterIPs(serviceCidr: string): readonly string[] {
  return [ownClusterIP(serviceCidr), dnsClusterIP(serviceCidr)];
}

/**
 * What pods are told of the server for names. It is known before the server is there, so that the first pods are told too.
 * Undefined where nobody may listen on the usual port: no resolv.conf can name another.
 */
export function clusterDnsAt(serviceCidr: string, port = DNS_PORT): Promise<ClusterDns | undefined> {
  const address = dnsClusterIP(serviceCidr);
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(undefined));
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve({ address, domain: CLUSTER_DOMAIN })));
  });
}

/** Keeps the Service `kube-dns` in `kube-system`, by which programs in the cluster find the server for names. */
export async function keepDnsService(client: Client, log: Log, { address, port }: Listening): Promise<void> {
  const ports = (['UDP', 'TCP'] as const).map((protocol) => ({ name: protocol === 'UDP' ? 'dns' : 'dns-tcp', port, protocol }));
  try {
    await keep(client, SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        ...DNS_SERVICE,
        labels: {
          'k8s-app': 'kube-dns',
          'kubernetes.io/cluster-service': 'true',
          'kubernetes.io/name': 'CoreDNS',
          // The server listens on the Service's own address: nobody carries anything there.
          [SERVED_BY_OTHERS_LABEL]: 'slipway-dns',
        },
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: address,
        clusterIPs: [address],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
        ports: ports.map((each) => ({ ...each, targetPort: port })),
      },
    });
    await keep(client, ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...DNS_SERVICE, labels: { [SERVICE_NAME_LABEL]: DNS_SERVICE.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    });
  } catch (error) {
    if (!isStatus(error, 'Invalid')) throw error;
    const { namespace, name } = DNS_SERVICE;
    log.warn({ error: error.message, service: `${namespace}/${name}` }, 'programs in the cluster do not find the server for names');
  }
}
