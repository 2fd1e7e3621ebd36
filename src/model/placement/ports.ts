import type { Container, Pod, Protocol } from '../types/index.ts';

/** A port of the node itself that a pod takes. */
export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
}

const ALL_ADDRESSES = '0.0.0.0';
const NONE: readonly never[] = [];

/** Those of its containers that run as long as it does. */
export function hostPortsOf({ spec: { containers, initContainers = NONE } }: Pick<Pod, 'spec'>): readonly HostPort[] {
  if (!containers.some(hasPorts) && !initContainers.some(hasPorts)) return NONE;
  const sidecars = initContainers.filter((container) => container.restartPolicy === 'Always');
  return [...containers, ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || ALL_ADDRESSES, port: port.hostPort!, protocol: port.protocol ?? 'TCP' })),
  );
}

const hasPorts = ({ ports }: Container) => ports !== undefined && ports.length > 0;

/** Not both can have theirs on one node. */
export function collide(some: readonly HostPort[], others: readonly HostPort[]): boolean {
  return some.some((a) => others.some((b) => isSame(a, b)));
}

function isSame(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === ALL_ADDRESSES || b.ip === ALL_ADDRESSES;
}
