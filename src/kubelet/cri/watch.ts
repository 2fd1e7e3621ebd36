import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import { CriError, type Connection } from './connection.ts';

export interface WatchOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A container or a sandbox has ended. */
  readonly ended: (id: string) => void;
  /** Something may have happened unseen: all is to be looked at again. */
  readonly relist: () => Promise<void>;
}

/** As often as a kubelet asks a runtime that tells nothing by itself. */
const RELIST_MS: Millis = 1000;

/** Nobody says when a subscription has begun to count: what ended meanwhile is found by one more look. */
const SETTLED_MS: Millis = 1000;

/** Tells of ends as they happen where the runtime does, else by asking each second. Ends with the signal. */
export async function watchRuntime(options: WatchOptions): Promise<void> {
  const { connection, clock, log, signal, ended } = options;
  let tells = true;
  while (!signal.aborted) {
    const settled = clock.after(SETTLED_MS, () => void relist(options));
    try {
      if (tells) for await (const id of connection.exits(signal)) ended(id);
    } catch (error) {
      tells = !(error instanceof CriError && error.code === 'Unimplemented');
      if (tells) log.warn({ error: messageOf(error) }, 'the container runtime tells nothing any more');
    }
    settled.cancel();
    if (signal.aborted) return;
    await clock.sleep(RELIST_MS, signal).catch(() => {});
    if (!signal.aborted) await relist(options);
  }
}

async function relist({ relist: look, log, signal }: WatchOptions): Promise<void> {
  try {
    if (!signal.aborted) await look();
  } catch (error) {
    if (!signal.aborted) log.warn({ error: messageOf(error) }, 'the container runtime does not answer');
  }
}
