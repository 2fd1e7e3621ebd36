import type { Random } from '../../base/index.ts';
import { StatusError } from '../../base/index.ts';
import { invalidObject, SERVICES, type Kind, type Manifest, type Service, type ServicePort } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';

export interface AddressRange {
  readonly first: number;
  readonly size: number;
}

const NODE_PORTS = { first: 30_000, size: 2768 };

export function parseRange(cidr: string): AddressRange {
  const [address, bits] = cidr.split('/') as [string, string];
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, size: 2 ** (32 - Number(bits)) };
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export const serviceIndexes = {
  clusterIP: (key: string, value: unknown): readonly string[] => (isService(key) ? ((value as Service).spec.clusterIPs ?? []) : []),
  nodePort: (key: string, value: unknown): readonly string[] =>
    isService(key) ? ((value as Service).spec.ports ?? []).flatMap((port) => (port.nodePort ? [String(port.nodePort)] : [])) : [],
};

const isService = (key: string) => key.startsWith('core/services/');

/** Gives a Service its cluster address and node ports; keeps those that it has, refuses those that another has. */
export function allocateService(store: Store, range: AddressRange, random: Random, kind: Kind, object: Manifest, old?: Manifest): Manifest {
  if (kind.plural !== SERVICES.plural || kind.group !== '') return object;
  const service = object as unknown as Service;
  const before = old as unknown as Service | undefined;
  const clusterIP = pickAddress(store, range, random, kind, service, before);
  const ports = pickNodePorts(store, random, kind, service, before);
  const { clusterIP: _ip, clusterIPs: _ips, ports: _ports, ...rest } = service.spec;
  return {
    ...object,
    spec: { ...(ports ? { ports } : {}), ...rest, ...(clusterIP ? { clusterIP, clusterIPs: [clusterIP] } : {}) },
  } as Manifest;
}

function pickAddress(store: Store, range: AddressRange, random: Random, kind: Kind, service: Service, old?: Service): string | undefined {
  const { type, clusterIP } = service.spec;
  if (type === 'ExternalName') return undefined;
  if (clusterIP === 'None') return 'None';
  const kept = clusterIP || (old?.spec.clusterIP !== 'None' ? old?.spec.clusterIP : undefined);
  if (kept) {
    if (kept !== old?.spec.clusterIP && isTaken(store, 'clusterIP', kept, service)) {
      throw invalidObject(kind, service.metadata.name, [
        {
          reason: 'FieldValueInvalid',
          path: ['spec', 'clusterIPs'],
          message: `Invalid value: [${JSON.stringify(kept)}]: failed to allocate IP ${kept}: provided IP is already allocated`,
        },
      ]);
    }
    return kept;
  }
  // The first and the last address of the range are left alone, as in any network.
  const free = firstFree(random, range.size - 2, (n) => !isTaken(store, 'clusterIP', formatAddress(range.first + 1 + n), service));
  if (free === undefined) throw new StatusError('InternalError', 'failed to allocate a serviceIP: range is full');
  return formatAddress(range.first + 1 + free);
}

function pickNodePorts(store: Store, random: Random, kind: Kind, service: Service, old?: Service): readonly ServicePort[] | undefined {
  const { type, ports } = service.spec;
  if (type !== 'NodePort' && type !== 'LoadBalancer') return ports;
  const mine = new Set(ports?.flatMap((port) => port.nodePort ?? []));
  return ports?.map((port, i) => {
    if (port.nodePort) {
      if (isTaken(store, 'nodePort', String(port.nodePort), service)) {
        throw invalidObject(kind, service.metadata.name, [
          {
            reason: 'FieldValueInvalid',
            path: ['spec', 'ports', i, 'nodePort'],
            message: `Invalid value: ${port.nodePort}: provided port is already allocated`,
          },
        ]);
      }
      return port;
    }
    const kept = old?.spec.ports?.find((before) => before.port === port.port && before.protocol === port.protocol)?.nodePort;
    if (kept) return { ...port, nodePort: kept };
    const isFree = (n: number) => !mine.has(NODE_PORTS.first + n) && !isTaken(store, 'nodePort', String(NODE_PORTS.first + n), service);
    const free = firstFree(random, NODE_PORTS.size, isFree);
    if (free === undefined) throw new StatusError('InternalError', 'failed to allocate a nodePort: range is full');
    mine.add(NODE_PORTS.first + free);
    return { ...port, nodePort: NODE_PORTS.first + free };
  });
}

function isTaken(store: Store, index: keyof typeof serviceIndexes, value: string, by: Service): boolean {
  return store.byIndex(index, value).some((entry) => {
    const { name, namespace } = (entry.value as Service).metadata;
    return name !== by.metadata.name || namespace !== by.metadata.namespace;
  });
}

/** Begins at a random place, so that a deleted Service's address is not given out again at once. */
function firstFree(random: Random, size: number, isFree: (n: number) => boolean): number | undefined {
  const start = Math.floor(random.fraction() * size);
  for (let step = 0; step < size; step++) {
    const n = (start + step) % size;
    if (isFree(n)) return n;
  }
  return undefined;
}
