/** Reads one large file beside the main loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { renderFile } from './file.ts';

parentPort?.postMessage(renderFile(workerData as string));
