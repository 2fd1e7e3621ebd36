import type { Clock, Log, Millis, Scope } from '../base/index.ts';

const LOOK_EVERY: Millis = 2_500;
/** Of the processor, in such a time: above is work, below is rest, with what the heartbeats of many nodes take on a slow machine. */
const WORK: Millis = 200;
const REST: Millis = 150;
/** So much the engine itself may take after a collection, to give pages back. */
const AFTERMATH: Millis = 600;
/** So many looks in a row that find rest. */
const RESTED = 2;
/** One collection closes only some of the holes: as long as the last one gave back so much, another follows soon. */
const WORTHWHILE = 4 * 1024 * 1024;
const SOON: Millis = 1_000;

export interface RestOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly scope: Scope;
  /** Processor time that the process has taken so far. */
  readonly used: () => Millis;
  /** Collects what nobody holds. */
  readonly collect: () => void;
  /** How many bytes are taken from the system. */
  readonly held: () => number;
}

/**
 * Gives memory back once work is over. The engine keeps what a burst needed for the next one; a control plane rests for
 * hours between two. It holds the loop for as long as a full collection takes, when nobody is being served.
 */
export function collectAtRest({ clock, log, scope, used, collect, held }: RestOptions): void {
  let before = used();
  let hasWorked = true;
  let rested = 0;
  /** What was held before the last collection. The engine gives pages back by and by: what became of it is seen at the next look. */
  let last = Infinity;
  const look = () => {
    const now = used();
    const spent = now - before;
    before = now;
    const [work, rest] = last < Infinity ? [AFTERMATH, AFTERMATH] : [WORK, REST];
    if (spent > work) {
      hasWorked = true;
      last = Infinity;
    }
    rested = spent < rest ? rested + 1 : 0;
    let next = LOOK_EVERY;
    if (hasWorked && rested >= RESTED) {
      const present = held();
      hasWorked = last - present >= WORTHWHILE;
      last = hasWorked ? present : Infinity;
      if (hasWorked) {
        collect();
        before = used();
        next = SOON;
        log.debug({ ms: Math.round(before - now), held: last }, 'memory is given back');
      }
    }
    timer = clock.after(next, look);
  };
  let timer = clock.after(LOOK_EVERY, look);
  scope.defer(() => timer.cancel());
}

/** The collection of this process; undefined where its engine does not offer it. */
export function collectionOfEngine(): Pick<RestOptions, 'collect' | 'held'> | undefined {
  const { gc } = globalThis;
  return (
    gc && {
      collect: () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
      held: () => process.memoryUsage().heapTotal,
    }
  );
}

export function processorTime(): Millis {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
