import { Worker } from 'node:worker_threads';
import type { Log } from '../base/index.ts';
import type { DataPlane, Listener } from './dataplane.ts';
import type { Route } from './routes.ts';

/** What the thread is told. A number stands for a listener as long as both sides live. */
export type Order =
  | { readonly kind: 'open' | 'update'; readonly number: number; readonly route: Route }
  | { readonly kind: 'close'; readonly number: number }
  | { readonly kind: 'end' };

/** What the thread tells. */
export type Report =
  | { readonly kind: 'opened' | 'closed'; readonly number: number }
  | { readonly kind: 'failed'; readonly number: number; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'log'; readonly line: string };

type LogLine = { readonly level: number; readonly msg: string; readonly time: string } & Readonly<Record<string, unknown>>;

const WARNING = 40;

interface Held {
  readonly route: Route;
  readonly answer: PromiseWithResolvers<void>;
}

/** A relay in a thread of its own, so that bytes never hold up this one. The thread starts with the first route. */
export class ThreadedRelay implements DataPlane {
  readonly #log: Log;
  readonly #listeners = new Map<number, Held>();
  #worker: Worker | undefined;
  #last = 0;
  #ending: PromiseWithResolvers<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async open(route: Route): Promise<Listener> {
    const number = ++this.#last;
    const answer = this.#hold(number, route);
    this.#tell({ kind: 'open', number, route });
    try {
      await answer;
    } catch (error) {
      this.#listeners.delete(number);
      throw error;
    }
    return {
      update: (now) => {
        this.#listeners.set(number, { ...this.#listeners.get(number)!, route: now });
        this.#tell({ kind: 'update', number, route: now });
      },
      close: async () => {
        const closed = this.#hold(number, route);
        this.#tell({ kind: 'close', number });
        await closed;
        this.#listeners.delete(number);
      },
    };
  }

  async close(): Promise<void> {
    if (!this.#worker) return;
    this.#ending = Promise.withResolvers();
    this.#tell({ kind: 'end' });
    await this.#ending.promise;
  }

  #hold(number: number, route: Route): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.#listeners.set(number, { route, answer });
    return answer.promise;
  }

  #tell(order: Order): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order);
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./relayworker.${extension}`, import.meta.url), { workerData: { level: this.#log.level } });
    worker.on('message', (report: Report) => this.#hear(report));
    worker.on('error', (error) => this.#log.error({ error: error.message }, 'the thread that carries connections failed'));
    worker.on('exit', () => this.#ended());
    return worker;
  }

  #hear(report: Report): void {
    if (report.kind === 'log') return this.#write(report.line);
    const { answer } = this.#listeners.get(report.number)!;
    if (report.kind !== 'failed') return answer.resolve();
    answer.reject(Object.assign(new Error(report.message), { code: report.code }));
  }

  #write(line: string): void {
    const { level, time, msg, ...fields } = JSON.parse(line) as LogLine;
    const told = { ...fields, thread: 'relay', at: time };
    if (level >= WARNING) this.#log.warn(told, msg);
    else this.#log.debug(told, msg);
  }

  /** What it carried is lost with it; another one listens in its place. */
  #ended(): void {
    this.#worker = undefined;
    if (this.#ending) return this.#ending.resolve();
    for (const [number, { route }] of this.#listeners) this.#tell({ kind: 'open', number, route });
  }
}
