import { Worker } from 'node:worker_threads';
import { renderFile, type RenderedFile } from './file.ts';

/** From here on a file would hold the loop for longer than a turn. */
const LARGE = 48 * 1024;

/** Reads a file here, or in a thread of its own where it is large. */
export async function renderText(text: string): Promise<RenderedFile> {
  return text.length < LARGE ? renderFile(text) : renderElsewhere(text);
}

function renderElsewhere(text: string): Promise<RenderedFile> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: text });
  return new Promise((resolve, reject) => {
    worker.once('message', (rendered: RenderedFile) => resolve(rendered));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that reads a large file ended with ${code}`)));
  });
}
