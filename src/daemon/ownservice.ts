import { isStatus, type Log } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { ENDPOINT_SLICES, ENDPOINTS, SERVICE_NAME_LABEL, SERVICES } from '../model/index.ts';
import { keep } from './keep.ts';

const NAME = 'kubernetes';
const NAMESPACE = 'default';
const PORT_NAME = 'https';

export interface OwnAddress {
  /** Of the Service. */
  readonly clusterIP: string;
  /** Where the API server listens. */
  readonly host: string;
  readonly port: number;
}

/** Cluster addresses begin with that of the API server. */
export function ownClusterIP(serviceCidr: string): string {
  return serviceCidr.replace(/\d+\/\d+$/, '1');
}

/** Who may not listen on port 443 gives the Service another. */
const servicePort = () => (process.getuid?.() === 0 ? 443 : 6443);

/** Keeps the Service `kubernetes` in `default`, by which programs in the cluster find the API server. */
export async function keepOwnService(client: Client, log: Log, { clusterIP, host, port }: OwnAddress): Promise<void> {
  const metadata = { name: NAME, namespace: NAMESPACE };
  const served = { name: PORT_NAME, port, protocol: 'TCP' as const };
  try {
    await keep(client, SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        type: 'ClusterIP',
        clusterIP,
        clusterIPs: [clusterIP],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
        ports: [{ name: PORT_NAME, port: servicePort(), protocol: 'TCP', targetPort: port }],
      },
    });
    await keep(client, ENDPOINTS, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: host }], ports: [served] }],
    });
    await keep(client, ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { [SERVICE_NAME_LABEL]: NAME } },
      addressType: host.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [host], conditions: { ready: true } }],
      ports: [served],
    });
  } catch (error) {
    if (!isStatus(error, 'Invalid')) throw error;
    log.warn({ error: error.message, service: `${NAMESPACE}/${NAME}` }, 'programs in the cluster do not find the API server');
  }
}
