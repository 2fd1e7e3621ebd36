import { isStatus, type Clock, type Millis } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { KubeObject, ObjectReference } from '../../model/index.ts';
import { Correlation, type Known } from './correlation.ts';
import { formOf } from './forms.ts';
import { Outbox } from './outbox.ts';

export type EventType = 'Normal' | 'Warning';

/** What happened to an object, before it is counted. */
export interface Happening {
  readonly object: ObjectReference & { readonly kind: string; readonly name: string };
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly at: Millis;
}

/** What the teller did, and to what else. */
export interface Act {
  readonly action: string;
  readonly related?: ObjectReference | undefined;
  /** Which of those who have its name. */
  readonly instance: string;
}

/** The same as somebody tells it. */
export interface Told extends Happening {
  readonly source: { readonly component: string; readonly host?: string };
  readonly act?: Act | undefined;
  /** When, in nanoseconds, and no other's of this source. */
  readonly stamp: bigint;
}

/** So many objects are remembered, for events that repeat to be counted. */
const REMEMBERED = 4096;
const REMEMBERED_BY_NODES = 16_384;
const LONGEST_MESSAGE = 1024;

/** Events about what belongs to no namespace are kept here. */
const CLUSTER_EVENTS = 'default';

/** Counts and writes what a component tells. A warning goes before what is only told for the record. */
export class Desk {
  readonly #client: Client;
  readonly #correlation: Correlation;
  readonly #warnings: Outbox<Told>;
  readonly #others: Outbox<Told>;

  constructor(client: Client, clock: Clock, isOnNodes: boolean) {
    this.#client = client;
    this.#correlation = new Correlation(clock, isOnNodes ? REMEMBERED_BY_NODES : REMEMBERED);
    const write = (told: Told) => this.#write(told);
    this.#warnings = new Outbox(clock, write, 0);
    this.#others = new Outbox(clock, write);
  }

  tell(told: Told): void {
    (told.type === 'Warning' ? this.#warnings : this.#others).add(told);
  }

  /** Writes what it was told so far. */
  async flush(): Promise<void> {
    await Promise.all([this.#warnings.flush(), this.#others.flush()]);
  }

  async #write(told: Told): Promise<void> {
    const known = this.#correlation.admit(told, told.source.host);
    if (!known) return;
    const message = (known.isCombined ? `(combined from similar events): ${told.message}` : told.message).slice(0, LONGEST_MESSAGE);
    const { metadata } = (await this.#repeat(known, told, message)) ?? (await this.#create(known, told, message));
    known.name = metadata.name;
  }

  /** One that has expired meanwhile comes back under its name, and is counted on. */
  #create(known: Known, told: Told, message: string): Promise<KubeObject> {
    const form = formOf(told);
    const metadata = { name: known.name ?? `${told.object.name}.${told.stamp.toString(16)}`, namespace: namespaceOf(told) };
    return this.#client.create(form.kind, form.create(metadata, told, message, known));
  }

  /** Says how often a known event was told; undefined when there is none yet, or it has expired meanwhile. */
  async #repeat(known: Known, told: Told, message: string): Promise<KubeObject | undefined> {
    if (known.name === undefined) return undefined;
    const form = formOf(told);
    const target = { kind: form.kind, name: known.name, namespace: namespaceOf(told) };
    try {
      return await this.#client.patch(target, { type: 'merge', patch: form.repeat(told, message, known) });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

const namespaceOf = ({ object }: Told): string => object.namespace ?? CLUSTER_EVENTS;
