import { equalJson, type Clock, type Millis, type Timer } from '../base/index.ts';
import type { ObjectKey, Pod } from '../model/index.ts';
import { Heap } from './heap.ts';
import type { PodView } from './podview.ts';

/**
 * `ready` waits for its turn, `backingOff` for a time, `waiting` for a change that could help, `taken` is being
 * placed, `gone` needs no node any more.
 */
type State = 'ready' | 'backingOff' | 'waiting' | 'taken' | 'gone';

/** A pod that wants a node. */
export interface QueuedPod {
  pod: PodView;
  state: State;
  attempts: number;
  /** Another attempt makes no sense before. */
  notBefore: Millis;
  /** Whether a change anywhere could help, and not only one of a node on which the pod would fit then. */
  wide: boolean;
  /** No change makes up for a binding that failed: it is tried again in its time. */
  failed: boolean;
  timer: Timer | undefined;
  readonly arrival: number;
}

type Helps = (queued: QueuedPod) => boolean;

const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 10_000;
/** A change that helps could go unnoticed; no pod waits longer for one. */
const LONGEST_WAIT = 300_000;

/** Higher priority first, then the older pod. */
function byTurn(a: QueuedPod, b: QueuedPod): number {
  return b.pod.priority - a.pod.priority || a.pod.createdAt - b.pod.createdAt || a.arrival - b.arrival;
}

/** Whose time comes sooner, in whole seconds; then as ever. */
function byTime(a: QueuedPod, b: QueuedPod): number {
  return Math.floor(a.notBefore / 1_000) - Math.floor(b.notBefore / 1_000) || byTurn(a, b);
}

export class PodQueue {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #pods = new Map<ObjectKey, QueuedPod>();
  readonly #ready = new Heap<QueuedPod>(byTurn);
  readonly #waiting = new Set<QueuedPod>();
  readonly #backingOff = new Set<QueuedPod>();
  /** Those of them that a change helped: they go before their time when nobody else is ready. The last is the first. */
  #early: QueuedPod[] = [];
  #tookEarly: QueuedPod | undefined;
  #arrivals = 0;

  /** `wake` is called when a time came at which a pod is ready again. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Takes a pod in, or notes what it looks like now. A pod that asks for something else is tried again. */
  offer(pod: PodView): void {
    const known = this.#pods.get(pod.key);
    if (known && known.pod.uid === pod.uid) {
      const same = asksTheSame(known.pod, pod);
      known.pod = pod;
      if (!same) this.retry(pod.key);
      return;
    }
    this.remove(pod.key);
    const queued: QueuedPod = {
      pod,
      state: 'waiting',
      attempts: 0,
      notBefore: 0,
      wide: false,
      failed: false,
      timer: undefined,
      arrival: this.#arrivals++,
    };
    this.#pods.set(pod.key, queued);
    this.#makeReady(queued);
  }

  /** As it was seen last. */
  pod(key: ObjectKey): Pod | undefined {
    return this.#pods.get(key)?.pod.pod;
  }

  remove(key: ObjectKey): void {
    const queued = this.#pods.get(key);
    if (!queued) return;
    this.#pods.delete(key);
    this.#move(queued, 'gone');
  }

  /** The next pod to place; one that backs off only if what helped it still does. It must be given back by `placed`, `refused` or `failed`. */
  take(helps: Helps): QueuedPod | undefined {
    for (let queued = this.#ready.pop(); queued; queued = this.#ready.pop()) if (queued.state === 'ready') return this.#hand(queued);
    for (let queued = this.#early.pop(); queued; queued = this.#early.pop()) {
      if (queued.state === 'backingOff' && helps(queued)) return this.#hand((this.#tookEarly = queued));
    }
    return undefined;
  }

  #hand(queued: QueuedPod): QueuedPod {
    this.#move(queued, 'taken');
    queued.attempts++;
    queued.failed = false;
    queued.notBefore = this.#clock.now() + Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(queued.attempts - 1, 10));
    return queued;
  }

  /** It has a node, if the binding succeeds. */
  placed(queued: QueuedPod): void {
    this.#pods.delete(queued.pod.key);
  }

  /** No node would have it. If it went before its time, the others wait for theirs: a change costs one vain attempt at most. */
  refused(queued: QueuedPod, wide: boolean): void {
    if (queued === this.#tookEarly) this.#early = [];
    this.#move(queued, 'waiting');
    queued.wide = wide;
    queued.timer = this.#clock.after(LONGEST_WAIT, () => this.#timeCame(queued));
  }

  /** Its binding failed; it may have been deleted, or come back as another, in the meantime. */
  failed(queued: QueuedPod): void {
    if (this.#pods.has(queued.pod.key)) return;
    this.#pods.set(queued.pod.key, queued);
    queued.failed = true;
    this.#again(queued);
  }

  /** Something changed: those whom it could help are tried again, and those whom it helps for all that one node shows, soon. */
  changed(helps: Helps): void {
    for (const queued of this.#waiting) if (queued.wide || helps(queued)) this.#again(queued);
    this.#early = [...this.#backingOff].filter((queued) => !queued.failed && helps(queued)).toSorted((a, b) => byTime(b, a));
  }

  /** What was found out about a pod that waits holds no more. */
  retry(key: ObjectKey): void {
    const queued = this.#pods.get(key);
    if (queued?.state === 'waiting') this.#makeReady(queued);
  }

  count(): Record<'ready' | 'backingOff' | 'waiting', number> {
    const counts = { ready: 0, backingOff: 0, waiting: 0 };
    for (const { state } of this.#pods.values()) if (state in counts) counts[state as keyof typeof counts]++;
    return counts;
  }

  close(): void {
    for (const queued of this.#pods.values()) this.#move(queued, 'gone');
    this.#pods.clear();
    this.#ready.clear();
    this.#early = [];
  }

  #again(queued: QueuedPod): void {
    const wait = queued.notBefore - this.#clock.now();
    if (wait <= 0) return this.#makeReady(queued);
    this.#move(queued, 'backingOff');
    queued.timer = this.#clock.after(wait, () => this.#timeCame(queued));
  }

  #timeCame(queued: QueuedPod): void {
    this.#makeReady(queued);
    this.#wake();
  }

  #makeReady(queued: QueuedPod): void {
    this.#move(queued, 'ready');
    this.#ready.push(queued);
  }

  #move(queued: QueuedPod, state: State): void {
    queued.timer?.cancel();
    queued.timer = undefined;
    queued.state = state;
    this.#waiting.delete(queued);
    this.#backingOff.delete(queued);
    if (state === 'waiting') this.#waiting.add(queued);
    else if (state === 'backingOff') this.#backingOff.add(queued);
  }
}

function asksTheSame(a: PodView, b: PodView): boolean {
  return (
    equalJson(a.pod.spec, b.pod.spec) &&
    equalJson(a.pod.metadata.labels, b.pod.metadata.labels) &&
    equalJson(a.deviceClaims, b.deviceClaims)
  );
}
