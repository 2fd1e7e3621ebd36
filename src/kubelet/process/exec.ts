import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import { messageOf } from '../../base/index.ts';
import type { Environment, ExecOutput } from '../runtime.ts';
import type { ProcessIdentity } from './procfs.ts';

/** Runs a command with the environment and directory of a running container, in a group of its own. */
export async function execBeside(
  identity: ProcessIdentity,
  command: readonly string[],
  output: ExecOutput,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const [program = '', ...args] = command;
  const env = parseEnvironment(await readEnvironment(identity.pid));
  const cwd = await readlink(`/proc/${identity.pid}/cwd`);
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => output.stdout(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.stderr(chunk));
  const kill = () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    return code ?? 137;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    output.stderr(Buffer.from(`${program}: cannot be run: ${messageOf(error)}\n`));
    return 127;
  } finally {
    signal.removeEventListener('abort', kill);
  }
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
