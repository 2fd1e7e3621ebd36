import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

/** Where a volume's part really lies, or why it cannot be mounted. */
export type SubPath = { readonly path: string } | { readonly problem: 'leadsOut' | 'notMade' };

/** Its links are the containers' own work: one that leads out of the volume leads nowhere. What is missing is made as the volume is. */
export async function subPathOf(volume: string, below: string, mayMake: boolean): Promise<SubPath> {
  const root = await realpath(volume);
  const asked = join(root, below);
  const there = await realpath(asked).catch(() => undefined);
  if (there !== undefined) return isWithin(root, there) ? { path: there } : { problem: 'leadsOut' };
  const made = mayMake ? await makeWithin(root, asked).catch(() => undefined) : undefined;
  if (made === undefined) return { problem: 'notMade' };
  const { mode } = await stat(root);
  await chmod(made, mode & 0o777);
  return { path: made };
}

async function makeWithin(root: string, path: string): Promise<string | undefined> {
  const there = await realpath(path).catch(() => undefined);
  if (there !== undefined) return isWithin(root, there) ? there : undefined;
  const parent = await makeWithin(root, dirname(path));
  if (parent === undefined) return undefined;
  const made = join(parent, basename(path));
  await mkdir(made);
  return made;
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith('../');
}
