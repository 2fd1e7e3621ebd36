import type { Client, Informer, InformerChange } from '../../client/index.ts';
import { resourceName, type HealthState, type InventoryItem, type KindRef, type KubeObject, type Manifest } from '../../model/index.ts';
import { healthOf, isWorse, type Health } from '../../status/index.ts';
import { isLeftToItself } from '../desired/directives.ts';
import { formatTarget, identityOfItem, identityOfObject, identityOfTarget, type Identity, type Target } from '../desired/identity.ts';
import { PodFollower, runsPods, withPlight } from '../health/pods.ts';
import type { Pace } from '../pace.ts';
import { glimpseFrom, liveOf, type Live } from '../plan/live.ts';
import { hasDrifted } from '../plan/synced.ts';

/** Someone else changed or removed what was applied. */
export interface Drift {
  readonly application: string;
  readonly item: InventoryItem;
  readonly before: KubeObject | undefined;
  /** Undefined: it is gone. */
  readonly after: KubeObject | undefined;
}

export interface WatchEvents {
  drifted(drift: Drift): void;
  /** The health of one of its objects may have changed. */
  unsettled(application: string): void;
  /** Something that it waits for is otherwise than it was. */
  moved(application: string): void;
}

interface Owned {
  readonly application: string;
  readonly item: InventoryItem;
  /** Undefined where the cluster does not serve it. */
  readonly kind: KindRef<Manifest> | undefined;
}

const compareHealth = (a: HealthState, b: HealthState) => (isWorse(a, b) ? -1 : isWorse(b, a) ? 1 : 0);

/** Of the objects that are not well, so many are named. */
const MOST_NAMED = 3;

function formatLeft({ kind, metadata: { namespace, name, finalizers = [] } }: KubeObject): string {
  return `${formatTarget({ kind: { kind }, namespace, name })}${finalizers.length > 0 ? ` (held by ${finalizers.join(', ')})` : ''}`;
}

const MISSING: Health = { state: 'Missing', message: 'is not there' };

/** Follows every object that an application owns: what became of it, and how it is. */
export class ObjectWatch {
  readonly #client: Pick<Client, 'informer'>;
  readonly #events: WatchEvents;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #subscriptions: { close(): void }[] = [];
  readonly #owned = new Map<Identity, Owned>();
  readonly #inventories = new Map<string, readonly InventoryItem[]>();
  readonly #unhealthy = new Map<string, Map<Identity, Health>>();
  /** By application that is being worked on: what changed meanwhile is judged afterwards. */
  readonly #busy = new Map<string, Map<Identity, KubeObject | undefined>>();
  readonly #glimpse: Live['glimpse'];
  readonly #pods: PodFollower;
  /** What applications wait for: objects of theirs, and hooks that they run. */
  readonly #awaited = new Map<Identity, string>();

  constructor(client: Pick<Client, 'informer'>, events: WatchEvents) {
    this.#client = client;
    this.#events = events;
    this.#pods = new PodFollower(client, (owner) => this.#podsChanged(owner));
    this.#glimpse = glimpseFrom(this.#informers);
  }

  get glimpse(): Live['glimpse'] {
    return this.#glimpse;
  }

