import { Worker } from 'node:worker_threads';
import type { RenderedFile } from './file.ts';

/** Short-lived values are all that there is: a small nursery would be emptied all the time. */
const NURSERY_MB = 16;

/** Reads files beside the main loop, until it is closed. */
export class RenderThread {
  readonly #worker: Worker;
  readonly #waiting: PromiseWithResolvers<readonly RenderedFile[]>[] = [];

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
    });
    this.#worker.on('message', (rendered: readonly RenderedFile[]) => this.#waiting.shift()?.resolve(rendered));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the thread that reads files ended with ${code}`)));
  }

  render(texts: readonly string[]): Promise<readonly RenderedFile[]> {
    const answer = Promise.withResolvers<readonly RenderedFile[]>();
    this.#waiting.push(answer);
    this.#worker.postMessage(texts);
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
