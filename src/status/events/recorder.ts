import { isStatus, type Clock, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { apiVersionOf, EVENTS, formatTime, type Event, type KindRef, type KubeObject, type ObjectReference } from '../../model/index.ts';
import { Correlation } from './correlation.ts';
import { Recent } from './recent.ts';

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
}

/** Events that wait to be written; what comes on top is dropped. */
const LONGEST_QUEUE = 1000;
/** So many events are remembered, to be counted when they repeat. */
const REMEMBERED = 4096;
const REMEMBERED_BY_NODES = 16_384;
const LONGEST_MESSAGE = 1024;

/** Events about what belongs to no namespace are kept here. */
const CLUSTER_EVENTS = 'default';

/** `host` for a component that there is one of on each node. */
export function recorder(client: Client, component: string, clock: Clock, random: Random, host?: string): EventRecorder {
  const known = memories.get(client) ?? new Map<string, Memory>();
  memories.set(client, known);
  const most = host ? REMEMBERED_BY_NODES : REMEMBERED;
  const memory = known.get(component) ?? { correlation: new Correlation(clock, most), written: new Recent<Written>(most) };
  known.set(component, memory);
  return new Recorder(client.as(component), { component, ...(host ? { host } : {}) }, memory, clock, random);
}

/** What is needed of an event to count it once more. */
interface Written {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly count: number;
}

interface Memory {
  readonly correlation: Correlation;
  readonly written: Recent<Written>;
}

/** A component remembers once for all nodes that it is on: else what is held would grow with their number. */
const memories = new WeakMap<Client, Map<string, Memory>>();

class Recorder implements EventRecorder {
  readonly #client: Client;
  readonly #source: NonNullable<Event['source']>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #memory: Memory;
  #queue: Told[] = [];
  #writing = false;
  #stamp = 0n;

  constructor(client: Client, source: NonNullable<Event['source']>, memory: Memory, clock: Clock, random: Random) {
    this.#client = client;
    this.#source = source;
    this.#clock = clock;
    this.#random = random;
    this.#memory = memory;
  }

  event(regarding: Regarding, type: EventType, reason: string, message: string): void {
    if (this.#queue.length >= LONGEST_QUEUE) return;
    this.#queue.push({ object: referenceTo(regarding), type, reason, message });
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const told of batch) await this.#write(told).catch(() => undefined);
    }
    this.#writing = false;
  }

  async #write(told: Told): Promise<void> {
    const { correlation, written } = this.#memory;
    const correlated = correlation.admit(told, this.#source.host);
    if (!correlated) return;
    const { key, message } = correlated;
    const known = written.get(key);
    const { metadata, count = 1 } = (known && (await this.#repeat(known, message))) ?? (await this.#create({ ...told, message }));
    written.set(key, { name: metadata.name, namespace: metadata.namespace, count });
  }

  #create(told: Told): Promise<Event> {
    const now = formatTime(this.#clock.now());
    return this.#client.create<Event>(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${told.object.name}.${this.#nextStamp().toString(16)}`, namespace: told.object.namespace ?? CLUSTER_EVENTS },
      involvedObject: told.object,
      type: told.type,
      reason: told.reason,
      message: told.message.slice(0, LONGEST_MESSAGE),
      source: this.#source,
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      count: 1,
      reportingComponent: this.#source.component ?? '',
      reportingInstance: this.#source.host ?? '',
    });
  }

  /** Nanoseconds, as in Kubernetes' names of events: what is listed by name is listed in the order of its telling. */
  #nextStamp(): bigint {
    const now = BigInt(Math.trunc(this.#clock.now())) * 1_000_000n + BigInt(Math.floor(this.#random.fraction() * 1_000_000));
    return (this.#stamp = now > this.#stamp ? now : this.#stamp + 1n);
  }

  /** Counts a known event once more; undefined when it has expired meanwhile. */
  async #repeat({ name, namespace, count }: Written, message: string): Promise<Event | undefined> {
    const patch = {
      count: count + 1,
      lastTimestamp: formatTime(this.#clock.now()),
      message: message.slice(0, LONGEST_MESSAGE),
    };
    try {
      return await this.#client.patch<Event>({ kind: EVENTS, name, namespace }, { type: 'merge', patch });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function referenceTo({ kind, object, fieldPath }: Regarding): Told['object'] {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { kind: kind.kind, ...(namespace ? { namespace } : {}), name, uid, apiVersion: apiVersionOf(kind), resourceVersion, fieldPath };
}
