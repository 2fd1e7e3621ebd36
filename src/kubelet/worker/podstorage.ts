import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import type { Runtime, RuntimePod } from '../runtime.ts';
import { excessOf, isBounded, measure } from '../volumes/storage.ts';
import type { PodMemory } from './memory.ts';

/** How often those are measured that may only grow so far. */
const MEASURE_MS: Millis = 10_000;

export interface PodStorageOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly pod: (uid: string) => Pod | undefined;
  readonly touch: (uid: string) => void;
}

/** Drives out pods that take more of the disk than they may. */
export class PodStorage {
  readonly #options: PodStorageOptions;

  constructor(options: PodStorageOptions) {
    this.#options = options;
  }

  /** Measures the pod from now on, if it has a bound, until it has ended. */
  follow(pod: Pod, running: RuntimePod | undefined, memory: PodMemory): void {
    if (memory.measuring || memory.doom || running?.sandbox.volumes === undefined || isTerminal(pod) || !isBounded(pod)) return;
    const timer = this.#options.clock.after(MEASURE_MS, () => void this.#look(running, memory, () => memory.measuring === timer));
    memory.measuring = timer;
  }

  stop(memory: PodMemory): void {
    memory.measuring?.cancel();
    delete memory.measuring;
  }

  async #look(running: RuntimePod, memory: PodMemory, isWanted: () => boolean): Promise<void> {
    const { podUid } = running.sandbox;
    const pod = this.#options.pod(podUid);
    const message = pod && (await this.#excess(pod, memory));
    if (!isWanted()) return;
    delete memory.measuring;
    if (message !== undefined) {
      memory.doom ??= { reason: 'Evicted', message, isPressing: true };
      this.#options.touch(podUid);
    } else if (pod) {
      this.follow(pod, running, memory);
    }
  }

  async #excess(pod: Pod, { places }: PodMemory): Promise<string | undefined> {
    try {
      return excessOf(pod, await measure(pod, places, this.#options.runtime));
    } catch (error) {
      this.#options.log.warn({ pod: pod.metadata.name, error: messageOf(error) }, 'the storage of a pod could not be measured');
      return undefined;
    }
  }
}
