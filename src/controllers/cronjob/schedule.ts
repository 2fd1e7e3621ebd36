import { Cron } from 'croner';
import type { Millis } from '../../base/index.ts';
import { nextByClock, openZone } from './zone.ts';

/** When something is due. */
export interface Schedule {
  /** The first time after this one; undefined when there is none. */
  next(after: Millis): Millis | undefined;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Throws what is wrong with a schedule. Without a zone it is read in UTC. */
export function openSchedule(text: string, timeZone: string | undefined): Schedule {
  const [, prefixed] = /^(?:CRON_)?TZ=(\S+)\s/.exec(text) ?? [];
  const pattern = text.replace(/^(?:CRON_)?TZ=\S+\s+/, '').trim();
  if (pattern.startsWith('@every ')) return every(pattern.slice('@every '.length));
  const cron = new Cron(pattern.replaceAll('?', '*'), { timezone: 'UTC', mode: '5-part', paused: true, sloppyRanges: true });
  const nextShown = (after: Millis) => cron.nextRun(new Date(after))?.getTime();
  const zone = timeZone ?? prefixed ?? 'UTC';
  if (zone === 'UTC') return { next: nextShown };
  const offsetAt = openZone(zone);
  return { next: (after) => nextByClock(nextShown, offsetAt, after) };
}

/** At whole seconds, and not more often. */
function every(duration: string): Schedule {
  const parts = [...duration.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
  const step = Math.max(1000, Math.floor(ms / 1000) * 1000);
  return { next: (after) => Math.floor(after / 1000) * 1000 + step };
}
