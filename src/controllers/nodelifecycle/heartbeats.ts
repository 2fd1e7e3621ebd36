import type { Clock, Millis } from '../../base/index.ts';
import type { Lease, Node } from '../../model/index.ts';

/** How often a node is looked at, at least. */
export const LOOK: Millis = 10_000;

/** Whoever was asleep itself hears the others first. */
const AWAKENING: Millis = 5_000;

/** When each node was last heard of, by this clock: the node's own may be wrong. */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #known = new Map<string, { beat: string; at: Millis; lookedAt: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long the node has been silent; never over `grace` at the first look after a pause of this process. */
  silence(node: Node, lease: Lease | undefined, grace: Millis): Millis {
    const now = this.#clock.now();
    const beats = node.status?.conditions?.map(({ lastHeartbeatTime = '' }) => lastHeartbeatTime) ?? [];
    const beat = [node.metadata.uid, lease?.spec?.renewTime ?? '', ...beats].join(' ');
    const known = this.#known.get(node.metadata.name);
    const heardAt = known?.beat === beat ? known.at : now;
    const wasAsleep = known !== undefined && now - known.lookedAt > 2 * LOOK;
    const at = wasAsleep ? Math.max(heardAt, now - grace + AWAKENING) : heardAt;
    this.#known.set(node.metadata.name, { beat, at, lookedAt: now });
    return now - at;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}
