import { equalJson, isStatus, messageOf, WorkQueue, type Clock, type Log, type Random, type Scope } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { INGRESSES, keyOf, type Ingress, type IngressAddress, type ObjectKey } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import { reachableAddress } from '../addresses.ts';
import { Certificates } from './certificates.ts';
import { IngressCluster } from './cluster.ts';
import { Door } from './doors.ts';
import { IngressProxy, type Served } from './proxy.ts';
import { compile } from './table.ts';

export interface IngressOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
  readonly recorder?: EventRecorder;
  readonly doors: { readonly http: DoorPlace; readonly https: DoorPlace };
  /** For clients that name a host without a certificate. */
  readonly fallback: () => Promise<{ readonly cert: string; readonly key: string }>;
  readonly served?: (entry: Served) => void;
}

/** Where a door is wanted. */
export interface DoorPlace {
  readonly address: string;
  /** The first that can be had is taken. */
  readonly ports: readonly number[];
}

export interface OpenDoor {
  readonly address: string;
  readonly port: number;
}

export interface IngressService {
  /** Undefined: none of the ports could be had. */
  readonly http: OpenDoor | undefined;
  readonly https: OpenDoor | undefined;
}

/** Serves the Ingresses of the class `slipway`, and writes into each where it is reached. */
export async function serveIngresses(options: IngressOptions): Promise<IngressService> {
  const { scope, doors, log } = options;
  const controller = scope.use(new IngressController(options));
  await controller.ready;
  const { proxy, certificates } = controller;
  const fallback = doors.https.ports.length > 0 ? await options.fallback() : { cert: '', key: '' };
  const behind = { proxy, certificates, log, fallback };
  controller.opened({
    http: await openFirst(() => Door.plain(behind), doors.http, options),
    https: await openFirst(() => Door.secure(behind), doors.https, options),
  });
  return controller;
}

async function openFirst(make: () => Door, { address, ports }: DoorPlace, { log, scope }: IngressOptions): Promise<OpenDoor | undefined> {
  for (const port of ports) {
    try {
      const door = make();
      const taken = await door.listen(address, port);
      scope.use(door);
      return { address, port: taken };
    } catch (error) {
      log.info({ address, port, error: messageOf(error) }, 'ingress cannot listen there');
    }
  }
  return undefined;
}

const ALL = 'all';

class IngressController implements IngressService {
  readonly proxy: IngressProxy;
  readonly certificates = new Certificates();
  readonly ready: Promise<void>;
  #doors: IngressService | undefined;
  readonly #options: IngressOptions;
  readonly #cluster: IngressCluster;
  readonly #queue: WorkQueue<string>;
  readonly #told = new Map<ObjectKey, string>();

  constructor(options: IngressOptions) {
    const { client, clock, random, log } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      clock,
      random,
      handle: () => this.#reconcile(),
      failed: (_, error) => log.warn({ error: messageOf(error) }, 'ingress status not written'),
    });
    this.#cluster = new IngressCluster(client, () => this.#queue.add(ALL));
    this.proxy = new IngressProxy({
      clock,
      random,
      upstream: (backend) => this.#cluster.upstream(backend),
      served: options.served ?? (() => {}),
      securePort: () => this.https?.port,
    });
    this.ready = this.#cluster.synced().then(() => void this.#compile());
  }

  get http(): OpenDoor | undefined {
    return this.#doors?.http;
  }

  get https(): OpenDoor | undefined {
    return this.#doors?.https;
  }

  /** From now on it is known where Ingresses are reached. */
  opened(doors: IngressService): void {
    this.#doors = doors;
    this.#queue.add(ALL);
  }

  async close(): Promise<void> {
    this.#cluster.close();
    await this.#queue.close();
    await this.proxy.close();
  }

  async #reconcile(): Promise<undefined> {
    if (!this.#doors) return undefined;
    await this.#cluster.synced();
    for (const [ingress, problems] of this.#compile()) {
      this.#tell(ingress, problems);
      await this.#writeStatus(ingress, this.#doors);
    }
    return undefined;
  }

  /** Puts what the Ingresses say now in force. Gives each with what is wrong with it. */
  #compile(): ReadonlyMap<Ingress, readonly string[]> {
    const ingresses = this.#cluster.ingresses();
    const { table, problems } = compile(ingresses);
    this.proxy.update(table);
    const ofCertificates = this.certificates.update(ingresses, (key) => this.#cluster.secret(key));
    return new Map(
      ingresses.map((ingress) => {
        const key = keyOf(ingress);
        return [ingress, [...(problems.get(key) ?? []), ...(ofCertificates.get(key) ?? [])]];
      }),
    );
  }

  /** Each state of things once. */
  #tell(ingress: Ingress, problems: readonly string[]): void {
    const key = keyOf(ingress);
    const text = problems.join('\n');
    if (text === (this.#told.get(key) ?? '')) return;
    if (text === '') return void this.#told.delete(key);
    this.#told.set(key, text);
    for (const problem of problems) this.#options.recorder?.event({ kind: INGRESSES, object: ingress }, 'Warning', 'NotServed', problem);
  }

  async #writeStatus({ metadata, status }: Ingress, { http, https }: IngressService): Promise<void> {
    const { client } = this.#options;
    const wanted = addressesOf([http, https].flatMap((door) => door ?? []));
    if (equalJson(status?.loadBalancer?.ingress, wanted)) return;
    const { namespace, name, uid } = metadata;
    const patch = { metadata: { uid }, status: { loadBalancer: { ingress: wanted } } };
    try {
      await client.patch({ kind: INGRESSES, namespace, name, subresource: 'status' }, { type: 'merge', patch });
    } catch (error) {
      // It has gone, and another may have its name.
      if (!isStatus(error, 'NotFound', 'Conflict', 'Invalid')) throw error;
    }
  }
}

/** Without a door too there is an address: whoever waits for one has nothing to wait for. */
function addressesOf(doors: readonly OpenDoor[]): readonly IngressAddress[] {
  if (doors.length === 0) return [{ ip: '127.0.0.1' }];
  const byAddress = Map.groupBy(doors, ({ address }) => reachableAddress(address));
  return [...byAddress].map(([ip, same]) => ({ ip, ports: same.map(({ port }) => ({ port, protocol: 'TCP' as const })) }));
}
