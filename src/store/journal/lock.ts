import { hash, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord, UserError } from '../../base/index.ts';

const LOCK_FILE = 'lock';

/** A process, told apart from a later one with the same number by when it started, and in which boot. */
interface Holder {
  readonly pid: number;
  readonly started: string;
}

/** Holds a directory against any second store, in this process or another. Gives what lets go of it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, LOCK_FILE);
  const own: Holder = { pid: process.pid, started: (await startOf(process.pid)) ?? '' };
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(own)}\n`, { mode: 0o600 });
  try {
    await acquire(draft, path, directory);
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(path, { force: true });
}

/** Links the draft into place, so that nobody ever sees it half written. Throws while the holder lives. */
async function acquire(draft: string, path: string, directory: string): Promise<void> {
  while (!(await linked(draft, path))) {
    const text = await readText(path);
    if (text === undefined) continue;
    await refuseIfHeld(text, directory);
    // Who takes this dead lock away holds a lock of its own meanwhile, so that nobody takes away the one that comes after it.
    const guard = `${path}.${hash('sha256', text).slice(0, 16)}`;
    await acquire(draft, guard, directory);
    if ((await readText(path)) === text) await rm(path, { force: true });
    await rm(guard, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function refuseIfHeld(text: string, directory: string): Promise<void> {
  const holder = holderIn(text);
  if (!holder || (await startOf(holder.pid)) !== holder.started) return;
  throw new UserError(`${directory} is in use by the process ${holder.pid}: stop that one first, or use another data directory`);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when nobody can tell. */
function holderIn(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text);
    return isRecord(holder) && typeof holder['pid'] === 'number' ? (holder as unknown as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** When a process started; undefined when there is none of that number. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/sys/kernel/random/boot_id', 'utf8')]);
    // The 22nd field; the second one is a name in parentheses that may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot.trim()}:${fields[19]}`;
  } catch {
    return isAlive(pid) ? 'unknown' : undefined;
  }
}

/** Where there is no /proc. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
