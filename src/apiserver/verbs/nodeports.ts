import { StatusError } from '../../base/index.ts';
import { invalidObject, type Kind, type Service, type ServicePort } from '../../model/index.ts';
import { firstFree, isTaken, type Pool } from './taken.ts';

const FIRST = 30_000;
const SIZE = 2768;

type Path = readonly (string | number)[];

/** The ports of a service with those of the nodes, where its type has such. */
export function pickNodePorts(pool: Pool, kind: Kind, service: Service, old?: Service): readonly ServicePort[] | undefined {
  const { type, ports } = service.spec;
  if (type !== 'NodePort' && type !== 'LoadBalancer') return ports;
  if (type === 'LoadBalancer' && service.spec.allocateLoadBalancerNodePorts === false) return ports;
  const mine = new Set(ports?.flatMap((port) => port.nodePort ?? []));
  const before = new Set(old?.spec.ports?.map(({ nodePort }) => nodePort));
  return ports?.map((port, i) => {
    const { nodePort } = port;
    if (!nodePort) return { ...port, nodePort: pickFree(pool, service, mine) };
    if (!before.has(nodePort)) checkAsked(pool, kind, service, nodePort, ['spec', 'ports', i, 'nodePort']);
    return port;
  });
}

/** The port at which a balancer asks a node whether it has an endpoint. */
export function pickHealthPort(pool: Pool, kind: Kind, service: Service, old?: Service): Pick<Service['spec'], 'healthCheckNodePort'> {
  const { type, externalTrafficPolicy, ports = [], healthCheckNodePort: asked } = service.spec;
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return {};
  if (!asked) return { healthCheckNodePort: pickFree(pool, service, new Set(ports.flatMap(({ nodePort }) => nodePort ?? []))) };
  if (asked !== old?.spec.healthCheckNodePort) checkAsked(pool, kind, service, asked, ['spec', 'healthCheckNodePort']);
  return {};
}

function pickFree(pool: Pool, service: Service, mine: Set<number>): number {
  const isFree = (n: number) => !mine.has(FIRST + n) && !isTaken(pool, 'nodePort', String(FIRST + n), service);
  const free = firstFree(pool.random, SIZE, isFree);
  if (free === undefined) throw new StatusError('InternalError', 'failed to allocate a nodePort: range is full');
  mine.add(FIRST + free);
  return FIRST + free;
}

/** What is only tried out takes no port: Kubernetes lets it ask for any. */
function checkAsked(pool: Pool, kind: Kind, service: Service, port: number, path: Path): void {
  const inRange = port >= FIRST && port < FIRST + SIZE;
  if (pool.dryRun || (inRange && !isTaken(pool, 'nodePort', String(port), service))) return;
  const range = `provided port is not in the valid range. The range of valid ports is ${FIRST}-${FIRST + SIZE - 1}`;
  const why = inRange ? 'provided port is already allocated' : range;
  throw invalidObject(kind, service.metadata.name, [{ reason: 'FieldValueInvalid', path, message: `Invalid value: ${port}: ${why}` }]);
}
