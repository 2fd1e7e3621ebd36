import type { Clock } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { SourceKey } from '../environment/sources.ts';
import { layVolumes } from '../volumes/lay.ts';
import type { Tokens } from '../volumes/tokens.ts';
import { nextWait } from './backoff.ts';
import type { PodMemory } from './memory.ts';
import type { StartParts } from './starting.ts';

export interface PodVolumesOptions extends StartParts {
  readonly clock: Clock;
  readonly tokens: Tokens;
}

/** Lays the volumes of pods, and knows who uses what. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #users = new Map<SourceKey, Set<string>>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Gives what is missing. It is looked for again ever more rarely, or when it has come. */
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
    if (laid.problem === undefined) {
      memory.volumes = { stale: false, renewAt: laid.renewAt };
      return undefined;
    }
    const before = memory.volumes && 'message' in memory.volumes ? memory.volumes : undefined;
    const waitMs = nextWait(before?.message === laid.problem ? before.waitMs : undefined);
    memory.volumes = { reason: 'ContainerCreating', message: laid.problem, waitMs, retryAt: clock.now() + waitMs };
    return laid.problem;
  }

  use(uid: string, keys: Iterable<SourceKey>): void {
    for (const key of keys) this.#users.set(key, (this.#users.get(key) ?? new Set()).add(uid));
  }

  usersOf(key: SourceKey): Iterable<string> {
    return this.#users.get(key) ?? [];
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#options.tokens.forget(uid);
    for (const [key, users] of this.#users) if (users.delete(uid) && users.size === 0) this.#users.delete(key);
  }
}
