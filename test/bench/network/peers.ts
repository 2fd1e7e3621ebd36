import { fork, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { systemClock } from '../../../src/base/index.ts';
import type { Target } from '../../../src/network/index.ts';

const CONNECTIONS = 64;

/** A part of a bench in a process of its own: the bench again, told which part it is. Resolves when it says that it is ready. */
export async function startPart(bench: string, ...args: string[]): Promise<ChildProcess> {
  const child = fork(new URL(bench), args);
  await new Promise((resolve) => child.once('message', resolve));
  return child;
}

/** A program of the system; resolves when it takes connections there. */
export async function startProgram(program: string, args: readonly string[], at: Target): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: 'ignore' });
  while (!(await answers(at))) await systemClock.sleep(20);
  return child;
}

function answers({ address, port }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

const TICKS_PER_SECOND = 100;

/** In seconds, of a process and those that it started, their threads and what the kernel did for them: it holds whatever else runs. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold blanks; user and system time are the twelfth and thirteenth field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return children.reduce((sum, child) => sum + processorTime(Number(child)), own);
}

export interface KeepAlive {
  readonly request: string;
  /** Whether what came ends an answer. */
  readonly isAnswer?: (data: Buffer) => boolean;
  readonly warmUpMs: number;
  readonly seconds: number;
}

/** Requests a second over 64 connections, on each one request after the other. */
export async function keepAliveRate(to: Target, { request, isAnswer = () => true, warmUpMs, seconds }: KeepAlive): Promise<number> {
  let answered = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    socket.on('connect', () => socket.write(request));
    socket.on('data', (data) => {
      if (!isAnswer(data)) return;
      answered++;
      socket.write(request);
    });
    return socket;
  });
  await systemClock.sleep(warmUpMs);
  const before = answered;
  await systemClock.sleep(seconds * 1000);
  for (const socket of sockets) socket.destroy();
  return (answered - before) / seconds;
}
