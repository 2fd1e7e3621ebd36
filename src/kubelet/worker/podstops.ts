import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import type { Action, StopCause } from './decide.ts';
import { having, lacking, without, type PodMemory } from './memory.ts';
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

/** However little is left of its grace, a container has this long to obey. */
const LEAST_GRACE_MS: Millis = 2000;

/** Ends containers, each within its grace. Their end is not awaited here: the runtime tells of it. */
export class PodStops {
  readonly #options: PodStopsOptions;
  /** By container id: what it wants done before its end. */
  readonly #preStops = new Map<string, Promise<void>>();

  constructor(options: PodStopsOptions) {
    this.#options = options;
  }

  stop(pod: Pod, { id, container, forceAt, cause, waits }: Extract<Action, { do: 'stop' }>, memory: PodMemory): void {
    const { hooks, clock, tell } = this.#options;
    const isKnown = memory.stopping.has(id) || memory.warned.has(id);
    const graceMs = forceAt - clock.now();
    if (cause === 'definition' || cause === 'resize') memory.replaced = having(memory.replaced, container, id);
    const spec = containerOf(pod, container);
    if (!isKnown) {
      tell(pod, 'Normal', 'Killing', stopMessage(container, cause), container);
      if (spec?.lifecycle?.preStop && graceMs > 0) this.#preStops.set(id, hooks.preStop(pod, spec, id, graceMs));
    }
    if (waits) {
      memory.warned = new Set(memory.warned).add(id);
      return;
    }
    const uid = pod.metadata.uid ?? '';
    // Who is to end sooner than it was told does not wait for its hook.
    const preStop = memory.stopping.has(id) ? undefined : this.#preStops.get(id);
    memory.stopping = having(memory.stopping, id, forceAt);
    if (!preStop || graceMs <= 0) return this.#end(uid, id, graceMs, memory);
    void preStop.then(() => this.#end(uid, id, forceAt - clock.now(), memory));
  }

  stopById(uid: string, id: string, graceMs: Millis, memory: PodMemory): void {
    memory.stopping = having(memory.stopping, id, this.#options.clock.now() + graceMs);
    this.#end(uid, id, graceMs, memory);
  }

  #end(uid: string, id: string, graceMs: Millis, memory: PodMemory): void {
    const { runtime, log, hooks, touch } = this.#options;
    if (hooks.closed) return;
    const forget = () => {
      memory.stopping = without(memory.stopping, id);
      memory.warned = lacking(memory.warned, id);
      this.#preStops.delete(id);
      touch(uid);
    };
    runtime.stop(id, Math.max(LEAST_GRACE_MS, graceMs)).then(forget, (error: unknown) => {
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
