import type { Client, Informer } from '../../client/index.ts';
import {
  ENDPOINT_SLICES,
  NAMESPACES,
  SERVICES,
  type EndpointSlice,
  type Namespace,
  type ObjectKey,
  type Service,
} from '../../model/index.ts';
import { clusterAddresses, serviceOf } from '../routes.ts';

/** What names are made of. */
export interface Directory {
  service(key: ObjectKey): Service | undefined;
  slices(key: ObjectKey): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** The Services that have this cluster address. */
  servicesAt(address: string): readonly Service[];
  /** The slices that name this address. */
  slicesAt(address: string): readonly EndpointSlice[];
}

const BY_SERVICE = 'network/dns/service';
const BY_ADDRESS = 'network/dns/address';

/** The directory of a running cluster: it asks nobody, all answers are in the caches. */
export class CachedDirectory implements Directory {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #namespaces: Informer<Namespace>;

  constructor(client: Client) {
    this.#services = client.informer(SERVICES);
    this.#slices = client.informer(ENDPOINT_SLICES);
    this.#namespaces = client.informer(NAMESPACES);
    this.#services.index(BY_ADDRESS, clusterAddresses);
    this.#slices.index(BY_SERVICE, (slice) => [serviceOf(slice) ?? '']);
    this.#slices.index(BY_ADDRESS, (slice) => slice.endpoints.flatMap(({ addresses }) => addresses));
  }

  async synced(): Promise<void> {
    await Promise.all([this.#services.synced, this.#slices.synced, this.#namespaces.synced]);
  }

  service(key: ObjectKey): Service | undefined {
    return this.#services.get(key);
  }

  slices(key: ObjectKey): readonly EndpointSlice[] {
    return this.#slices.by(BY_SERVICE, key);
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.get(name) !== undefined;
  }

  servicesAt(address: string): readonly Service[] {
    return this.#services.by(BY_ADDRESS, address);
  }

  slicesAt(address: string): readonly EndpointSlice[] {
    return this.#slices.by(BY_ADDRESS, address);
  }
}
