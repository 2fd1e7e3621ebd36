import type { Clock, Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { SourceKey } from '../environment/sources.ts';
import { layVolumes } from '../volumes/lay.ts';
import type { Tokens } from '../volumes/tokens.ts';
import { excessOf, limitedVolumes } from '../volumes/usage.ts';
import type { PodMemory } from './memory.ts';
import type { StartParts } from './starting.ts';

/** Volumes that could not be laid are tried again after this, or when what they lack has come. */
const RETRY_MS: Millis = 10_000;

/** How often the volumes are measured that may only grow so far. */
const MEASURE_MS: Millis = 10_000;

export interface PodVolumesOptions extends StartParts {
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly touch: (uid: string) => void;
}

/** Lays the volumes of pods, knows who uses what, and drives out who takes too much. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #users = new Map<SourceKey, Set<string>>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Gives what is missing, the first time that it is. */
  async lay(pod: Pod, memory: PodMemory): Promise<string | undefined> {
    const { runtime, sources, tokens, clock, hostIP, allocatable } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const [running] = await runtime.list(uid);
    if (!running) return undefined;
    const { sandbox } = running;
    const laid = await layVolumes({ pod, sandbox, sources, tokens, facts: { podIP: sandbox.ip, hostIP, allocatable } });
    this.use(uid, laid.from);
    memory.laidFor = pod.metadata;
    memory.places = laid.places;
    const before = memory.volumes;
    if (laid.problem === undefined) {
      memory.volumes = { stale: false, renewAt: laid.renewAt };
      if (limitedVolumes(pod).length > 0) this.#measureLater(pod, memory);
      return undefined;
    }
    memory.volumes = { reason: 'ContainerCreating', message: laid.problem, retryAt: clock.now() + RETRY_MS };
    return before && 'message' in before && before.message === laid.problem ? undefined : laid.problem;
  }

  use(uid: string, keys: Iterable<SourceKey>): void {
    for (const key of keys) this.#users.set(key, (this.#users.get(key) ?? new Set()).add(uid));
  }

  usersOf(key: SourceKey): Iterable<string> {
    return this.#users.get(key) ?? [];
  }

  /** The pod is gone. */
  forget(uid: string, memory: PodMemory): void {
    memory.measuring?.cancel();
    this.#options.tokens.forget(uid);
    for (const [key, users] of this.#users) if (users.delete(uid) && users.size === 0) this.#users.delete(key);
  }

  #measureLater(pod: Pod, memory: PodMemory): void {
    memory.measuring?.cancel();
    const timer = this.#options.clock.after(MEASURE_MS, () => void this.#measure(pod, memory, () => memory.measuring === timer));
    memory.measuring = timer;
  }

  async #measure(pod: Pod, memory: PodMemory, isWanted: () => boolean): Promise<void> {
    const message = await excessOf(pod, memory.places);
    if (!isWanted()) return;
    if (message === undefined) return this.#measureLater(pod, memory);
    memory.doom = { reason: 'Evicted', message, isPressing: true };
    this.#options.touch(pod.metadata.uid ?? '');
  }
}
