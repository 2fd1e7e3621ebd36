import { SERVICES, type Kind, type Manifest, type Service } from '../../model/index.ts';
import { pickAddress } from './addresses.ts';
import { pickFamilies } from './families.ts';
import { pickHealthPort, pickNodePorts } from './nodeports.ts';
import type { Pool } from './taken.ts';

/** Gives a Service its address family, cluster address and node ports; keeps those that it has, refuses those that another has. */
export function allocateService(pool: Pool, kind: Kind, object: Manifest, old?: Manifest): Manifest {
  if (kind.plural !== SERVICES.plural || kind.group !== '') return object;
  const service = object as unknown as Service;
  if (service.spec.type === 'ExternalName') return object;
  const before = old as unknown as Service | undefined;
  const families = pickFamilies(kind, service);
  const clusterIP = pickAddress(pool, kind, service, before);
  const ports = pickNodePorts(pool, kind, service, before);
  const { clusterIP: _ip, clusterIPs, ports: _ports, ...others } = service.spec;
  const spec = { ...(ports ? { ports } : {}), ...others };
  return {
    ...object,
    spec: {
      ...spec,
      clusterIP,
      clusterIPs: clusterIPs ?? [clusterIP],
      ...families,
      ...pickHealthPort(pool, kind, { ...service, spec }, before),
    },
  } as Manifest;
}
