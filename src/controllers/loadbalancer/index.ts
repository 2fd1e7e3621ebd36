/** Gives Services of type LoadBalancer an address, where all the world is one machine: that of a node. */
import { equalJson } from '../../base/index.ts';
import { keyOf, NODES, SERVICES, type Node, type ObjectKey, type Service } from '../../model/index.ts';
import { isConditionTrue } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { compareTexts } from '../order.ts';

/** Few are: each change of a node asks for them. */
const BALANCED = 'balanced';

export const loadBalancerController = (address?: string): Controller => ({
  name: 'loadbalancer',
  component: 'service-controller',
  reads: [SERVICES, NODES],
  concurrency: 1,
  start: ({ client, events }) => {
    const services = client.informer(SERVICES);
    const nodes = client.informer(NODES);
    services.index(BALANCED, (service) => (wantsAddress(service) ? [''] : []));
    const balanced = () => services.by(BALANCED, '').map(keyOf);
    return {
      triggers: [
        on(SERVICES, ({ before, after }) => (after && (wantsAddress(after) || (before && wantsAddress(before))) ? [keyOf(after)] : [])),
        on(NODES, ({ before, after }) => (before && after && equalJson(addressOf([before]), addressOf([after])) ? [] : balanced())),
      ],
      reconcile: async (key: ObjectKey) => {
        const service = services.get(key);
        if (!service) return SETTLED;
        const loadBalancer = decideBalancer(service, nodes.list(), address);
        if (equalJson(loadBalancer, service.status?.loadBalancer ?? {})) return SETTLED;
        const tell = (reason: string, message: string) => events.event({ kind: SERVICES, object: service }, 'Normal', reason, message);
        if (loadBalancer.ingress) tell('EnsuringLoadBalancer', 'Ensuring load balancer');
        await client.updateStatus(SERVICES, { ...service, status: { ...service.status, loadBalancer } }).catch(ignoreNotFound);
        if (loadBalancer.ingress) tell('EnsuredLoadBalancer', 'Ensured load balancer');
        return SETTLED;
      },
    };
  },
});

type Balancer = NonNullable<NonNullable<Service['status']>['loadBalancer']>;

/** A class of its own means that somebody else gives the address. */
function wantsAddress({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
}

/** An address that was given stays while its node has it. */
export function decideBalancer(service: Service, nodes: readonly Node[], address?: string): Balancer {
  if (!wantsAddress(service)) return service.spec.type === 'LoadBalancer' ? (service.status?.loadBalancer ?? {}) : {};
  if (address !== undefined) return { ingress: [{ ip: address, ipMode: 'VIP' }] };
  const given = service.status?.loadBalancer?.ingress;
  const isStillThere = given?.some(({ ip }) => nodes.some((node) => addressOf([node]) === ip));
  const ip = addressOf(nodes);
  if (isStillThere) return { ingress: given! };
  return ip ? { ingress: [{ ip, ipMode: 'VIP' }] } : {};
}

/** Of the first node that is ready. */
function addressOf(nodes: readonly Node[]): string | undefined {
  const ready = nodes.filter(({ status }) => isConditionTrue(status?.conditions, 'Ready'));
  const [first] = ready.toSorted((a, b) => compareTexts(a.metadata.name, b.metadata.name));
  return first?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}
