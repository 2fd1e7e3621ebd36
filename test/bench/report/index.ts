/** How every bench says its figures: on which machine, the median of its rounds, and what is wanted of it. */
import { cpus } from 'node:os';

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** The first line of a bench. */
export function heading(what: string): void {
  console.log(`${what}: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, medians`);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** One line: the median, how it stands to its goal, and all rounds. */
export function show(what: string, values: readonly number[], unit = '', goal?: Goal): void {
  const rounds = values.length > 1 ? `   (${values.map(digits).join(' ')})` : '';
  console.log(
    `${what.padEnd(60)} ${digits(median(values)).padStart(9)} ${unit.padEnd(4)} ${besideGoal(median(values), goal)}${rounds}`.trimEnd(),
  );
}

function besideGoal(figure: number, { atMost, atLeast }: Goal = {}): string {
  if (atMost !== undefined) return `${figure <= atMost ? 'good' : 'MISSED'}: at most ${atMost}`;
  if (atLeast !== undefined) return `${figure >= atLeast ? 'good' : 'MISSED'}: at least ${atLeast}`;
  return '';
}

function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
