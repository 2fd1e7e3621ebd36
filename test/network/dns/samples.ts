import type { EndpointSlice, Service } from '../../../src/model/index.ts';
import type { Directory } from '../../../src/network/dns/directory.ts';
import { clusterAddresses, serviceOf } from '../../../src/network/routes.ts';

export function service(name: string, spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name }, spec };
}

export function slice(of: string, endpoints: EndpointSlice['endpoints'], ports: EndpointSlice['ports'] = []): EndpointSlice {
  const metadata = { namespace: 'shop', name: `${of}-1`, labels: { 'kubernetes.io/service-name': of } };
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports };
}

/** The namespaces `shop` and `empty`, and what is in the first. */
export function directoryOf(services: readonly Service[], slices: readonly EndpointSlice[] = []): Directory {
  return {
    service: (key) => services.find(({ metadata }) => key === `${metadata.namespace}/${metadata.name}`),
    slices: (key) => slices.filter((each) => serviceOf(each) === key),
    hasNamespace: (name) => name === 'shop' || name === 'empty',
    servicesAt: (address) => services.filter((each) => clusterAddresses(each).includes(address)),
    slicesAt: (address) => slices.filter(({ endpoints }) => endpoints.some(({ addresses }) => addresses.includes(address))),
  };
}

/** The server for names itself. */
export const DNS: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'kube-system', name: 'kube-dns' },
  spec: { clusterIP: '10.96.0.10', ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] },
};
export const WEB = service('web', {
  clusterIP: '10.96.0.20',
  ports: [
    { name: 'http', port: 80 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ],
});
export const DUAL = service('dual', { clusterIP: '10.96.0.21', clusterIPs: ['10.96.0.21', 'fd00::21'], ports: [{ port: 80 }] });
export const DB = service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] });
export const OUTSIDE = service('outside', { type: 'ExternalName', externalName: 'example.com' });
export const ALIAS = service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' });

export const DB_SLICE = slice(
  'db',
  [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.6'], conditions: { ready: true } },
    { addresses: ['10.244.0.7'], hostname: 'db-2', conditions: { ready: false } },
  ],
  [{ name: 'sql', port: 5432, protocol: 'TCP' }],
);
