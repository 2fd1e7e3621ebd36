import { readFileSync, readdirSync } from 'node:fs';

/** Which process it is, beyond reuse of its number and beyond a reboot of the machine. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
  readonly boot: string;
}

interface ProcessStat {
  readonly state: string;
  readonly session: number;
  readonly startTime: string;
}

/** Reads what the shim recorded. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [pid = '', startTime, boot] = text.trim().split(' ');
  return /^\d+$/.test(pid) && startTime && boot ? { pid: Number(pid), startTime, boot } : undefined;
}

/** Undefined where there is no such process, or no way to tell. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTime: stat.startTime, boot: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  return identity.boot === bootId() && stat?.startTime === identity.startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** The processes of the session that this one began. */
export function sessionOf(identity: ProcessIdentity): number[] {
  if (identity.boot !== bootId()) return [];
  const leader = readStat(identity.pid);
  // A number is given out again only after the whole session is gone.
  if (leader && leader.startTime !== identity.startTime) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && readStat(Number(name))?.session === identity.pid)
    .map(Number);
}

export function killSession(identity: ProcessIdentity): void {
  for (const pid of sessionOf(identity)) signal(pid, 'SIGKILL');
}

/** To the container's process group; nothing happens when it has ended. */
export function signalGroup(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (isAlive(identity)) signal(-identity.pid, name);
}

export function signalProcess(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (isAlive(identity)) signal(identity.pid, name);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readStat(pid: number): ProcessStat | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  return { state: fields[0]!, session: Number(fields[3]), startTime: fields[19]! };
}

let boot: string | undefined;

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** A process may be gone between any two looks at it. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
