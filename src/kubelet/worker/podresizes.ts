import { messageOf, type Clock } from '../../base/index.ts';
import { wholeUnits, type Container, type Pod, type ResourceRequirements } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import type { Action } from './decide.ts';
import { having, without, type PodMemory } from './memory.ts';
import { limitsOf } from './starting.ts';
import { containerOf } from './view.ts';

export interface PodResizesOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
}

/** What could not be done is tried again after this. */
const RETRY_MS = 10_000;

/** Gives running containers what their specs ask for by now. */
export class PodResizes {
  readonly #options: PodResizesOptions;

  constructor(options: PodResizesOptions) {
    this.#options = options;
  }

  async resize(pod: Pod, { container: name, id, from, to }: Extract<Action, { do: 'resize' }>, memory: PodMemory): Promise<void> {
    const { runtime, clock } = this.#options;
    const asked = containerOf(pod, name);
    if (!asked) return;
    const container = { ...asked, resources: to };
    try {
      await this.#refuseTooLittle(pod, container, from);
      await runtime.resize(id, limitsOf(container, pod));
      memory.sizes = having(memory.sizes, id, to);
      memory.unresized = without(memory.unresized, id);
    } catch (error) {
      memory.unresized = having(memory.unresized, id, { message: messageOf(error), retryAt: clock.now() + RETRY_MS });
    }
  }

  /** The kernel would end a container that already takes more than it may. */
  async #refuseTooLittle({ metadata: { uid = '' } }: Pod, { name, resources }: Container, from: ResourceRequirements): Promise<void> {
    const [limit, before] = [resources?.limits?.['memory'], from.limits?.['memory']].map((amount) => amount && wholeUnits(amount));
    if (!limit || (before && limit >= before)) return;
    const used = (await this.#options.runtime.usage?.([uid]))?.find((each) => each.name === name)?.memoryBytes ?? 0;
    if (used > limit) throw new Error(`attempting to set container ${name} memory limit (${limit}) below current usage (${used})`);
  }
}
