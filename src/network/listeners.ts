import { messageOf, WorkQueue, type Clock, type Log, type Millis, type Random } from '../base/index.ts';
import type { ObjectKey } from '../model/index.ts';
import type { DataPlane, Listener } from './dataplane.ts';
import type { Route, RouteId } from './routes.ts';

export interface ListenersOptions {
  readonly plane: DataPlane;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Resolves once the objects that the route was made from are on disk. */
  readonly durable: (version: string) => Promise<void>;
  /** Told when a route cannot be opened, once per cause. */
  readonly failed: (route: Route, error: unknown) => void;
}

export interface Wanted {
  readonly route: Route;
  /** When the Service was made. */
  readonly since: string;
  /** The newest of the objects that it was made from. */
  readonly version: string;
}

const FIRST_RETRY: Millis = 1_000;
const LONGEST_RETRY: Millis = 60_000;

/** Keeps the open listeners as the wanted ones: one key, the route's id, at a time. */
export class Listeners {
  readonly #options: ListenersOptions;
  /** Several Services can want the same port of the machine: the oldest has it. */
  readonly #claims = new Map<RouteId, Map<ObjectKey, Wanted>>();
  readonly #open = new Map<RouteId, Listener>();
  readonly #problems = new Map<RouteId, string>();
  readonly #untried = new Set<RouteId>();
  readonly #settled: (() => void)[] = [];
  #trying = 0;
  readonly #queue: WorkQueue<RouteId>;
  readonly #begun = Promise.withResolvers<void>();

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      clock: options.clock,
      random: options.random,
      // What is under way at the same time can be one transaction of the firewall.
      concurrency: 256,
      firstRetryMs: FIRST_RETRY,
      longestRetryMs: LONGEST_RETRY,
      handle: (id) => this.#reconcile(id),
      failed: (id, error, retryMs) => this.#couldNot(id, error, retryMs),
    });
  }

  /** Everything that is wanted by now, before any of it is opened. */
  async begin(): Promise<void> {
    const { plane, durable, log } = this.#options;
    try {
      const versions = [...this.#claims.values()].flatMap((claims) => [...claims.values()].map(({ version }) => Number(version)));
      await durable(String(Math.max(0, ...versions)));
      await plane.begin?.(this.routes());
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'services are put in force one by one');
    }
    this.#begun.resolve();
  }

  routes(): readonly Route[] {
    return [...this.#claims.keys()].map((id) => this.#wanted(id)!.route);
  }

  isOpen(id: RouteId): boolean {
    return this.#open.has(id);
  }

  want(wanted: Wanted): void {
    const { id, service } = wanted.route;
    const claims = this.#claims.get(id) ?? new Map<ObjectKey, Wanted>();
    this.#claims.set(id, claims.set(service, wanted));
    this.#look(id);
  }

  unwant({ id, service }: Route): void {
    const claims = this.#claims.get(id);
    claims?.delete(service);
    if (claims?.size === 0) this.#claims.delete(id);
    this.#look(id);
  }

  /** Whose connections are taken there. */
  holder(id: RouteId): ObjectKey | undefined {
    return this.#wanted(id)?.route.service;
  }

  /** Resolves once each route has been tried since it changed last. */
  async settled(): Promise<void> {
    if (!this.#isSettled()) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  async close(): Promise<void> {
    this.#begun.resolve();
    await this.#queue.close();
    await Promise.all([...this.#open.values()].map((listener) => listener.close()));
    this.#open.clear();
    this.#untried.clear();
    this.#tellSettled();
  }

  #wanted(id: RouteId): Wanted | undefined {
    const [first, ...others] = this.#claims.get(id)?.values() ?? [];
    return first && others.reduce((oldest, each) => (isOlder(each, oldest) ? each : oldest), first);
  }

  #look(id: RouteId): void {
    this.#untried.add(id);
    this.#queue.add(id);
  }

  async #reconcile(id: RouteId): Promise<undefined> {
    this.#untried.delete(id);
    this.#trying++;
    try {
      const wanted = this.#wanted(id);
      if (wanted && (wanted.route.endpoints.length > 0 || this.#options.plane.refuses)) await this.#openOrUpdate(wanted);
      else await this.#shut(id, wanted);
    } finally {
      this.#trying--;
      this.#tellSettled();
    }
    return undefined;
  }

  async #openOrUpdate({ route, version }: Wanted): Promise<void> {
    const { plane, log, durable } = this.#options;
    await this.#begun.promise;
    await durable(version);
    const listener = this.#open.get(route.id);
    try {
      if (listener) return await listener.update(route);
      this.#open.set(route.id, await plane.open(route));
    } catch (error) {
      this.#tellOnce(route, error);
      throw error;
    }
    this.#problems.delete(route.id);
    log.debug({ service: route.service, route: route.id, endpoints: route.endpoints.length }, 'service listens');
  }

  /** Without an endpoint nobody listens, so that clients are refused at once. */
  async #shut(id: RouteId, wanted: Wanted | undefined): Promise<void> {
    this.#problems.delete(id);
    const listener = this.#open.get(id);
    if (!listener) return;
    this.#open.delete(id);
    await listener.close();
    const because = wanted ? 'no endpoint is ready' : 'the Service does not have this port any more';
    this.#options.log.debug({ route: id, because }, 'service listens no longer');
  }

  #couldNot(id: RouteId, error: unknown, retryMs: Millis): void {
    this.#options.log.debug({ route: id, error: messageOf(error), retryMs }, 'service does not listen yet');
  }

  #tellOnce(route: Route, error: unknown): void {
    const problem = (error as NodeJS.ErrnoException).code ?? messageOf(error);
    if (this.#problems.get(route.id) === problem) return;
    this.#problems.set(route.id, problem);
    this.#options.failed(route, error);
  }

  #isSettled(): boolean {
    return this.#untried.size === 0 && this.#trying === 0;
  }

  #tellSettled(): void {
    if (this.#isSettled()) for (const resolve of this.#settled.splice(0)) resolve();
  }
}

function isOlder(a: Wanted, b: Wanted): boolean {
  return a.since < b.since || (a.since === b.since && a.route.service < b.route.service);
}
