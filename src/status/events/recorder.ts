import { giveWay, isStatus, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { apiVersionOf, EVENTS, formatTime, type Event, type KindRef, type KubeObject, type ObjectReference } from '../../model/index.ts';
import { Correlation, type Known } from './correlation.ts';

export type EventType = 'Normal' | 'Warning';

/** The object that an event is about; objects from lists do not say their kind. */
export interface Regarding {
  readonly kind: KindRef<unknown>;
  readonly object: KubeObject;
  /** The part of it that the event is about: `spec.containers{web}`. */
  readonly fieldPath?: string;
}

export interface EventRecorder {
  /** Never waits and never fails: an event that cannot be written is lost. */
  event(regarding: Regarding, type: EventType, reason: string, message: string): void;
}

/** An event before it is counted. */
export interface Told {
  readonly object: ObjectReference & { readonly kind: string; readonly name: string };
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  /** It may be written later, when there is much to do. */
  readonly at: Millis;
}

/** Events that wait to be written; what comes on top is dropped. */
const LONGEST_QUEUE = 10_000;
/** So many events are remembered, to be counted when they repeat. */
const REMEMBERED = 4096;
const REMEMBERED_BY_NODES = 16_384;
const LONGEST_MESSAGE = 1024;

/** Events about what belongs to no namespace are kept here. */
const CLUSTER_EVENTS = 'default';

/** `host` for a component that there is one of on each node. */
export function recorder(client: Client, component: string, clock: Clock, random: Random, host?: string): EventRecorder {
  const known = correlations.get(client) ?? new Map<string, Correlation>();
  correlations.set(client, known);
  const correlation = known.get(component) ?? new Correlation(clock, host ? REMEMBERED_BY_NODES : REMEMBERED);
  known.set(component, correlation);
  return new Recorder(client.as(component), { component, ...(host ? { host } : {}) }, correlation, clock, random);
}

/** A component remembers once for all nodes that it is on: else what is held would grow with their number. */
const correlations = new WeakMap<Client, Map<string, Correlation>>();

class Recorder implements EventRecorder {
  readonly #client: Client;
  readonly #source: NonNullable<Event['source']>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #correlation: Correlation;
  #queue: Told[] = [];
  #writing = false;
  #stamp = { now: Number.NaN, nanos: 0n };

  constructor(client: Client, source: NonNullable<Event['source']>, correlation: Correlation, clock: Clock, random: Random) {
    this.#client = client;
    this.#source = source;
    this.#clock = clock;
    this.#random = random;
    this.#correlation = correlation;
  }

  event(regarding: Regarding, type: EventType, reason: string, message: string): void {
    if (this.#queue.length >= LONGEST_QUEUE) return;
    this.#queue.push({ object: referenceTo(regarding), type, reason, message, at: this.#clock.now() });
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const told of batch) {
        await this.#write(told).catch(() => undefined);
        await giveWay(this.#clock);
      }
    }
    this.#writing = false;
  }

  async #write(told: Told): Promise<void> {
    const known = this.#correlation.admit(told, this.#source.host);
    if (!known) return;
    const message = (known.isCombined ? `(combined from similar events): ${told.message}` : told.message).slice(0, LONGEST_MESSAGE);
    const { metadata } = (await this.#repeat(known, told, message)) ?? (await this.#create(known, told, message));
    known.name = metadata.name;
  }

  /** One that has expired meanwhile comes back under its name, and is counted on. */
  #create({ name, first, count }: Known, told: Told, message: string): Promise<Event> {
    return this.#client.create<Event>(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: name ?? `${told.object.name}.${this.#nextStamp().toString(16)}`, namespace: namespaceOf(told) },
      involvedObject: told.object,
      type: told.type,
      reason: told.reason,
      message,
      source: this.#source,
      firstTimestamp: formatTime(first),
      lastTimestamp: formatTime(told.at),
      eventTime: null,
      count,
      reportingComponent: this.#source.component ?? '',
      reportingInstance: this.#source.host ?? '',
    });
  }

  /** Nanoseconds, as in Kubernetes' names of events: what is listed by name is listed in the order of its telling. */
  #nextStamp(): bigint {
    const now = this.#clock.now();
    const { nanos } = this.#stamp;
    const begun =
      now === this.#stamp.now ? 0n : BigInt(Math.trunc(now)) * 1_000_000n + BigInt(Math.floor(this.#random.fraction() * 500_000));
    this.#stamp = { now, nanos: begun > nanos ? begun : nanos + 1n };
    return this.#stamp.nanos;
  }

  /** Says how often a known event was told; undefined when there is none yet, or it has expired meanwhile. */
  async #repeat({ name, count }: Known, told: Told, message: string): Promise<Event | undefined> {
    if (name === undefined) return undefined;
    const patch = { count, lastTimestamp: formatTime(told.at), message };
    const target = { kind: EVENTS, name, namespace: namespaceOf(told) };
    try {
      return await this.#client.patch<Event>(target, { type: 'merge', patch });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

const namespaceOf = ({ object }: Told): string => object.namespace ?? CLUSTER_EVENTS;

function referenceTo({ kind, object, fieldPath }: Regarding): Told['object'] {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { kind: kind.kind, ...(namespace ? { namespace } : {}), name, uid, apiVersion: apiVersionOf(kind), resourceVersion, fieldPath };
}
