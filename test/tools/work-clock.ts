import { ManualClock } from '../../src/base/index.ts';

/** Time that passes only when somebody works, in the midst of a turn too: what is due by then fires at once. */
export function workClock(start = 0) {
  let now = start;
  const timers = new Set<{ readonly due: number; readonly fire: () => void }>();
  const after = (ms: number, fire: () => void) => {
    const timer = { due: now + ms, fire };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  };
  const work = (ms: number) => {
    now += ms;
    for (const timer of timers) if (timer.due <= now && timers.delete(timer)) timer.fire();
  };
  return { clock: Object.assign(new ManualClock(start), { now: () => now, after }), work };
}
