import type { Clock, Millis } from '../../base/index.ts';
import { UnknownContainerError, type RuntimePod } from '../runtime.ts';
import { CriError } from './connection.ts';
import { endsIn, HeldContainer, lostState, runningIn, type HeldPod } from './held.ts';
import { takeInventory, type InventoryParts } from './inventory.ts';

const LONGEST_DELAY_MS: Millis = 5000;

/** The pods that are known here. It hears what becomes of them, and tells whoever listens. */
export class HeldPods {
  readonly #parts: InventoryParts;
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #subscribers = new Set<(podUid: string) => void>();
  /** Containers that are being started, and those of them that have ended already. */
  readonly #starting = new Set<string>();
  readonly #endedEarly = new Set<string>();
  #pods: Map<string, HeldPod>;

  constructor(parts: InventoryParts, pods: ReadonlyMap<string, HeldPod>, closing: AbortSignal) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#closing = closing;
    this.#pods = new Map(pods);
    closing.addEventListener('abort', () => this.#subscribers.clear(), { once: true });
  }

  list(podUid?: string): readonly RuntimePod[] {
    const pods = podUid === undefined ? this.all() : [this.get(podUid)].filter((pod) => pod !== undefined);
    return pods.map(({ sandbox, broken, containers }) => ({
      sandbox,
      ...(broken ? { broken } : {}),
      containers: [...containers.values()].map(({ view }) => view),
    }));
  }

  all(): readonly HeldPod[] {
    return [...this.#pods.values()];
  }

  running(): readonly HeldContainer[] {
    return runningIn(this.#pods);
  }

  get(podUid: string): HeldPod | undefined {
    return this.#pods.get(podUid);
  }

  withSandbox(podUid: string): HeldPod {
    const pod = this.#pods.get(podUid);
    if (!pod) throw new Error(`pod ${podUid} has no sandbox`);
    return pod;
  }

  put(pod: HeldPod): void {
    this.#pods.set(pod.sandbox.podUid, pod);
  }

  delete(podUid: string): void {
    this.#pods.delete(podUid);
  }

  find(id: string): HeldContainer {
    const held = this.#lookUp(id);
    if (!held) throw new UnknownContainerError(id);
    return held;
  }

  findRunning(id: string): HeldContainer {
    const held = this.find(id);
    if (held.finished) throw new Error(`container ${id} is not running`);
    return held;
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    this.#subscribers.add(changed);
    return { close: () => this.#subscribers.delete(changed) };
  }

  /** Holds what is started; an end that comes before that is told too. */
  async start(id: string, work: () => Promise<HeldContainer>): Promise<void> {
    this.#starting.add(id);
    try {
      const held = await work();
      const pod = this.#pods.get(held.ref.podUid);
      if (pod) this.put({ ...pod, containers: new Map([...pod.containers, [held.id, held]]) });
      if (held.finished) this.#tell(held.ref.podUid);
    } finally {
      this.#starting.delete(id);
    }
    if (this.#endedEarly.delete(id)) await this.heardOf(id);
  }

  forget({ id, ref }: HeldContainer): void {
    const pod = this.#pods.get(ref.podUid);
    if (pod) this.put({ ...pod, containers: new Map([...pod.containers].filter(([other]) => other !== id)) });
  }

  /** The runtime said that this container or sandbox has ended; its own records follow a moment later. */
  async heardOf(id: string): Promise<void> {
    if (this.#starting.has(id)) return void this.#endedEarly.add(id);
    const held = this.#lookUp(id);
    if (!held) return this.#sandboxEnded(id);
    for (let delay = 2; !held.finished && delay < LONGEST_DELAY_MS; delay *= 2) {
      const state = await this.#stateOf(held);
      if (state && held.take(state)) return this.#tell(held.ref.podUid);
      await this.#clock.sleep(delay, this.#closing).catch(() => {});
      if (this.#closing.aborted) return;
    }
  }

  /** What changed unseen is told; what is being made or removed meanwhile is left to who does it. */
  async relist(): Promise<void> {
    const before = this.#pods;
    const finished = new Map([...before].map(([uid, pod]) => [uid, endsIn(pod)]));
    const found = await takeInventory(this.#parts, before);
    for (const [uid, pod] of before) {
      const now = found.get(uid);
      if (this.#pods.get(uid) !== pod || !now) continue;
      const containers = new Map([...pod.containers].filter(([id]) => now.containers.has(id)));
      const lost = containers.size < pod.containers.size;
      if (lost || pod.broken !== now.broken) this.put({ ...pod, broken: now.broken, containers });
      if (lost || pod.broken !== now.broken || finished.get(uid) !== endsIn(pod)) this.#tell(uid);
    }
  }

  async #stateOf(held: HeldContainer) {
    const { connection, layout } = this.#parts;
    try {
      const { status } = await connection.runtime.containerStatus({ id: held.id });
      return new HeldContainer(status, held.ref.podUid, layout).view.state;
    } catch (error) {
      if (error instanceof CriError && error.code === 'NotFound') return lostState(held, this.#clock.now());
      return undefined;
    }
  }

  #sandboxEnded(id: string): void {
    const pod = this.all().find(({ sandboxIds }) => sandboxIds[0] === id);
    if (!pod) return;
    this.put({ ...pod, broken: true });
    this.#tell(pod.sandbox.podUid);
  }

  #tell(podUid: string): void {
    for (const changed of this.#subscribers) changed(podUid);
  }

  #lookUp(id: string): HeldContainer | undefined {
    for (const { containers } of this.#pods.values()) {
      const held = containers.get(id);
      if (held) return held;
    }
    return undefined;
  }
}
