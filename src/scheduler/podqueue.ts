import { equalJson, type Clock, type Millis, type Timer } from '../base/index.ts';
import type { ObjectKey } from '../model/index.ts';
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
  timer: Timer | undefined;
  readonly arrival: number;
}

const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 10_000;
/** A change that helps could go unnoticed; no pod waits longer for one. */
const LONGEST_WAIT = 300_000;

/** Higher priority first, then the older pod. */
function byTurn(a: QueuedPod, b: QueuedPod): number {
  return b.pod.priority - a.pod.priority || a.pod.createdAt - b.pod.createdAt || a.arrival - b.arrival;
}

export class PodQueue {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #pods = new Map<ObjectKey, QueuedPod>();
  readonly #ready = new Heap<QueuedPod>(byTurn);
  readonly #waiting = new Set<QueuedPod>();
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
      if (!same && known.state === 'waiting') this.#again(known);
      return;
    }
    this.remove(pod.key);
    const queued: QueuedPod = {
      pod,
      state: 'waiting',
      attempts: 0,
      notBefore: 0,
      wide: false,
      timer: undefined,
      arrival: this.#arrivals++,
    };
    this.#pods.set(pod.key, queued);
    this.#makeReady(queued);
  }

  remove(key: ObjectKey): void {
    const queued = this.#pods.get(key);
    if (!queued) return;
    this.#pods.delete(key);
    this.#move(queued, 'gone');
  }

  /** The next pod to place. It must be given back by `placed`, `refused` or `failed`. */
  take(): QueuedPod | undefined {
    for (let queued = this.#ready.pop(); queued; queued = this.#ready.pop()) {
      if (queued.state !== 'ready') continue;
      this.#move(queued, 'taken');
      queued.attempts++;
      queued.notBefore = this.#clock.now() + Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(queued.attempts - 1, 10));
      return queued;
    }
    return undefined;
  }

  /** It has a node, if the binding succeeds. */
  placed(queued: QueuedPod): void {
    this.#pods.delete(queued.pod.key);
  }

  /** No node would have it. */
  refused(queued: QueuedPod, wide: boolean): void {
    this.#move(queued, 'waiting');
    queued.wide = wide;
    queued.timer = this.#clock.after(LONGEST_WAIT, () => this.#timeCame(queued));
  }

  /** Its binding failed; it may have been deleted, or come back as another, in the meantime. */
  failed(queued: QueuedPod): void {
    if (this.#pods.has(queued.pod.key)) return;
    this.#pods.set(queued.pod.key, queued);
    this.#again(queued);
  }

  /** Something changed: those whom it could help are tried again. */
  changed(helps: (queued: QueuedPod) => boolean): void {
    for (const queued of this.#waiting) if (helps(queued)) this.#again(queued);
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
    if (state === 'waiting') this.#waiting.add(queued);
    else this.#waiting.delete(queued);
  }
}

function asksTheSame(a: PodView, b: PodView): boolean {
  return equalJson(a.pod.spec, b.pod.spec) && equalJson(a.pod.metadata.labels, b.pod.metadata.labels);
}
