import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { TerminalSize } from '../runtime.ts';

/** Runs a command on a terminal of its own: `script` (util-linux) makes one, and gives the command's exit code. */
export function onTerminal(command: readonly string[]): string[] {
  return ['script', '-qefc', command.map(quoted).join(' '), '/dev/null'];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const LOOK_MS = 20;
const MOST_LOOKS = 50;

/** Gives the terminal that `script` made, somewhere below this process, each of these sizes. */
export async function resizeTerminal(above: number, sizes: AsyncIterable<TerminalSize>): Promise<void> {
  for await (const { columns, rows } of sizes) {
    const device = await terminalOnceThere(above);
    if (device) execFile('stty', ['-F', device, 'rows', String(rows), 'cols', String(columns)], () => {});
  }
}

/** The first size comes sooner than the terminal. */
async function terminalOnceThere(above: number): Promise<string | undefined> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const device = terminalOf(above);
    if (device) return device;
    await setTimeout(LOOK_MS);
  }
  return undefined;
}

/** What is entered before the command, and `script`. */
const MOST_STEPS = 4;

/** The input of the command that `script` runs somewhere below, whatever its name is where the command sees it. */
function terminalOf(above: number): string | undefined {
  let pid = above;
  try {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      if (!child) return undefined;
      if (readlinkSync(`/proc/${child}/fd/0`).startsWith('/dev/pts/')) return `/proc/${child}/fd/0`;
      pid = Number(child);
    }
  } catch {
    // One of them has ended.
  }
  return undefined;
}
