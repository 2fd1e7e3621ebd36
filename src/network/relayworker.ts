/** The thread of a `ThreadedRelay`: a relay that is told over messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLog, messageOf, systemClock, systemRandom, type LogOptions } from '../base/index.ts';
import type { Listener } from './dataplane.ts';
import { createRelay } from './relay.ts';
import type { Order, Report } from './relaythread.ts';

const port = parentPort!;
const report = (said: Report) => port.postMessage(said);
const { level } = workerData as Required<Pick<LogOptions, 'level'>>;
const log = createLog({ level, write: (line) => report({ kind: 'log', line }) });
const relay = createRelay({ clock: systemClock, random: systemRandom, log });
const listeners = new Map<number, Promise<Listener>>();

async function carryOut(order: Order): Promise<void> {
  switch (order.kind) {
    case 'open':
      listeners.set(order.number, relay.open(order.route));
      await listeners.get(order.number);
      return report({ kind: 'opened', number: order.number });
    case 'update':
      return (await listeners.get(order.number))!.update(order.route);
    case 'close':
      await (await listeners.get(order.number))!.close();
      listeners.delete(order.number);
      return report({ kind: 'closed', number: order.number });
    case 'end':
      await relay.close();
      return port.close();
  }
}

port.on('message', (order: Order) => {
  carryOut(order).catch((error: unknown) => {
    if (order.kind !== 'open') return log.warn({ error: messageOf(error) }, 'relay order not carried out');
    listeners.delete(order.number);
    report({ kind: 'failed', number: order.number, code: (error as NodeJS.ErrnoException).code, message: messageOf(error) });
  });
});
