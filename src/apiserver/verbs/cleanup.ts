import type { CustomResourceDefinition, Kind } from '../../model/index.ts';
import type { Subscription } from '../../store/index.ts';
import type { Caller } from '../api.ts';
import type { Verbs } from './commit.ts';
import { collectionOf } from './place.ts';
import { listPlace } from './read.ts';
import { deleteObject } from './remove.ts';

/** So many objects are deleted before other requests have their turn. */
const DELETES_PER_TURN = 100;

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Ends the objects of definitions that are deleted. */
export class Cleanup {
  readonly #verbs: Verbs;
  readonly #caller: Caller;
  readonly #oneLess: (definition: string) => void;
  /** On the objects of definitions that wait for the last of them. */
  readonly #waiting = new Map<string, Subscription>();

  constructor(verbs: Verbs, caller: Caller, oneLess: (definition: string) => void) {
    this.#verbs = verbs;
    this.#caller = caller;
    this.#oneLess = oneLess;
  }

  /** Deletes all objects; true once none is left. Until then it is called again whenever one has gone. */
  async run(name: string, { spec }: CustomResourceDefinition): Promise<boolean> {
    const { store, kinds } = this.#verbs;
    const collection = collectionOf({ group: spec.group, plural: spec.names.plural });
    const kind = kinds.all().find(({ group, plural }) => group === spec.group && plural === spec.names.plural);
    if (kind) await this.#deleteAll(kind);
    if (store.list(collection, { limit: 1 }).entries.length === 0) {
      this.forget(name);
      return true;
    }
    this.#watch(name, collection);
    return false;
  }

  forget(name: string): undefined {
    this.#waiting.get(name)?.close();
    this.#waiting.delete(name);
  }

  close(): void {
    for (const subscription of this.#waiting.values()) subscription.close();
    this.#waiting.clear();
  }

  async #deleteAll(kind: Kind): Promise<void> {
    let left = DELETES_PER_TURN;
    for (const { value } of listPlace(this.#verbs.store, { kind }, {}).items) {
      const { name, namespace, deletionTimestamp } = value.metadata;
      const place = { kind, name, namespace };
      if (deletionTimestamp || !this.#isThere(kind, namespace, name)) continue;
      deleteObject(this.#verbs, place, {}, this.#caller);
      if (--left > 0) continue;
      left = DELETES_PER_TURN;
      await nextTurn();
    }
  }

  /** Between two turns others may have deleted it. */
  #isThere(kind: Kind, namespace: string | undefined, name: string): boolean {
    return this.#verbs.store.get(collectionOf(kind, namespace) + name) !== undefined;
  }

  #watch(name: string, collection: string): void {
    if (this.#waiting.has(name)) return;
    const { store } = this.#verbs;
    const subscription = store.watch(collection, store.revision, {
      changed: ({ after }) => {
        if (!after) this.#oneLess(name);
      },
      ended: (why) => {
        this.#waiting.delete(name);
        if (why !== 'closed') this.#oneLess(name);
      },
    });
    this.#waiting.set(name, subscription);
  }
}
