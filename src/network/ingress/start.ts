import { equalJson, isStatus, messageOf, WorkQueue, type Clock, type Log, type Random, type Scope } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { INGRESSES, keyOf, type Ingress, type ObjectKey } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
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
  readonly address: string;
  /** The first port of each that can be had is taken. */
  readonly ports: { readonly plain: readonly number[]; readonly secure: readonly number[] };
  /** For clients that name a host without a certificate. */
  readonly fallback: { readonly cert: string; readonly key: string };
  readonly served?: (entry: Served) => void;
}

export interface IngressService {
  /** Undefined: none of the ports could be had. */
  readonly plainPort: number | undefined;
  readonly securePort: number | undefined;
}

/** Serves the Ingresses of the class `slipway`, and writes into each where it is reached. */
export async function startIngress(options: IngressOptions): Promise<IngressService> {
  const { scope } = options;
  const controller = scope.use(new IngressController(options));
  await controller.ready;
  const doors = { proxy: controller.proxy, certificates: controller.certificates, log: options.log, fallback: options.fallback };
  controller.plainPort = await openFirst(() => Door.plain(doors), options.ports.plain, options);
  controller.securePort = await openFirst(() => Door.secure(doors), options.ports.secure, options);
  return controller;
}

async function openFirst(make: () => Door, ports: readonly number[], { address, log, scope }: IngressOptions): Promise<number | undefined> {
  for (const port of ports) {
    try {
      const door = make();
      const taken = await door.listen(address, port);
      scope.use(door);
      return taken;
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
  plainPort: number | undefined;
  securePort: number | undefined;
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
      endpoints: (backend) => this.#cluster.endpoints(backend),
      served: options.served ?? (() => {}),
      securePort: () => this.securePort,
    });
    this.ready = this.#cluster.synced().then(() => this.#queue.add(ALL));
  }

  async close(): Promise<void> {
    this.#cluster.close();
    await this.#queue.close();
    await this.proxy.close();
  }

  async #reconcile(): Promise<undefined> {
    await this.#cluster.synced();
    const ingresses = this.#cluster.ingresses();
    const { table, problems } = compile(ingresses);
    this.proxy.update(table);
    const certificateProblems = this.certificates.update(ingresses, (key) => this.#cluster.secret(key));
    for (const ingress of ingresses) {
      const key = keyOf(ingress);
      this.#tell(ingress, [...(problems.get(key) ?? []), certificateProblems.get(key) ?? []].flat());
      await this.#writeStatus(ingress);
    }
    return undefined;
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

  async #writeStatus({ metadata, status }: Ingress): Promise<void> {
    const { address, client } = this.#options;
    const wanted = [{ ip: address }];
    if (equalJson(status?.loadBalancer?.ingress, wanted)) return;
    const { namespace, name, uid } = metadata;
    const patch = { metadata: { uid }, status: { loadBalancer: { ingress: wanted } } };
    try {
      await client.patch({ kind: INGRESSES, namespace, name, subresource: 'status' }, { type: 'merge', patch });
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
  }
}
