import { SERVICE_NAME_LABEL, type Endpoint, type EndpointSlice, type Service } from '../../src/model/index.ts';

export function service(name: string, spec: Partial<Service['spec']> = {}, resourceVersion = '1'): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name, uid: `uid-${name}`, resourceVersion },
    spec: { type: 'ClusterIP', clusterIP: '127.96.0.10', ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

export function slice(
  of: string,
  endpoints: readonly (string | Endpoint)[],
  more: Partial<EndpointSlice> & { name?: string } = {},
): EndpointSlice {
  const { name = `${of}-1`, ...rest } = more;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name, uid: `uid-${name}`, resourceVersion: '1', labels: { [SERVICE_NAME_LABEL]: of } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: endpoints.map((endpoint) =>
      typeof endpoint === 'string' ? { addresses: [endpoint], conditions: { ready: true } } : endpoint,
    ),
    ...rest,
  };
}
