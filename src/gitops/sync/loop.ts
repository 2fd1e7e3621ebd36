import { WorkQueue, type Millis } from '../../base/index.ts';
import type { Application } from '../../model/index.ts';
import { writeHealth } from './health.ts';
import { tellFailure } from './settle.ts';
import { syncApplication } from './sync.ts';
import type { SyncTools } from './tools.ts';
import type { Wanted } from './wanted.ts';

export interface LoopOptions {
  readonly tools: SyncTools;
  /** The application as the cluster has it. */
  readonly present: (application: string) => Application | undefined;
  readonly failed: (error: unknown, application: string) => void;
  /** Told after each attempt, whatever came of it. */
  readonly tried: (application: string) => void;
  /** Aborted before the loop is closed: what runs then is cut off. */
  readonly signal: AbortSignal;
}

const CONCURRENT_SYNCS = 16;

/** Syncs applications when they are due, and writes how they are. What waits for others is woken by whoever knows of them. */
export class SyncLoop {
  readonly #options: LoopOptions;
  readonly #tools: SyncTools;
  readonly #queue: WorkQueue<string>;
  /** When each application that has something to do is due. */
  readonly #due = new Map<string, Millis>();
  /** Applications that something else has to be there for first. */
  readonly #awaiting = new Set<string>();

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#tools = options.tools;
    const { clock, random } = options.tools;
    this.#queue = new WorkQueue({ clock, random, handle: (name) => this.#work(name), concurrency: CONCURRENT_SYNCS });
  }

  request(application: string, afterMs: Millis = 0): void {
    if (this.#options.signal.aborted) return;
    const due = this.#tools.clock.now() + afterMs;
    this.#due.set(application, Math.min(due, this.#due.get(application) ?? due));
    this.#queue.addAfter(application, afterMs);
  }

  /** What failed before does not count any more. */
  renew(application: string): void {
    this.#tools.backoff.reset(application);
    if (this.#tools.intake.get(application)) this.request(application);
  }

  /** Only its health is looked at, unless it is due. */
  look(application: string, afterMs: Millis): void {
    this.#queue.addAfter(application, afterMs);
  }

  /** What somebody else was waited for may be there now. */
  wake(except?: string): void {
    for (const application of this.#awaiting) {
      if (application === except) continue;
      this.#awaiting.delete(application);
      this.renew(application);
    }
  }

  policyOf(application: string): Application['spec'] | undefined {
    return this.#tools.intake.get(application)?.spec ?? this.#options.present(application)?.spec;
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #work(application: string): Promise<Millis | undefined> {
    const { clock } = this.#tools;
    if ((this.#due.get(application) ?? Infinity) <= clock.now()) {
      this.#due.delete(application);
      await this.#sync(application);
    }
    if (!this.#options.signal.aborted && this.#tools.intake.get(application)) {
      const again = await writeHealth(application, this.#tools);
      if (again !== undefined) this.look(application, again);
    }
    this.#options.tried(application);
    const due = this.#due.get(application);
    return due === undefined ? undefined : Math.max(0, due - clock.now());
  }

  async #sync(application: string): Promise<void> {
    const wanted = this.#tools.intake.get(application);
    if (!wanted) return;
    try {
      const end = await syncApplication(wanted, this.#tools, () => this.#isOvertaken(wanted));
      if (end === 'awaits') this.#awaiting.add(application);
      else this.#awaiting.delete(application);
      if (end === 'settled') this.#tools.backoff.reset(application);
      else if (typeof end === 'object') this.request(application, end.lookAgainIn);
      else this.#repeat(application, end === 'again');
    } catch (error) {
      if (this.#options.signal.aborted) return;
      this.#options.failed(error, application);
      await tellFailure(wanted, error, this.#options.present(application), this.#tools).catch(() => {});
      this.#repeat(application, false);
    }
  }

  /** Nothing overtakes a sync at the end of this process: it is cut off, and the next process goes on with it. */
  #isOvertaken(wanted: Wanted): boolean {
    if (this.#options.signal.aborted) throw new Error('the pipeline has ended');
    return this.#tools.intake.get(wanted.name) !== wanted;
  }

  #repeat(application: string, atOnce: boolean): void {
    const wait = this.#tools.backoff.next(application, atOnce, this.policyOf(application)?.retry);
    if (wait !== undefined) this.request(application, wait);
  }
}
