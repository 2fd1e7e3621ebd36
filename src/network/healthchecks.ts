import type { Server, ServerResponse } from 'node:http';
import { http, messageOf, WorkQueue, type Clock, type Log, type Millis, type Random } from '../base/index.ts';
import type { EndpointSlice, ObjectKey, Service } from '../model/index.ts';
import { formatTarget, SERVED_BY_OTHERS_LABEL } from './routes.ts';

/** Who asks on this port is told how many endpoints of the Service this node has. */
export interface HealthCheck {
  readonly service: ObjectKey;
  readonly port: number;
  readonly localEndpoints: number;
}

/** Only a Service that keeps to its node has one: balancers before it must know which nodes to pass by. */
export function healthCheckOf(
  service: Service,
  slices: readonly EndpointSlice[],
  nodeName?: string,
): Omit<HealthCheck, 'service'> | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort: port } = service.spec;
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local' || !port) return undefined;
  if (service.metadata.labels?.[SERVED_BY_OTHERS_LABEL] !== undefined) return undefined;
  const ready = slices
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => (endpoint.conditions?.ready ?? true) && (nodeName === undefined || endpoint.nodeName === nodeName));
  return { port, localEndpoints: new Set(ready.map(({ addresses }) => addresses[0])).size };
}

export interface HealthChecksOptions {
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Resolves once the objects that the check was made from are on disk. */
  readonly durable: (version: string) => Promise<void>;
  /** Told when nobody can listen there, once per cause. */
  readonly failed: (check: HealthCheck, message: string) => void;
}

interface Opened {
  readonly port: number;
  readonly servers: readonly Server[];
}

const FIRST_RETRY: Millis = 1_000;
const LONGEST_RETRY: Millis = 60_000;

/** Answers on health check node ports as kube-proxy does. */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #wanted = new Map<ObjectKey, HealthCheck & { readonly version: string }>();
  readonly #open = new Map<ObjectKey, Opened>();
  readonly #problems = new Map<ObjectKey, string>();
  readonly #queue: WorkQueue<ObjectKey>;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    const { clock, random } = options;
    const handle = (service: ObjectKey) => this.#reconcile(service);
    this.#queue = new WorkQueue({ clock, random, firstRetryMs: FIRST_RETRY, longestRetryMs: LONGEST_RETRY, handle });
  }

  want(check: HealthCheck, version: string): void {
    this.#wanted.set(check.service, { ...check, version });
    // What it answers is read with each question: only another port is work.
    if (this.#open.get(check.service)?.port !== check.port) this.#queue.add(check.service);
  }

  unwant(service: ObjectKey): void {
    if (this.#wanted.delete(service)) this.#queue.add(service);
  }

  async close(): Promise<void> {
    this.#wanted.clear();
    await this.#queue.close();
    await Promise.all([...this.#open.keys()].map((service) => this.#shut(service)));
  }

  async #reconcile(service: ObjectKey): Promise<undefined> {
    const wanted = this.#wanted.get(service);
    if (this.#open.get(service)?.port === wanted?.port) return undefined;
    await this.#shut(service);
    if (!wanted) return void this.#problems.delete(service);
    await this.#options.durable(wanted.version);
    const servers: Server[] = [];
    try {
      for (const address of this.#options.addresses) servers.push(await this.#listen(address, wanted));
    } catch (error) {
      for (const server of servers) server.close();
      this.#tellOnce(wanted, messageOf(error));
      throw error;
    }
    this.#problems.delete(service);
    this.#open.set(service, { port: wanted.port, servers });
    return undefined;
  }

  #listen(address: string, { service, port }: HealthCheck): Promise<Server> {
    const server = http.createServer((_, response) => answer(response, this.#wanted.get(service)));
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new Error(`${formatTarget({ address, port })}: ${error.message}`, { cause: error })));
      server.listen({ host: address, port, exclusive: true }, () => {
        server.on('error', (error) => this.#options.log.warn({ service, error: error.message }, 'health check not answered'));
        resolve(server);
      });
    });
  }

  async #shut(service: ObjectKey): Promise<void> {
    const { servers = [] } = this.#open.get(service) ?? {};
    this.#open.delete(service);
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #tellOnce(check: HealthCheck, message: string): void {
    if (this.#problems.get(check.service) === message) return;
    this.#problems.set(check.service, message);
    this.#options.failed(check, message);
  }
}

/** Byte for byte what kube-proxy answers. */
function answer(response: ServerResponse, check: HealthCheck | undefined): void {
  if (!check) return void response.destroy();
  const { service, localEndpoints } = check;
  const [namespace, name] = service.split('/') as [string, string];
  const body = JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }, undefined, '\t');
  response.writeHead(localEndpoints > 0 ? 200 : 503, {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'x-load-balancing-endpoint-weight': String(localEndpoints),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
