import type { Client, Informer } from '../../client/index.ts';
import {
  ENDPOINT_SLICES,
  INGRESS_CLASSES,
  INGRESSES,
  SECRETS,
  SERVICES,
  type EndpointSlice,
  type Ingress,
  type IngressClass,
  type ObjectKey,
  type Secret,
  type Service,
} from '../../model/index.ts';
import { endpointsOf, serviceOf, type Target } from '../routes.ts';
import { ingressesOfOurs } from './classes.ts';
import type { Backend } from './table.ts';

const BY_SERVICE = 'network/ingress/service';

/** What the caches know of Ingresses, and of what they need. */
export class IngressCluster {
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #secrets: Informer<Secret>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #subscriptions: readonly { close(): void }[];

  /** `changed` is told when the routes or the certificates may be others; endpoints are looked up for each request. */
  constructor(client: Client, changed: () => void) {
    this.#ingresses = client.informer(INGRESSES);
    this.#classes = client.informer(INGRESS_CLASSES);
    this.#secrets = client.informer(SECRETS);
    this.#services = client.informer(SERVICES);
    this.#slices = client.informer(ENDPOINT_SLICES);
    this.#slices.index(BY_SERVICE, (slice) => [serviceOf(slice) ?? '']);
    const isCertificate = (secret: Secret | undefined) => secret?.type === 'kubernetes.io/tls';
    this.#subscriptions = [
      this.#ingresses.subscribe(changed),
      this.#classes.subscribe(changed),
      this.#secrets.subscribe(({ before, after }) => (isCertificate(before) || isCertificate(after)) && changed()),
    ];
  }

  async synced(): Promise<void> {
    const all = [this.#ingresses, this.#classes, this.#secrets, this.#services, this.#slices];
    await Promise.all(all.map((informer) => informer.synced));
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  ingresses(): readonly Ingress[] {
    return ingressesOfOurs(this.#ingresses.list(), this.#classes.list());
  }

  secret(key: ObjectKey): Secret | undefined {
    return this.#secrets.get(key);
  }

  endpoints({ service: key, port }: Backend): readonly Target[] {
    const service = this.#services.get(key);
    const wanted = service?.spec.ports?.find((each) => (typeof port === 'number' ? each.port === port : each.name === port));
    return wanted ? endpointsOf(wanted, this.#slices.by(BY_SERVICE, key)) : [];
  }
}
