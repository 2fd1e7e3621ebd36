import { readdir, readFile, readlink } from 'node:fs/promises';
import { sessionOf, type ProcessIdentity } from './procfs.ts';

const LISTEN = '0A';

/** Ports of the list on which one of these processes listens on all addresses of the machine, over IPv4 or IPv6. */
export async function wildcardListeners(containers: readonly ProcessIdentity[], ports: readonly number[]): Promise<number[]> {
  const sockets = new Map<string, number>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'latin1').catch(() => '')).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== LISTEN || !/^0+$/.test(address) || !inode) continue;
      if (ports.includes(Number.parseInt(port, 16))) sockets.set(`socket:[${inode}]`, Number.parseInt(port, 16));
    }
  }
  // Almost always there is none, and the costly search for its owner is not needed.
  if (sockets.size === 0) return [];
  const found = new Set<number>();
  for (const pid of containers.flatMap(sessionOf)) {
    for (const link of await openFiles(pid)) {
      const port = sockets.get(link);
      if (port !== undefined) found.add(port);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

async function openFiles(pid: number): Promise<string[]> {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${directory}/${name}`).catch(() => '')));
}
