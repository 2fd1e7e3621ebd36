import type { Millis } from '../../base/index.ts';

/** At this time the log was seen to reach this size. */
export interface Mark {
  readonly offset: number;
  readonly at: Millis;
}

/** Every mark takes the same number of bytes, so that a file of them can be searched. */
export const MARK_BYTES = 32;

export function formatMark({ offset, at }: Mark): string {
  return `${String(offset).padStart(16, '0')} ${String(Math.trunc(at)).padStart(14, '0')}\n`;
}

export function parseMark(text: string): Mark {
  return { offset: Number(text.slice(0, 16)), at: Number(text.slice(17, 31)) };
}
