import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Environment, ExecStreams } from '../runtime.ts';
import type { ProcessIdentity } from './procfs.ts';
import type { Settings } from './settings.ts';
import { SHIM } from './start.ts';
import { onTerminal, resizeTerminal } from './terminal.ts';

/** A running container that a command is to run beside. */
export interface Beside extends Pick<Settings, 'enter' | 'as'> {
  readonly identity: ProcessIdentity;
  /** The file that names its cgroups. */
  readonly cgroups: string;
}

/** Runs a command in the namespaces and cgroups of a running container, with its environment, directory and user. */
export async function execBeside(
  { identity, cgroups, enter, as = [] }: Beside,
  command: readonly string[],
  streams: ExecStreams,
  signal: AbortSignal,
): Promise<number> {
  const { pid } = identity;
  const env = parseEnvironment(await readEnvironment(pid));
  const directory = enter ? {} : { cwd: await readlink(`/proc/${pid}/cwd`) };
  // From here on without a pause: a signal that came before would end nothing any more.
  signal.throwIfAborted();
  const asked = [...as, ...(streams.terminal ? onTerminal(command) : command)];
  const inside = enter ? [...enter, '-w', '-t', String(pid), ...asked] : asked;
  const child = spawn('/bin/sh', [SHIM, 'beside', cgroups, ...inside], {
    ...directory,
    env: streams.terminal ? { TERM: 'xterm', ...env } : env,
    detached: true,
    stdio: [streams.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const kill = () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await outcomeOf(child, streams);
    signal.throwIfAborted();
    return code;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function outcomeOf(child: ChildProcess, streams: ExecStreams): Promise<number> {
  const closed = once(child, 'close') as Promise<[number | null]>;
  if (streams.terminal && child.pid) void resizeTerminal(child.pid, streams.terminal);
  // A command that does not read its input to the end is no failure.
  if (streams.stdin && child.stdin) pipeline(streams.stdin, child.stdin).catch(() => {});
  const read = [pass(child.stdout!, (chunk) => streams.stdout(chunk)), pass(child.stderr!, (chunk) => streams.stderr(chunk))];
  const [code] = await closed;
  await Promise.all(read);
  return code ?? 137;
}

async function pass(from: AsyncIterable<Uint8Array>, to: (chunk: Uint8Array) => unknown): Promise<void> {
  for await (const chunk of from) await to(chunk);
}

/** At the very moment at which a process becomes another program it has none; a container always has one. */
const MOST_READS = 100;

async function readEnvironment(pid: number): Promise<string> {
  for (let reads = 0; reads < MOST_READS; reads++) {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (text) return text;
  }
  throw new Error(`the environment of process ${pid} cannot be read`);
}

/** The environment is read from the process, because secrets in it are not kept anywhere else. */
function parseEnvironment(text: string): Environment {
  const env: Record<string, string> = {};
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) env[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return env;
}