  /** Follows these kinds too; resolves when their caches are filled. */
  async open(kinds: Iterable<KindRef<Manifest>>): Promise<void> {
    const opened: Promise<void>[] = [];
    for (const kind of kinds) {
      if (this.#informers.has(resourceName(kind))) continue;
      const informer = this.#client.informer(kind as KindRef as KindRef<KubeObject>);
      this.#informers.set(resourceName(kind), informer);
      this.#subscriptions.push(informer.follow((change) => this.#changed(change)));
      opened.push(informer.synced);
      if (runsPods(kind)) opened.push(this.#pods.open());
    }
    await Promise.all(opened);
  }

  inventory(application: string): readonly InventoryItem[] {
    return this.#inventories.get(application) ?? [];
  }

  /** Holds back judgement on an application's objects while it is worked on. */
  begin(application: string): void {
    this.#busy.set(application, new Map());
  }

  /** Takes what an application owned before this process began, in pieces. */
  async remember(
    application: string,
    inventory: readonly InventoryItem[],
    kinds: (item: InventoryItem) => KindRef<Manifest> | undefined,
    pace: Pace,
  ): Promise<void> {
    await this.own(application, inventory, kinds, pace);
    this.end(application, inventory, kinds);
  }

  /** Takes what is new of it, in pieces: what an application that is worked on will own at the end. */
  async own(
    application: string,
    inventory: readonly InventoryItem[],
    kinds: (item: InventoryItem) => KindRef<Manifest> | undefined,
    pace: Pace,
  ): Promise<void> {
    const before = this.inventory(application);
    for (const [i, item] of inventory.entries()) {
      if (item === before[i] || this.#owned.get(identityOfItem(item))?.item === item) continue;
      this.#own(application, item, kinds(item));
      const turn = pace.spend(1);
      if (turn) await turn;
    }
  }

  /** Takes what it owns from now on; what others did meanwhile is drift now. `kinds` resolves the kinds, which are open. */
  end(application: string, inventory: readonly InventoryItem[], kinds: (item: InventoryItem) => KindRef<Manifest> | undefined): void {
    const touched = this.#busy.get(application);
    this.#busy.delete(application);
    if (inventory !== this.inventory(application)) this.#replace(application, inventory, kinds);
    for (const [identity, before] of touched ?? []) {
      const owned = this.#owned.get(identity);
      if (owned?.application !== application) continue;
      const isOnItsWayOut = owned.item.digest === undefined;
      this.#judge(identity, owned, before, this.#present(owned), isOnItsWayOut);
    }
  }

  /** The state of the worst of its objects, and the worst few with their reasons, a line each. */
  healthOf(application: string): Health {
    const unhealthy = [...(this.#unhealthy.get(application) ?? [])].toSorted(([, a], [, b]) => compareHealth(a.state, b.state));
    const worst = unhealthy[0];
    if (!worst) return { state: 'Healthy' };
    const lines = unhealthy.slice(0, MOST_NAMED).map(([identity, { message }]) => {
      const { kind, namespace, name } = this.#owned.get(identity)!.item;
      return `${formatTarget({ kind: { kind }, namespace, name })}: ${message}`;
    });
    const rest = unhealthy.length - lines.length;
    return { state: worst[1].state, message: [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n') };
  }

  /** Of one that goes: what is left of it, once the first of its objects is on its way. Until then it is as it always was. */
  leavingOf(application: string): Health {
    const owned = this.inventory(application).map((item) => this.#owned.get(identityOfItem(item)));
    const left = owned.flatMap((one) => (one && this.#present(one)) ?? []);
    if (left.length === owned.length && !left.some(({ metadata }) => metadata.deletionTimestamp)) return this.healthOf(application);
    if (left.length === 0) return { state: 'Progressing', message: 'is being removed: all its objects are gone' };
    const named = left.slice(0, MOST_NAMED).map(formatLeft);
    const rest = left.length - named.length;
    return { state: 'Progressing', message: `is being removed; left: ${[...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')}` };
  }

  /** How an object is that was just written, or is waited for. */
  async look(target: Target, written: Manifest | undefined, client: Pick<Client, 'get'>): Promise<Health> {
    const seen = this.#glimpse(target);
    const isBehind = written !== undefined && Number(seen?.metadata.resourceVersion ?? 0) < Number(written.metadata.resourceVersion ?? 0);
    const object = seen && !isBehind ? seen : await liveOf(client).read(target);
    return object ? withPlight(healthOf(object), this.#pods.plightOf(object)) : MISSING;
  }

  /** Tells of every change to these, until it is told otherwise. What is new among them may have changed before it was. */
  async await(application: string, targets: readonly Target[]): Promise<void> {
    await this.open(new Set(targets.map(({ kind }) => kind)));
    const wanted = new Set(targets.map(identityOfTarget));
    const isNews = [...wanted].some((identity) => this.#awaited.get(identity) !== application);
    for (const [identity, waiting] of this.#awaited) if (waiting === application && !wanted.has(identity)) this.#awaited.delete(identity);
    for (const identity of wanted) this.#awaited.set(identity, application);
    if (isNews) this.#events.moved(application);
  }

  close(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.close();
    this.#pods.close();
  }

  #podsChanged(owner: Identity): void {
    const awaiting = this.#awaited.get(owner);
    if (awaiting) this.#events.moved(awaiting);
    const owned = this.#owned.get(owner);
    if (!owned) return;
    this.#setHealth(owned.application, owner, this.#present(owned));
    this.#events.unsettled(owned.application);
  }

  #changed({ before, after }: InformerChange<KubeObject>): void {
    const identity = identityOfObject((after ?? before)!);
    const awaiting = this.#awaited.get(identity);
    if (awaiting) this.#events.moved(awaiting);
    const owned = this.#owned.get(identity);
    const busy = this.#busy.get(owned?.application ?? '');
    if (!owned) return;
    if (!busy) this.#judge(identity, owned, before, after, before !== undefined && hasDrifted(owned.item, before));
    else if (!busy.has(identity)) busy.set(identity, before);
  }

  /** A drift is told once: what has drifted already is being seen to. */
  #judge(
    identity: Identity,
    { application, item }: Owned,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
    known = false,
  ): void {
    this.#setHealth(application, identity, after);
    this.#events.unsettled(application);
    // What was marked to be left alone may be otherwise than its manifest says.
    if (before && after && isLeftToItself(before) && !isLeftToItself(after)) this.#events.moved(application);
    if (!hasDrifted(item, after)) return;
    if (!known) this.#events.drifted({ application, item, before, after });
    // What was on its way out is made anew when it is gone.
    else if (!after) this.#events.moved(application);
  }

  #replace(application: string, inventory: readonly InventoryItem[], kinds: (item: InventoryItem) => KindRef<Manifest> | undefined): void {
    const left = new Set(this.inventory(application).map(identityOfItem));
    for (const item of inventory) {
      const identity = identityOfItem(item);
      left.delete(identity);
      if (this.#owned.get(identity)?.item !== item) this.#own(application, item, kinds(item));
    }
    for (const identity of left) {
      if (this.#owned.get(identity)?.application === application) this.#owned.delete(identity);
      this.#unhealthy.get(application)?.delete(identity);
    }
    this.#inventories.set(application, inventory);
    this.#events.unsettled(application);
  }

  #own(application: string, item: InventoryItem, kind: KindRef<Manifest> | undefined): void {
    const identity = identityOfItem(item);
    const owned = { application, item, kind };
    this.#owned.set(identity, owned);
    this.#setHealth(application, identity, this.#present(owned));
  }

  #present({ item, kind }: Owned): KubeObject | undefined {
    return kind && this.#glimpse({ kind, namespace: item.namespace, name: item.name });
  }

  #setHealth(application: string, identity: Identity, object: KubeObject | undefined): void {
    const health = object ? withPlight(healthOf(object), this.#pods.plightOf(object)) : MISSING;
    let unhealthy = this.#unhealthy.get(application);
    if (!unhealthy) this.#unhealthy.set(application, (unhealthy = new Map()));
    if (health.state === 'Healthy') unhealthy.delete(identity);
    else unhealthy.set(identity, health);
  }
}
