import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import type { Container, Pod } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import { runHook } from './hooks.ts';
import type { Tell } from './telling.ts';

export interface PodHooksOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: Tell;
}

/** Runs what containers want done after their start and before their end, and tells of what fails. */
export class PodHooks {
  readonly #options: PodHooksOptions;
  readonly #closing = new AbortController();

  constructor(options: PodHooksOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Leaves off; the containers go on. */
  close(): void {
    this.#closing.abort(new Error('the kubelet ends'));
  }

  /** False when it failed. */
  async postStart(pod: Pod, container: Container, id: string): Promise<boolean> {
    return this.#run(pod, container, id, 'postStart', this.#closing.signal);
  }

  /** It may take all of the grace. */
  async preStop(pod: Pod, container: Container, id: string, graceMs: Millis): Promise<void> {
    const { clock } = this.#options;
    const over = new AbortController();
    const timer = clock.after(graceMs, () => over.abort(new Error('the grace period is over')));
    await this.#run(pod, container, id, 'preStop', AbortSignal.any([over.signal, this.#closing.signal]));
    timer.cancel();
  }

  async #run(pod: Pod, container: Container, id: string, which: 'postStart' | 'preStop', signal: AbortSignal): Promise<boolean> {
    const { runtime, clock, log, tell } = this.#options;
    try {
      const [running] = await runtime.list(pod.metadata.uid ?? '');
      await runHook(container.lifecycle![which]!, { id, ip: running?.sandbox.ip ?? '', container }, runtime, clock, signal);
      return true;
    } catch (error) {
      if (this.closed) return false;
      const name = which === 'postStart' ? 'PostStartHook' : 'PreStopHook';
      log.info({ container: id, error: messageOf(error) }, `${which} hook failed`);
      tell(pod, 'Warning', `Failed${name}`, `${name} failed`, container.name);
      return false;
    }
  }
}
