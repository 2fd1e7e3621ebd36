import type { Library } from '../functions.ts';
import { calendarPart, type CalendarPart } from '../time.ts';
import type { Span, Time } from '../values.ts';

const PARTS: readonly CalendarPart[] = ['FullYear', 'Month', 'Date', 'DayOfMonth', 'DayOfWeek', 'DayOfYear', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']; // prettier-ignore

const UNITS = { Hours: 3_600_000_000_000n, Minutes: 60_000_000_000n, Seconds: 1_000_000_000n, Milliseconds: 1_000_000n };

export const TIMES: Library = {
  ...Object.fromEntries(
    PARTS.flatMap((part) => [
      [`.get${part}(timestamp): int`, ({ nanos }: Time) => calendarPart(nanos, part)],
      [`.get${part}(timestamp, string): int`, ({ nanos }: Time, zone: string) => calendarPart(nanos, part, zone)],
    ]),
  ),
  ...Object.fromEntries(Object.entries(UNITS).map(([unit, size]) => [`.get${unit}(duration): int`, ({ nanos }: Span) => nanos / size])),
};
