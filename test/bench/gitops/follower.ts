import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LoopReport } from './loop.ts';

const LAUNCHER = new URL('../../../src/cli/slipway', import.meta.url).pathname;
const LOOP = new URL('./loop.ts', import.meta.url).href;

/** A daemon that follows a repository, in a process of its own, as a person starts it. */
export interface Follower {
  /** From the start of the process until every application was tried. */
  readonly readyMs: number;
  loop(): Promise<LoopReport>;
  /** Resolves when it says that a change is applied. */
  applied(): Promise<void>;
  memory(): { readonly now: number; readonly peak: number };
  end(): Promise<void>;
}

export async function follow(repository: string, dataDir: string): Promise<Follower> {
  const began = performance.now();
  const args = ['up', repository, '--runtime', 'simulated', '--nodes', '200', '--listen', '127.0.0.1:0', '--data-dir', dataDir];
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: `--import=${LOOP}` };
  const child = spawn(LAUNCHER, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env });
  child.stdout!.setEncoding('utf8');
  await says(child, /^Ready in /m);
  return {
    readyMs: performance.now() - began,
    loop: () =>
      new Promise((resolve) => {
        child.once('message', (report) => resolve(report as LoopReport));
        child.send('report');
      }),
    applied: () => says(child, / applied in /),
    memory: () => ({ now: megabytes(child, 'VmRSS'), peak: megabytes(child, 'VmHWM') }),
    end: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function says(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const ended = (code: number | null) => reject(new Error(`slipway ended with ${code}: ${text}`));
    const heard = (chunk: string) => {
      text += chunk;
      if (!words.test(text)) return;
      child.stdout!.off('data', heard);
      child.off('exit', ended);
      resolve();
    };
    child.stdout!.on('data', heard);
    child.once('exit', ended);
  });
}

function megabytes(child: ChildProcess, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024;
}
