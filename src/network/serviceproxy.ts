import { messageOf, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client, Informer } from '../client/index.ts';
import { ENDPOINT_SLICES, keyOf, SERVICES, type EndpointSlice, type KubeObject, type ObjectKey, type Service } from '../model/index.ts';
import type { EventRecorder } from '../status/index.ts';
import { isLoopback } from './addresses.ts';
import { explainBindProblem } from './bindproblem.ts';
import type { DataPlane } from './dataplane.ts';
import { healthCheckOf, HealthChecks, type HealthCheck } from './healthchecks.ts';
import { Listeners } from './listeners.ts';
import { createRelay } from './relay.ts';
import {
  clusterAddresses,
  closedAddresses,
  LOOPBACK,
  routesOfService,
  serviceOf,
  type Route,
  type RouteId,
  type RouteOptions,
} from './routes.ts';

export interface ServiceProxyOptions extends RouteOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
  readonly recorder?: EventRecorder;
  /** Carries the connections; a relay in this thread unless told otherwise. */
  readonly plane?: DataPlane;
}

export interface ServiceProxy {
  /** What is wanted at present. */
  routes(): readonly Route[];
  isOpen(id: RouteId): boolean;
  /** Resolves once each route that is wanted now is open, or could not be opened at the first try. */
  settled(): Promise<void>;
}

export function startServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  return options.scope.use(new UserspaceProxy(options));
}

const BY_SERVICE = 'network/service';

