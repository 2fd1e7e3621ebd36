import type { Clock, Log, Millis, Scope } from '../base/index.ts';

const LOOK_EVERY: Millis = 5_000;
/** Of the processor, in such a time: above is work, far below is rest. */
const WORK: Millis = 200;
const REST: Millis = 50;
/** So many looks in a row that find rest. */
const RESTED = 2;

export interface RestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly scope: Scope;
  /** Processor time that the process has taken so far. */
  readonly used: () => Millis;
  /** Collects what nobody holds, and gives the pages back to the system. */
  readonly collect: () => void;
}

/**
 * Gives memory back once work is over. The engine keeps what a burst needed for the next one; a control plane rests for
 * hours between two. It holds the loop for as long as a full collection takes, when nobody is being served.
 */
export function collectAtRest({ clock, log, scope, used, collect }: RestOptions): void {
  let before = used();
  let hasWorked = true;
  let rested = 0;
  const look = () => {
    const now = used();
    const spent = now - before;
    before = now;
    if (spent > WORK) hasWorked = true;
    rested = spent < REST ? rested + 1 : 0;
    if (hasWorked && rested >= RESTED) {
      hasWorked = false;
      collect();
      before = used();
      log.debug({ ms: Math.round(before - now) }, 'memory given back');
    }
    timer = clock.after(LOOK_EVERY, look);
  };
  let timer = clock.after(LOOK_EVERY, look);
  scope.defer(() => timer.cancel());
}

/** The collection of this process; undefined where its engine does not offer it. */
export function collectionOfEngine(): (() => void) | undefined {
  const { gc } = globalThis;
  return gc && (() => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
}

export function processorTime(): Millis {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
