import { messageOf, type Clock, type Log, type Millis, type Timer } from '../../base/index.ts';
import { NODES } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import { pressureNews } from './conditions.ts';
import { pressureAfter, shortagesIn, type Pressure, type Shortage } from './judge.ts';
import type { Room } from './room.ts';
import { chooseVictim, evictionMessage, type Consumer } from './victim.ts';

export interface NodePressureOptions extends Omit<PressureOptions, 'changed' | 'reclaiming'> {
  readonly node: string;
  readonly events: EventRecorder;
  /** The node's status is to be written anew. */
  readonly refresh: () => void;
}

/** A watch that tells of the node what it sees. */
export function watchPressure({ node, events, refresh, ...rest }: NodePressureOptions): PressureWatch {
  const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: node, uid: node } };
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    events.event({ kind: NODES, object }, type, reason, message);
  let before: Pressure = {};
  return new PressureWatch({
    ...rest,
    changed: (pressure) => {
      for (const reason of pressureNews(before, pressure)) tell('Normal', reason, `Node ${node} status is now: ${reason}`);
      before = pressure;
      refresh();
    },
    reclaiming: ({ resource }) => tell('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`),
  });
}

export interface PressureOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly room: () => Promise<Room>;
  /** The pods that could go, and what they take of what is short. */
  readonly consumers: (shortage: Shortage) => Promise<readonly Consumer[]>;
  readonly evict: (podUid: string, message: string) => void;
  /** The node is short of something, or no longer. */
  readonly changed: (pressure: Pressure) => void;
  /** It is about to drive somebody out. */
  readonly reclaiming: (shortage: Shortage) => void;
}

const LOOK: Millis = 10_000;

/** Looks how much the machine has left, and drives out one pod after another while it is too little. */
export class PressureWatch {
  readonly #options: PressureOptions;
  #pressure: Pressure = {};
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  get pressure(): Pressure {
    return this.#pressure;
  }

  /** Looks now, and from now on. */
  async begin(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'what the machine has left is not known');
    }
    if (!this.#closed) this.#timer = this.#options.clock.after(LOOK, () => void this.begin());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { clock, room, changed } = this.#options;
    const shortages = shortagesIn(await room());
    const before = Object.keys(this.#pressure).toSorted().join();
    this.#pressure = pressureAfter(this.#pressure, shortages, clock.now());
    if (Object.keys(this.#pressure).toSorted().join() !== before) changed(this.#pressure);
    for (const shortage of shortages) if (await this.#relieve(shortage)) return;
  }

  /** One at a time: what it gives back is seen with the next look. */
  async #relieve(shortage: Shortage): Promise<boolean> {
    const { consumers, evict, reclaiming } = this.#options;
    reclaiming(shortage);
    const victim = chooseVictim(await consumers(shortage), shortage);
    if (victim && !this.#closed) evict(victim.pod.metadata.uid ?? '', evictionMessage(victim, shortage));
    return victim !== undefined;
  }
}