/** Notes which Services changed, makes their routes anew, and says which listeners are wanted. */
class UserspaceProxy implements ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #subscriptions: readonly { close(): void }[];
  readonly #unread = new Set<ObjectKey>();
  readonly #routes = new Map<ObjectKey, readonly Route[]>();
  readonly #unserved = new Map<ObjectKey, string>();
  readonly #plane: DataPlane;
  readonly #listeners: Listeners;
  readonly #healthChecks: HealthChecks;
  #reading: Promise<void> | undefined;
  #begun = false;
  #closed = false;

  constructor(options: ServiceProxyOptions) {
    const { client, clock, random, log } = options;
    this.#options = options;
    this.#plane = options.plane ?? createRelay({ clock, random, log });
    const durable = (version: string) => client.durable(version);
    const failed = (route: Route, error: unknown) => this.#couldNotListen(route, error);
    this.#listeners = new Listeners({ plane: this.#plane, clock, random, log, durable, failed });
    this.#healthChecks = new HealthChecks({
      addresses: options.nodePortAddresses ?? LOOPBACK,
      clock,
      random,
      log,
      durable,
      failed: (check, message) => this.#couldNotAnswer(check, message),
    });
    this.#services = client.informer(SERVICES);
    this.#slices = client.informer(ENDPOINT_SLICES);
    this.#slices.index(BY_SERVICE, (slice) => [serviceOf(slice) ?? '']);
    this.#subscriptions = [
      this.#services.subscribe(({ before, after }) => this.#note(keyOf((after ?? before)!))),
      this.#slices.subscribe(({ before, after }) => {
        if (before) this.#note(serviceOf(before));
        if (after) this.#note(serviceOf(after));
      }),
    ];
    // Also without a Service: what an earlier life has left ends then.
    this.#reading ??= this.#read();
  }

  routes(): readonly Route[] {
    return this.#listeners.routes();
  }

  isOpen(id: RouteId): boolean {
    return this.#listeners.isOpen(id);
  }

  async settled(): Promise<void> {
    await this.#reading;
    await this.#listeners.settled();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.close();
    await this.#healthChecks.close();
    await this.#listeners.close();
    await this.#plane.close();
  }

  #note(service: ObjectKey | undefined): void {
    if (!service) return;
    this.#unread.add(service);
    this.#reading ??= this.#read();
  }

  /** Waits until both caches are filled: a Service whose slices are not there yet would seem to have no endpoints. */
  async #read(): Promise<void> {
    try {
      await Promise.all([this.#services.synced, this.#slices.synced]);
    } catch (error) {
      return this.#options.log.error({ error: messageOf(error) }, 'service proxy cannot read services and endpoint slices');
    }
    this.#reading = undefined;
    if (this.#closed) return;
    const keys = [...this.#unread];
    this.#unread.clear();
    for (const key of keys) this.#readService(key);
    if (!this.#begun) void this.#listeners.begin();
    this.#begun = true;
  }

  #readService(key: ObjectKey): void {
    const service = this.#services.get(key);
    const slices = service ? this.#slices.by(BY_SERVICE, key) : [];
    const all = service && this.#isOurs(service) ? routesOfService(service, slices, this.#options) : [];
    const routes = all.filter(isCarried);
    const version = newest([...(service ? [service] : []), ...slices]);
    const since = service?.metadata.creationTimestamp ?? '';
    const ids = new Set(routes.map(({ id }) => id));
    for (const old of this.#routes.get(key) ?? []) if (!ids.has(old.id)) this.#listeners.unwant(old);
    for (const route of routes) this.#listeners.want({ route, version, since });
    if (routes.length > 0) this.#routes.set(key, routes);
    else this.#routes.delete(key);
    const check = service && this.#isOurs(service) ? healthCheckOf(service, slices, this.#options.nodeName) : undefined;
    if (check) this.#healthChecks.want({ service: key, ...check }, version);
    else this.#healthChecks.unwant(key);
    if (service) this.#tell(key, service, this.#unservedOf(service, all));
    else this.#unserved.delete(key);
  }

  /** A cluster address that is no loopback address belongs to the network of containers: a mere relay cannot listen there. */
  #isOurs(service: Service): boolean {
    return this.#options.plane !== undefined || clusterAddresses(service).every(isLoopback);
  }

  /** What the Service asks for and does not get. */
  #unservedOf(service: Service, routes: readonly Route[]): readonly string[] {
    const closed = closedAddresses(service, this.#options);
    return [
      ...routes.filter((route) => !isCarried(route)).map(({ id }) => `${id} is not served: only TCP and UDP are.`),
      ...routes.flatMap(({ id, service: own }) => {
        const holder = this.#listeners.holder(id) ?? own;
        return holder === own
          ? []
          : [`${id} is not served: it belongs to Service ${holder}, which is older. Give one of them another port.`];
      }),
      ...closed.map((address) => `External address ${address} is not served: name it with --node-port-addresses when it is to be reached.`),
    ];
  }

  /** Each state of things once. */
  #tell(key: ObjectKey, service: Service, problems: readonly string[]): void {
    const text = problems.join('\n');
    if (text === (this.#unserved.get(key) ?? '')) return;
    if (text === '') this.#unserved.delete(key);
    else this.#unserved.set(key, text);
    for (const problem of problems) this.#options.recorder?.event({ kind: SERVICES, object: service }, 'Warning', 'NotServed', problem);
  }

  #couldNotListen(route: Route, error: unknown): void {
    const message = explainBindProblem(route, error);
    this.#options.log.warn({ service: route.service, route: route.id }, message);
    const service = this.#services.get(route.service);
    if (service) this.#options.recorder?.event({ kind: SERVICES, object: service }, 'Warning', 'ListenFailed', message);
  }

  /** In kube-proxy's words. */
  #couldNotAnswer({ service: key, port }: HealthCheck, problem: string): void {
    const message = `node ${this.#options.nodeName ?? 'this machine'} failed to start healthcheck "${key}" on port ${port}: ${problem}`;
    this.#options.log.warn({ service: key, port }, message);
    const service = this.#services.get(key);
    if (!service) return;
    this.#options.recorder?.event({ kind: SERVICES, object: service }, 'Warning', 'FailedToStartServiceHealthcheck', message);
  }
}

const isCarried = ({ protocol }: Route) => protocol === 'TCP' || protocol === 'UDP';

/** Versions of one store are comparable numbers. */
function newest(objects: readonly KubeObject[]): string {
  return String(Math.max(0, ...objects.map(({ metadata }) => Number(metadata.resourceVersion ?? 0))));
}
