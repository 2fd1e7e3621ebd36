import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import type { Action, StopCause } from './decide.ts';
import { having, without, type PodMemory } from './memory.ts';
import type { PodHooks } from './podhooks.ts';
import type { Tell } from './telling.ts';
import { containerOf } from './view.ts';

export interface PodStopsOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly hooks: PodHooks;
  readonly tell: Tell;
  readonly touch: (uid: string) => void;
}

/** Ends containers, each within its grace. Their end is not awaited here: the runtime tells of it. */
export class PodStops {
  readonly #options: PodStopsOptions;

  constructor(options: PodStopsOptions) {
    this.#options = options;
  }

  stop(pod: Pod, { id, container, graceMs, cause }: Extract<Action, { do: 'stop' }>, memory: PodMemory): void {
    const { hooks, clock, tell } = this.#options;
    const first = !memory.stopping.has(id);
    if (cause === 'definition' || cause === 'resize') memory.replaced = having(memory.replaced, container, id);
    if (first) tell(pod, 'Normal', 'Killing', stopMessage(container, cause), container);
    const uid = pod.metadata.uid ?? '';
    const spec = containerOf(pod, container);
    if (!first || !spec?.lifecycle?.preStop || graceMs === 0) return this.stopById(uid, id, graceMs, memory);
    memory.stopping = having(memory.stopping, id, clock.now() + graceMs);
    void hooks.preStop(pod, spec, id, graceMs).then((leftMs) => this.stopById(uid, id, leftMs, memory));
  }

  stopById(uid: string, id: string, graceMs: Millis, memory: PodMemory): void {
    const { runtime, clock, log, hooks, touch } = this.#options;
    if (hooks.closed) return;
    memory.stopping = having(memory.stopping, id, clock.now() + graceMs);
    const forget = () => {
      memory.stopping = without(memory.stopping, id);
      touch(uid);
    };
    runtime.stop(id, graceMs).then(forget, (error: unknown) => {
      log.warn({ container: id, error: messageOf(error) }, 'a container could not be stopped');
      forget();
    });
  }
}

function stopMessage(container: string, cause: StopCause): string {
  switch (cause) {
    case 'startupProbe':
      return `Container ${container} failed startup probe, will be restarted`;
    case 'livenessProbe':
      return `Container ${container} failed liveness probe, will be restarted`;
    case 'definition':
      return `Container ${container} definition changed, will be restarted`;
    case 'restartAll':
      return `Container ${container} is restarted with all containers of its pod`;
    case 'resize':
      return `Container ${container} resize requires restart`;
    case 'postStartHook':
      return 'FailedPostStartHook';
    case 'podDeleted':
    case 'podEnded':
      return `Stopping container ${container}`;
  }
}
