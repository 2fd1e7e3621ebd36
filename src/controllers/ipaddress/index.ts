/** Says of each Service's address whose it is. */
import { isIPv6 } from 'node:net';
import { isStatus } from '../../base/index.ts';
import { IP_ADDRESSES, SERVICES, type IpAddress, type ObjectKey, type Service } from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller } from '../loop.ts';

const HOLDERS = 'holders';
const FAMILY = 'ipaddress.kubernetes.io/ip-family';
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';

export const ipAddressController: Controller = {
  name: 'service-ip-address',
  reads: [SERVICES, IP_ADDRESSES],
  concurrency: 1,
  start: ({ client }) => {
    const services = client.informer(SERVICES);
    const addresses = client.informer(IP_ADDRESSES);
    services.index(HOLDERS, addressesOf);
    return {
      triggers: [
        on(SERVICES, ({ before, after }) => [...addressesOf(before), ...addressesOf(after)]),
        on(IP_ADDRESSES, ({ before, after }) => [(after ?? before)!.metadata.name]),
      ],
      reconcile: async (address: ObjectKey) => {
        const [holder] = services.by(HOLDERS, address);
        const present = addresses.get(address);
        if (present && (!isOurs(present) || isOf(present, holder))) return SETTLED;
        if (present) {
          const { name, uid } = present.metadata;
          await client.delete({ kind: IP_ADDRESSES, name }, { preconditions: { uid } }).catch(ignoreNotFound);
        }
        if (holder) await client.create(IP_ADDRESSES, heldBy(holder, address)).catch(ignoreExisting);
        return SETTLED;
      },
    };
  },
};

function addressesOf(service: Service | undefined): readonly string[] {
  return (service?.spec.clusterIPs ?? []).filter((address) => address !== '' && address !== 'None');
}

const isOurs = ({ metadata }: IpAddress) => metadata.labels?.[MANAGED_BY] === ALLOCATOR;

function isOf({ spec: { parentRef } }: IpAddress, service: Service | undefined): boolean {
  return parentRef?.name === service?.metadata.name && parentRef?.namespace === service?.metadata.namespace;
}

function heldBy({ metadata: { name, namespace } }: Service, address: string): IpAddress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: address, labels: { [FAMILY]: isIPv6(address) ? 'IPv6' : 'IPv4', [MANAGED_BY]: ALLOCATOR } },
    spec: { parentRef: { resource: SERVICES.plural, namespace, name } },
  };
}

/** Somebody else says whose it is. */
function ignoreExisting(error: unknown): void {
  if (!isStatus(error, 'AlreadyExists')) throw error;
}
