import { oncePerObject, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { apiVersionOf, type KindRef, type KubeObject } from '../../model/index.ts';
import { Desk, type EventType, type Told } from './desk.ts';

export type { EventType };

/** The object that an event is about; objects from lists do not say their kind. */
export interface Regarding {
  readonly kind: KindRef<unknown>;
  readonly object: KubeObject;
  /** The part of it that the event is about: `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** What was done that the event tells of. */
export interface Doing {
  readonly action: string;
  /** What else it was done for. */
  readonly related?: Regarding;
}

export interface EventRecorder {
  /** Never waits and never fails: an event that cannot be written is lost. One that says what was `done` is of the newer form. */
  event(regarding: Regarding, type: EventType, reason: string, message: string, done?: Doing): void;
}

/** Which of many tells. */
interface Teller {
  /** The node, for a component that there is one of on each. */
  readonly host?: string;
  /** For events of the newer form. */
  readonly instance?: string;
}

/** Closed, it has written what it was told. */
export function recorder(
  client: Client,
  component: string,
  clock: Clock,
  random: Random,
  { host, instance = component }: Teller = {},
): EventRecorder & { close(): Promise<void> } {
  const known = desks.get(client) ?? new Map<string, Desk>();
  desks.set(client, known);
  const desk = known.get(component) ?? new Desk(client.as(component), clock, host !== undefined);
  known.set(component, desk);
  return new Recorder(desk, { component, ...(host ? { host } : {}) }, instance, clock, random);
}

/** A component has one for all nodes that it is on: else what is held would grow with their number. */
const desks = new WeakMap<Client, Map<string, Desk>>();

class Recorder implements EventRecorder {
  readonly #desk: Desk;
  readonly #source: Told['source'];
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #random: Random;
  #last: { readonly at: Millis; readonly stamp: bigint } = { at: Number.NaN, stamp: 0n };

  constructor(desk: Desk, source: Told['source'], instance: string, clock: Clock, random: Random) {
    this.#desk = desk;
    this.#source = source;
    this.#instance = instance;
    this.#clock = clock;
    this.#random = random;
  }

  event(regarding: Regarding, type: EventType, reason: string, message: string, done?: Doing): void {
    const at = this.#clock.now();
    const act = done && { action: done.action, related: done.related && referenceTo(done.related), instance: this.#instance };
    this.#desk.tell({ source: this.#source, object: referenceTo(regarding), type, reason, message, act, at, stamp: this.#stampOf(at) });
  }

  close(): Promise<void> {
    return this.#desk.flush();
  }

  /** Nanoseconds, as in Kubernetes' names of events: what is listed by name is listed in the order of its telling. */
  #stampOf(at: Millis): bigint {
    const { stamp } = this.#last;
    const begun = at === this.#last.at ? 0n : BigInt(Math.trunc(at)) * 1_000_000n + BigInt(Math.floor(this.#random.fraction() * 500_000));
    this.#last = { at, stamp: begun > stamp ? begun : stamp + 1n };
    return this.#last.stamp;
  }
}

/** One text for the events of all objects of a kind. */
const versionOf = oncePerObject<KindRef<unknown>, string>(apiVersionOf);

function referenceTo({ kind, object, fieldPath }: Regarding): Told['object'] {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { kind: kind.kind, namespace: namespace || undefined, name, uid, apiVersion: versionOf(kind), resourceVersion, fieldPath };
}
