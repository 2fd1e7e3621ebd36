import type { Millis } from '../../base/index.ts';

const MINUTE: Millis = 60_000;
const STEP: Millis = 7 * 24 * 60 * MINUTE;

/** How far a zone's clocks are ahead of UTC, by the moment. Throws where there is no such zone. */
export function openZone(timeZone: string): (at: Millis) => Millis {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
    const [, sign, hours = 0, minutes = 0] = /([+-])(\d+):(\d+)/.exec(name) ?? [];
    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -MINUTE : MINUTE);
  };
}

export function isZone(timeZone: string): boolean {
  try {
    openZone(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** When the clocks are next changed, in whole minutes; undefined: not before `until`. */
function nextChange(offsetAt: (at: Millis) => Millis, from: Millis, until: Millis): Millis | undefined {
  const offset = offsetAt(from);
  let low = from;
  while (low < until) {
    let high = Math.min(until, low + STEP);
    if (offsetAt(high) === offset) {
      low = high;
      continue;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
  return undefined;
}

/**
 * The first moment after this one at which the zone's clocks show what is asked for. What they show twice comes twice, and
 * what they leave out does not come.
 */
export function nextByClock(nextShown: (after: Millis) => Millis | undefined, offsetAt: (at: Millis) => Millis, after: Millis): Millis | undefined {
  for (let from = after; ;) {
    const offset = offsetAt(from);
    const shown = nextShown(from + offset);
    if (shown === undefined) return undefined;
    const change = nextChange(offsetAt, from, shown - offset);
    if (change === undefined) return shown - offset;
    // What is shown at the change itself counts.
    const first = nextShown(change + offsetAt(change) - 1);
    if (first === change + offsetAt(change)) return change;
    from = change;
  }
} // prettier-ignore
