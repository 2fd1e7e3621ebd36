import type { Millis } from '../../base/index.ts';

/** A line of a log as the Container Runtime Interface lays it down: `TIME stdout|stderr F|P TEXT`; `P` means that the line goes on in the next. */
export interface LogLine {
  readonly stamp: string;
  /** With its newline, where the line ends here. */
  readonly content: Buffer;
  readonly isWhole: boolean;
}

const SPACE = 32;

/** Undefined for what is none, such as a line that a crash cut off. */
export function parseLine(line: Buffer): LogLine | undefined {
  const stampEnd = line.indexOf(SPACE);
  const streamEnd = line.indexOf(SPACE, stampEnd + 1);
  const tagEnd = line.indexOf(SPACE, streamEnd + 1);
  if (stampEnd < 0 || streamEnd < 0) return undefined;
  // A line without text may end with its tag.
  const textStart = tagEnd < 0 ? line.length : tagEnd + 1;
  const isWhole = line[streamEnd + 1] !== 0x50;
  const content = tagEnd < 0 ? Buffer.from('\n') : line.subarray(textStart, isWhole ? line.length : line.length - 1);
  return { stamp: line.toString('latin1', 0, stampEnd), content, isWhole };
}

/** Milliseconds are exact enough to compare with what people ask for. */
export function timeOf(stamp: string): Millis {
  return Date.parse(stamp);
}

/** `2026-01-01T00:00:00.12Z`: a runtime may leave out the zeros at the end, readers count on nine digits. */
const STAMP = /^([^.Z+]{19})(?:\.(\d+))?(.*)$/;

export function inFull(stamp: string): string {
  const [, seconds, fraction = '', zone] = STAMP.exec(stamp) ?? [];
  return seconds === undefined ? stamp : `${seconds}.${fraction.padEnd(9, '0')}${zone}`;
}
