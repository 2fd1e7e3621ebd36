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

/** Gives the terminal that `script` made each of these sizes. */
export async function resizeTerminal(script: number, sizes: AsyncIterable<TerminalSize>): Promise<void> {
  for await (const { columns, rows } of sizes) {
    const device = await terminalOnceThere(script);
    if (device) execFile('stty', ['-F', device, 'rows', String(rows), 'cols', String(columns)], () => {});
  }
}

/** The first size comes sooner than the terminal. */
async function terminalOnceThere(script: number): Promise<string | undefined> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const device = terminalOf(script);
    if (device) return device;
    await setTimeout(LOOK_MS);
  }
  return undefined;
}

/** The input of the command that `script` runs, whatever its name is where the command sees it. */
function terminalOf(script: number): string | undefined {
  try {
    const [child] = readFileSync(`/proc/${script}/task/${script}/children`, 'utf8').trim().split(' ');
    return child && readlinkSync(`/proc/${child}/fd/0`).startsWith('/dev/pts/') ? `/proc/${child}/fd/0` : undefined;
  } catch {
    return undefined;
  }
}
