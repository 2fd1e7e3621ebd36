import { isStatus, messageOf, type Clock, type Log, type Millis, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatMicroTime, LEASES, type Lease } from '../model/index.ts';

export interface LeaderOptions {
  readonly client: Client;
  /** The lease that those of a kind contend for. */
  readonly name: string;
  /** Who this process is. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  /** With it the lease is given back, so that the next one need not wait for its end. */
  readonly scope: Scope;
}

export interface Leadership {
  /** Resolves when it could not be kept. */
  readonly lost: Promise<void>;
}

/** As Kubernetes' own parts have it; the namespace is on every server. */
const NAMESPACE = 'kube-system';
const LEASE: Millis = 15_000;
const RENEW_WITHIN: Millis = 10_000;
const RETRY: Millis = 2_000;
/** Whoever ends waits no longer than this for a server that does not answer: the lease runs out by itself. */
const GIVE_BACK_WITHIN: Millis = 2_000;

/** Resolves once this process is the one that acts. */
export async function becomeLeader({ client, name, identity, clock, log, scope }: LeaderOptions): Promise<Leadership> {
  let seen = { record: '', at: 0 };
  let isToldOf: string | undefined;
  /** When the last write that came through was sent: others count from then, however late its answer is. */
  let renewedAt = -Infinity;
  /** As it was written last: it need not be read before it is renewed. */
  let held: Lease | undefined;
  while (!(await renew())) await clock.sleep(RETRY, scope.signal);
  if (scope.closed) {
    await release();
    scope.signal.throwIfAborted();
  }
  log.info({ lease: name, identity }, 'leads');
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  scope.defer(release);
  scope.spawn(keep, (error) => log.error({ error: messageOf(error) }, 'leadership ended'));
  return { lost };

  async function keep(signal: AbortSignal): Promise<void> {
    while (clock.now() - renewedAt < RENEW_WITHIN) {
      await clock.sleep(RETRY, signal);
      // A server that does not answer is as bad as one that refuses.
      const isLate = clock.sleep(renewedAt + RENEW_WITHIN - clock.now(), signal);
      await Promise.race([renew(), isLate]);
    }
    lose();
  }

  async function renew(): Promise<boolean> {
    try {
      const lease = held ?? (await find());
      const { holderIdentity: holder = '', leaseDurationSeconds = 0, renewTime, leaseTransitions = 0 } = lease?.spec ?? {};
      // By this clock: that of the holder may be wrong.
      const record = `${holder} ${renewTime}`;
      if (seen.record !== record) seen = { record, at: clock.now() };
      if (holder && holder !== identity && clock.now() - seen.at < leaseDurationSeconds * 1000) {
        if (isToldOf !== holder) log.info({ lease: name, holder }, 'another process leads, this one waits');
        isToldOf = holder;
        return false;
      }
      const at = clock.now();
      const now = formatMicroTime(at);
      const taken = holder === identity ? {} : { acquireTime: now, leaseTransitions: lease ? leaseTransitions + 1 : 0 };
      held = await write(lease, { ...lease?.spec, ...taken, holderIdentity: identity, leaseDurationSeconds: LEASE / 1000, renewTime: now });
      renewedAt = at;
      return true;
    } catch (error) {
      held = undefined;
      if (!isStatus(error, 'Conflict', 'AlreadyExists')) log.warn({ lease: name, error: messageOf(error) }, 'lease not renewed');
      return false;
    }
  }

  async function find(): Promise<Lease | undefined> {
    try {
      return await client.get(LEASES, name, NAMESPACE);
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async function write(lease: Lease | undefined, spec: NonNullable<Lease['spec']>): Promise<Lease> {
    if (lease) return client.update<Lease>(LEASES, { ...lease, spec });
    return client.create<Lease>(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: NAMESPACE }, spec });
  } // prettier-ignore

  async function release(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(GIVE_BACK_WITHIN, resolve);
    await Promise.race([giveBack(), late]);
    timer.cancel();
  }

  async function giveBack(): Promise<void> {
    const lease = await find().catch(() => undefined);
    if (lease?.spec?.holderIdentity !== identity) return;
    await write(lease, { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 }).catch((error: unknown) => {
      log.debug({ lease: name, error: messageOf(error) }, 'lease not given back');
    });
  }
}
