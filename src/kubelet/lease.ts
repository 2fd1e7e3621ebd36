import { isStatus, messageOf, type Clock, type Log, type Millis, type Timer } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatMicroTime, LEASES, NODES, type Lease } from '../model/index.ts';

const NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;

/** A quarter of the lease, as on any node. */
const RENEW_MS: Millis = (LEASE_SECONDS * 1000) / 4;

/** Says every few seconds that the node lives. */
export class NodeLease {
  readonly #client: Client;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | undefined;
  #closed = false;

  constructor({ client, name, clock, log }: { client: Client; name: string; clock: Clock; log: Log }) {
    this.#client = client;
    this.#name = name;
    this.#clock = clock;
    this.#log = log;
  }

  /** Renews it now, and from now on. */
  async keep(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      // The namespace may be missing, or the node be gone for a moment.
      this.#log.debug({ node: this.#name, error: messageOf(error) }, 'node lease not renewed');
    }
    if (!this.#closed) this.#timer = this.#clock.after(RENEW_MS, () => void this.keep());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #renew(): Promise<void> {
    const renewTime = formatMicroTime(this.#clock.now());
    const spec = { holderIdentity: this.#name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    try {
      const lease = await this.#client.get(LEASES, this.#name, NAMESPACE);
      await this.#client.update<Lease>(LEASES, { ...lease, spec: { ...lease.spec, ...spec } });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      await this.#create(spec);
    }
  }

  /** It goes with its node. */
  async #create(spec: NonNullable<Lease['spec']>): Promise<void> {
    const { metadata } = await this.#client.get(NODES, this.#name);
    const owner = { apiVersion: 'v1', kind: 'Node', name: metadata.name, uid: metadata.uid ?? '' };
    await this.#client.create<Lease>(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: this.#name, namespace: NAMESPACE, ownerReferences: [owner] },
      spec,
    });
  }
}
