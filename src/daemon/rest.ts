import type { Clock, Log, Millis, Scope } from '../base/index.ts';

const LOOK_EVERY: Millis = 5_000;
/** Of the processor, in such a time: above is work, below is rest, with what the heartbeats of many nodes take on a slow machine. */
const WORK: Millis = 400;
const REST: Millis = 300;
/** So many looks in a row that find rest. */
const RESTED = 2;
/** One collection closes only some of the holes: as long as it gives back so much, another follows soon. */
const WORTHWHILE = 4 * 1024 * 1024;
const SOON: Millis = 1_000;

export interface RestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly scope: Scope;
  /** Processor time that the process has taken so far. */
  readonly used: () => Millis;
  /** Collects what nobody holds, and says how many bytes it gave back to the system. */
  readonly collect: () => number;
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
      const bytes = collect();
      hasWorked = bytes >= WORTHWHILE;
      before = used();
      log.debug({ ms: Math.round(before - now), bytes }, 'memory given back');
    }
    timer = clock.after(hasWorked && rested >= RESTED ? SOON : LOOK_EVERY, look);
  };
  let timer = clock.after(LOOK_EVERY, look);
  scope.defer(() => timer.cancel());
}

/** The collection of this process; undefined where its engine does not offer it. */
export function collectionOfEngine(): (() => number) | undefined {
  const { gc } = globalThis;
  return gc && (() => given(() => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })));
}

function given(collect: () => void): number {
  const before = process.memoryUsage().heapTotal;
  collect();
  return before - process.memoryUsage().heapTotal;
}

export function processorTime(): Millis {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
