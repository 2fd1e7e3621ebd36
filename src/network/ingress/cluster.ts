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

interface Made {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly upstream: Upstream;
}

/** Where the requests for a backend go now, and what is spoken there. */
export interface Upstream {
  readonly targets: readonly Target[];
  readonly speaks: Speech;
}

/** `h2c` is HTTP/2 without TLS: gRPC. */
export type Speech = 'http' | 'https' | 'h2c';

/** What a Service says of its port; whatever else is asked by HTTP/1.1, WebSockets (`kubernetes.io/ws`) too. */
const SPEECHES: Readonly<Record<string, Speech>> = { https: 'https', 'kubernetes.io/wss': 'https', 'kubernetes.io/h2c': 'h2c' };

/** Of whatever type: what counts is what it holds. */
const isCertificate = (secret: Secret | undefined) => secret?.data?.['tls.crt'] !== undefined;

/** What the caches know of Ingresses, and of what they need. */
export class IngressCluster {
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #secrets: Informer<Secret>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  /** A backend is of one routing table, and goes with it. */
  readonly #made = new WeakMap<Backend, Made>();
  readonly #subscriptions: readonly { close(): void }[];

  /** `changed` is told when the routes or the certificates may be others; endpoints are looked up for each request. */
  constructor(client: Client, changed: () => void) {
    this.#ingresses = client.informer(INGRESSES);
    this.#classes = client.informer(INGRESS_CLASSES);
    this.#secrets = client.informer(SECRETS);
    this.#services = client.informer(SERVICES);
    this.#slices = client.informer(ENDPOINT_SLICES);
    this.#slices.index(BY_SERVICE, (slice) => [serviceOf(slice) ?? '']);
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

  /** Asked for with each request, and made anew when what they are made of is not the same any more. */
  upstream(backend: Backend): Upstream {
    const service = this.#services.get(backend.service);
    const slices = this.#slices.by(BY_SERVICE, backend.service);
    const made = this.#made.get(backend);
    if (made?.service === service && made?.slices.length === slices.length && slices.every((slice, i) => slice === made.slices[i])) {
      return made.upstream;
    }
    const { port } = backend;
    const wanted = service?.spec.ports?.find((each) => (typeof port === 'number' ? each.port === port : each.name === port));
    const upstream = { targets: wanted ? endpointsOf(wanted, slices) : [], speaks: SPEECHES[wanted?.appProtocol ?? ''] ?? 'http' };
    this.#made.set(backend, { service, slices, upstream });
    return upstream;
  }
}
