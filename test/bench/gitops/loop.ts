/** Loaded into a daemon before its program: tells its parent for how long the main loop was held, before and after its port was open. */
import { subscribe } from 'node:diagnostics_channel';
import { isMainThread } from 'node:worker_threads';

/** The longest turn by the clock, and the longest by the processor time that it took: on a busy machine they differ. */
export interface Held {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface LoopReport {
  /** Of the main thread, all in all. */
  readonly processorMs: number;
  readonly beforeOpen: Held;
  readonly sinceLastReport: Held;
}

const NEVER: Held = { wallMs: 0, cpuMs: 0 };

class LoopWatch {
  #wall = performance.now();
  #cpu = process.threadCpuUsage();
  #longest = NEVER;
  #beforeOpen: Held | undefined;

  constructor() {
    setInterval(() => this.#look(), 1).unref();
    subscribe('tracing:net.server.listen:asyncEnd', () => (this.#beforeOpen ??= this.#take()));
  }

  report(): LoopReport {
    const sinceLastReport = this.#take();
    const { user, system } = process.threadCpuUsage();
    return { processorMs: (user + system) / 1000, beforeOpen: this.#beforeOpen ?? NEVER, sinceLastReport };
  }

  #look(): void {
    const [wall, cpu] = [performance.now(), process.threadCpuUsage()];
    const wallMs = wall - this.#wall - 1;
    const cpuMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000;
    this.#longest = { wallMs: Math.max(wallMs, this.#longest.wallMs), cpuMs: Math.max(cpuMs, this.#longest.cpuMs) };
    [this.#wall, this.#cpu] = [wall, cpu];
  }

  #take(): Held {
    this.#look();
    const longest = this.#longest;
    this.#longest = NEVER;
    return longest;
  }
}

if (isMainThread && process.send) {
  const watch = new LoopWatch();
  process.on('message', () => process.send!(watch.report()));
  process.channel!.unref();
}
