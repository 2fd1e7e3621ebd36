import { readFile, statfs } from 'node:fs/promises';

/** What is left of something, and how much there is of it. */
export interface Left {
  readonly available: number;
  readonly capacity: number;
}

/** What a machine has left for pods. */
export interface Room {
  readonly memory: Left;
  /** Where pods have their files. */
  readonly disk: Left;
  readonly inodes: Left;
}

export async function roomOf(directory: string): Promise<Room> {
  const [meminfo, { bsize, bavail, blocks, ffree, files }] = await Promise.all([readFile('/proc/meminfo', 'utf8'), statfs(directory)]);
  return {
    memory: memoryIn(meminfo),
    disk: { available: bavail * bsize, capacity: blocks * bsize },
    inodes: { available: ffree, capacity: files },
  };
}

export function memoryIn(meminfo: string): Left {
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  return { available: bytes('MemAvailable'), capacity: bytes('MemTotal') };
}
