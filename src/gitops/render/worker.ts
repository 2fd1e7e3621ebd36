/** Reads files beside the main loop: texts come in, and what is in them goes out. */
import { parentPort } from 'node:worker_threads';
import { renderFile } from './file.ts';

parentPort?.on('message', (texts: readonly string[]) => parentPort?.postMessage(texts.map(renderFile)));
