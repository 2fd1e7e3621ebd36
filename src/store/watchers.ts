import { atEndOfTurn, messageOf, type Log } from '../base/index.ts';
import { collectionOf } from './key.ts';
import type { Changed, Revision, Subscriber, Subscription, WatchEnd } from './store.ts';

class Watcher {
  readonly prefix: string;
  readonly subscriber: Subscriber;
  /** Up to here everything was delivered: a change that came out of history is not delivered again. */
  seen: Revision;
  /** It waits for the end of the turn. */
  isStirred = false;

  constructor(prefix: string, after: Revision, subscriber: Subscriber) {
    this.prefix = prefix;
    this.seen = after;
    this.subscriber = subscriber;
  }
}

/** Hands each change to the subscribers of its collection, in the order of the revisions. */
export class Watchers {
  readonly #log: Log;
  readonly #byCollection = new Map<string, Set<Watcher>>();
  /** Those whose prefix spans collections. */
  readonly #broad = new Set<Watcher>();
  /** What subscribers commit while they are told of a change. */
  readonly #undelivered: Changed[] = [];
  #delivering = false;
  /** Who was told of something in this turn, and wants to know when it ends. */
  #stirred: { readonly group: Set<Watcher>; readonly watcher: Watcher }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** `missed` are the changes after `after` that lie in history. */
  add(prefix: string, after: Revision, missed: readonly Changed[], subscriber: Subscriber): Subscription {
    const watcher = new Watcher(prefix, after, subscriber);
    const group = this.#groupFor(prefix);
    group.add(watcher);
    for (const change of missed) if (group.has(watcher)) this.#offer(group, watcher, change);
    return {
      close: () => {
        group.delete(watcher);
        this.#forgetEmpty(prefix, group);
      },
    };
  }

  /** A subscriber that commits while it is told of a change has its own change delivered after this one, to everyone. */
  deliver(changes: readonly Changed[]): void {
    if (this.#delivering) {
      for (const change of changes) this.#undelivered.push(change);
      return;
    }
    this.#delivering = true;
    for (const change of changes) this.#deliverOne(change);
    for (let i = 0; i < this.#undelivered.length; i++) this.#deliverOne(this.#undelivered[i]!);
    if (this.#undelivered.length > 0) this.#undelivered.length = 0;
    this.#delivering = false;
  }

  endAll(why: WatchEnd, undone: readonly Changed[] = []): void {
    const groups = [this.#broad, ...this.#byCollection.values()];
    const watchers = groups.flatMap((group) => [...group]);
    for (const group of groups) group.clear();
    this.#byCollection.clear();
    this.#undelivered.length = 0;
    for (const watcher of watchers) {
      const told = undone.filter(({ revision, key }) => revision <= watcher.seen && key.startsWith(watcher.prefix));
      this.#end(watcher, why, told);
    }
  }

  #deliverOne(change: Changed): void {
    const group = this.#byCollection.get(collectionOf(change.key) ?? '');
    if (group) for (const watcher of group) this.#offer(group, watcher, change);
    for (const watcher of this.#broad) this.#offer(this.#broad, watcher, change);
  }

  #offer(group: Set<Watcher>, watcher: Watcher, change: Changed): void {
    if (change.revision <= watcher.seen || !change.key.startsWith(watcher.prefix)) return;
    watcher.seen = change.revision;
    try {
      watcher.subscriber.changed(change);
    } catch (error) {
      return this.#failed(group, watcher, error);
    }
    if (!watcher.isStirred && watcher.subscriber.turnEnded) this.#stir(group, watcher);
  }

  #stir(group: Set<Watcher>, watcher: Watcher): void {
    watcher.isStirred = true;
    if (this.#stirred.push({ group, watcher }) === 1) atEndOfTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    const stirred = this.#stirred;
    this.#stirred = [];
    for (const { watcher } of stirred) watcher.isStirred = false;
    for (const { group, watcher } of stirred) {
      if (!group.has(watcher)) continue;
      try {
        watcher.subscriber.turnEnded!();
      } catch (error) {
        this.#failed(group, watcher, error);
      }
    }
  }

  #failed(group: Set<Watcher>, watcher: Watcher, error: unknown): void {
    group.delete(watcher);
    this.#log.error({ prefix: watcher.prefix, error: messageOf(error) }, 'watch ended: its subscriber failed');
    this.#end(watcher, 'overflow');
  }

  #end(watcher: Watcher, why: WatchEnd, undone: readonly Changed[] = []): void {
    try {
      watcher.subscriber.ended(why, undone);
    } catch (error) {
      this.#log.error({ prefix: watcher.prefix, error: messageOf(error) }, 'subscriber failed at the end of its watch');
    }
  }

  #groupFor(prefix: string): Set<Watcher> {
    const collection = collectionOf(prefix);
    if (collection === undefined) return this.#broad;
    const group = this.#byCollection.get(collection) ?? new Set();
    this.#byCollection.set(collection, group);
    return group;
  }

  #forgetEmpty(prefix: string, group: Set<Watcher>): void {
    const collection = collectionOf(prefix);
    if (group.size === 0 && collection !== undefined && this.#byCollection.get(collection) === group) this.#byCollection.delete(collection);
  }
}
