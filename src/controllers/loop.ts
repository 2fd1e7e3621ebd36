import { isStatus, messageOf, WorkQueue, type Clock, type Log, type Millis, type Random, type Scope } from '../base/index.ts';
import type { Client, Informer, InformerChange } from '../client/index.ts';
import type { KindRef, KubeObject, ObjectKey } from '../model/index.ts';
import { recorder, type EventRecorder } from '../status/index.ts';
import type { LoopMetrics } from './metrics.ts';
import { readOwnWrites } from './own-writes.ts';

/** Why nothing more can be done until someone changes something. */
export type StallReason = 'SelectsEverything' | 'NamespaceTerminating' | 'UnknownOwnerKind';

export type Outcome =
  | { readonly kind: 'settled' }
  | { readonly kind: 'waiting'; readonly afterMs: Millis; readonly on: string }
  | { readonly kind: 'stalled'; readonly reason: StallReason };

export const SETTLED: Outcome = { kind: 'settled' };

/** Settled until the first of these times, where there is one. */
export function lookAgain(waits: readonly (Millis | undefined)[], on: string): Outcome {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 ? { kind: 'waiting', afterMs: Math.min(...known), on } : SETTLED;
}

/** Moves what a key names towards what is wanted. A throw means: again, with back-off. */
export type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<Outcome>;

export interface ControllerContext {
  /** Writes under the controller's name, and returns only once its caches have seen what was written. */
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which keys a change of a kind concerns. */
export interface Trigger {
  follow(client: Client, add: (key: ObjectKey) => void): { close(): void };
}

export interface Controller {
  readonly name: string;
  /** Under which name it writes and tells events, where that is not its own with `-controller` behind it. */
  readonly component?: string;
  /** The caches that must be filled before the first key is handled. */
  readonly reads: readonly KindRef<KubeObject>[];
  /** How many keys are handled at the same time. */
  readonly concurrency: number;
  start(context: ControllerContext): { readonly triggers: readonly Trigger[]; readonly reconcile: Reconcile };
}

/** The kinds that are served, as they come and go: definitions add and remove them while everything runs. */
export interface ServedKinds {
  all(): readonly KindRef<KubeObject>[];
  follow(note: (change: { readonly added?: KindRef<KubeObject>; readonly removed?: KindRef<KubeObject> }) => void): { close(): void };
}

export interface LoopOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
  readonly metrics?: LoopMetrics;
}

export function on<T extends KubeObject>(kind: KindRef<T>, keysOf: (change: InformerChange<T>) => Iterable<ObjectKey>): Trigger {
  return {
    follow: (client, add) =>
      client.informer(kind).subscribe((change) => {
        for (const key of keysOf(change)) add(key);
      }),
  };
}

/**
 * Whom an object concerns, as it was and as it is. That is for its labels, owners and finalizers to say: most changes leave
 * all of them as they are, and then it is asked once.
 */
export function onEither<T extends KubeObject>(kind: KindRef<T>, keysOf: (object: T) => readonly ObjectKey[]): Trigger {
  return {
    follow: (client, add) =>
      client.informer(kind).subscribe(({ before, after }) => {
        if (before && !(after && belongsAlike(before, after))) keysOf(before).forEach(add);
        if (after) keysOf(after).forEach(add);
      }),
  };
}

function belongsAlike({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.labels === b.labels && a.ownerReferences === b.ownerReferences && a.finalizers === b.finalizers;
}

/** In a burst a set is looked at once for many of its pods that have changed, and not once for each. */
const PATIENCE: Millis = 100;

/** Runs a controller until the scope closes. */
export function runController(controller: Controller, { client, clock, random, log: parentLog, scope, metrics }: LoopOptions): void {
  const own = scope.child(controller.name);
  const component = controller.component ?? `${controller.name}-controller`;
  const log = parentLog.child({ controller: controller.name });
  const named = client.as(component);
  const events = own.use(recorder(named, component, clock, random));
  const { triggers, reconcile } = controller.start({ client: readOwnWrites(named, controller.reads, own), events, clock, log });
  own.spawn(
    async (signal) => {
      await filled(
        controller.reads.map((kind) => named.informer(kind)),
        signal,
      );
      const turn = async (key: ObjectKey) => again(log, key, await reconcile(key, signal));
      const { noted, handle } = metrics ? measured(controller.name, turn, clock, metrics) : { noted: () => {}, handle: turn };
      const queue = own.use(
        new WorkQueue<ObjectKey>({
          clock,
          random,
          handle,
          concurrency: controller.concurrency,
          patience: PATIENCE,
          failed: logFailure(log),
        }),
      );
      metrics?.opened(controller.name, () => queue.depth);
      const add = (key: ObjectKey) => {
        noted(key);
        queue.add(key);
      };
      for (const trigger of triggers) own.use(trigger.follow(named, add));
    },
    (error) => log.error({ error: messageOf(error) }, 'controller ended'),
  );
}

type Turn = (key: ObjectKey) => Promise<Millis | undefined>;

/** Tells how long keys wait for their turn, and how long it takes. What is tried again by itself waits for a time, not for its turn. */
function measured(name: string, turn: Turn, clock: Clock, metrics: LoopMetrics): { noted: (key: ObjectKey) => void; handle: Turn } {
  const waiting = new Map<ObjectKey, Millis>();
  const noted = (key: ObjectKey) => {
    if (waiting.has(key)) return;
    waiting.set(key, clock.now());
    metrics.added(name);
  };
  const handle = async (key: ObjectKey) => {
    const began = clock.now();
    metrics.started(name, began - (waiting.get(key) ?? began));
    waiting.delete(key);
    let outcome: 'done' | 'failed' = 'failed';
    try {
      const again = await turn(key);
      outcome = 'done';
      return again;
    } finally {
      metrics.finished(name, clock.now() - began, outcome);
    }
  };
  return { noted, handle };
}

/** Resolves once all caches are filled; rejects when the signal comes first. */
async function filled(informers: readonly Informer<KubeObject>[], signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    Promise.all(informers.map((informer) => informer.synced)).then(() => resolve(), reject);
  });
  signal.throwIfAborted();
}

function again(log: Log, key: ObjectKey, outcome: Outcome): Millis | undefined {
  switch (outcome.kind) {
    case 'settled':
      return undefined;
    case 'waiting':
      return outcome.afterMs;
    case 'stalled':
      log.debug({ key, reason: outcome.reason }, 'stalled');
      return undefined;
  }
}

function logFailure(log: Log) {
  return (key: ObjectKey, error: unknown, retryMs: Millis) => {
    const level = isStatus(error, 'Conflict') ? 'debug' : 'warn';
    log[level]({ key, error: messageOf(error), retryMs: Math.round(retryMs) }, 'could not be reconciled, is tried again');
  };
}
