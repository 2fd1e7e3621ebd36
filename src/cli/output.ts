import colours from 'picocolors';
import { isStatus, messageOf, UserError } from '../base/index.ts';

/** What a person is told of a failure. Only what is nobody's mistake but ours shows a stack. */
export function explain(error: unknown): string {
  const known = error instanceof UserError || isStatus(error);
  const text = known || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
  return `${colours.red('error:')} ${text}\n`;
}

/** For programs: one value. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Columns as kubectl prints them: wide enough, three spaces between. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join('   ');
  return [header, ...rows].map((cells) => `${line(cells).trimEnd()}\n`).join('');
}
