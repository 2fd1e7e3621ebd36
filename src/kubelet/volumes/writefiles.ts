import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Files } from './content.ts';

/**
 * All files change at one moment: a new directory beside the old one, and one link that is moved. The group that the
 * pod's containers have for their volumes may read them.
 */
export async function writeFiles(at: string, files: Files, group?: number): Promise<void> {
  const generation = generationOf(files);
  const data = join(at, '..data');
  const before = await readlink(data).catch(() => undefined);
  if (before === generation) return;
  const directory = join(at, generation);
  await mkdir(directory, { recursive: true });
  for (const [path, { content, mode, user }] of files) {
    if (normalize(path).startsWith('..')) continue;
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o600 });
    await chmod(file, group === undefined ? mode : mode | 0o440);
    const owner = mayGiveAway() ? user : undefined;
    if (owner !== undefined || group !== undefined) await chown(file, owner ?? -1, group ?? -1);
  }
  await rm(`${data}_tmp`, { force: true });
  await symlink(generation, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
  await linkNames(at, new Set([...files.keys()].map((path) => path.split('/')[0]!)));
  if (before) await rm(join(at, before), { recursive: true, force: true });
}

/** Where the daemon is not root, all containers run as it does. */
function mayGiveAway(): boolean {
  return process.getuid?.() === 0;
}

function generationOf(files: Files): string {
  const digest = createHash('sha256');
  for (const [path, { content, mode, user }] of files) digest.update(`${path}\0${mode}\0${user}\0${content.length}\0`).update(content);
  return `..${digest.digest('hex').slice(0, 16)}`;
}

/** A link for each name at the top, into whatever `..data` is at the time. */
async function linkNames(at: string, names: ReadonlySet<string>): Promise<void> {
  const there = new Set((await readdir(at)).filter((name) => !name.startsWith('..')));
  for (const name of names) if (!there.has(name)) await symlink(join('..data', name), join(at, name));
  for (const name of there) if (!names.has(name)) await rm(join(at, name), { recursive: true, force: true });
}
