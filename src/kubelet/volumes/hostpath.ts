import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';

interface HostPath {
  readonly path: string;
  readonly type?: string;
}

const CHECKS: Readonly<Record<string, { is: (found: Stats) => boolean; what: string }>> = {
  Directory: { is: (found) => found.isDirectory(), what: 'a directory' },
  DirectoryOrCreate: { is: (found) => found.isDirectory(), what: 'a directory' },
  File: { is: (found) => found.isFile(), what: 'a file' },
  FileOrCreate: { is: (found) => found.isFile(), what: 'a file' },
  Socket: { is: (found) => found.isSocket(), what: 'a socket file' },
  CharDevice: { is: (found) => found.isCharacterDevice(), what: 'a character device' },
  BlockDevice: { is: (found) => found.isBlockDevice(), what: 'a block device' },
};

/** Why the machine's path is not what the volume says, in a kubelet's words. */
export async function hostPathProblem({ path, type = '' }: HostPath): Promise<string | undefined> {
  const check = CHECKS[type];
  const found = await stat(path).catch(() => undefined);
  if (!found) return createMissing(path, type, check?.what);
  return check && !check.is(found) ? `hostPath type check failed: ${path} is not ${check.what}` : undefined;
}

/** Without a type, a container runtime makes a directory. */
async function createMissing(path: string, type: string, what: string | undefined): Promise<string | undefined> {
  if (type === 'DirectoryOrCreate' || type === '') return tried(mkdir(path, { recursive: true, mode: 0o755 }));
  if (type === 'FileOrCreate') return tried(writeFile(path, '', { mode: 0o644, flag: 'a' }));
  return `hostPath type check failed: ${path} is not ${what ?? `of the type ${type}`}`;
}

async function tried(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
