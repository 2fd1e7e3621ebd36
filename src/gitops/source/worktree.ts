import { createHash } from 'node:crypto';
import fs, { existsSync, type Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { WalkerEntry } from 'isomorphic-git';
import { UserError } from '../../base/index.ts';
import type { Problem } from '../problem.ts';
import { decodeFile, type FileContent } from './content.ts';
import { IGNORE_FILE } from './ignore.ts';
import { findRepository } from './layout.ts';
import { idUnder, Leftovers } from './leftovers.ts';
import type { Oid } from './objects.ts';
import { idOfFiles, toDirectory, type BlobReader, type Commit, type Snapshot } from './snapshot.ts';
import { isHidden, judgeLink, MANIFEST, submoduleProblem, type TreeListing } from './tree.ts';

/** Stands for what has not been committed. */
export const UNCOMMITTED: Commit = {
  oid: '',
  short: '',
  author: { name: '', email: '' },
  time: 0,
  message: 'the work tree',
  subject: 'the work tree',
};

/** The manifests as they lie in a folder, committed or not: what Git ignores is left out, if it is in a repository at all. */
export async function readWorkTree(path: string): Promise<Snapshot> {
  const root = await realpath(resolve(path)).catch(() => undefined);
  if (root === undefined) throw new UserError(`${path} does not exist`);
  if (!(await lstat(root)).isDirectory()) throw new UserError(`${path} is no folder`);
  const folder = new Folder(root, await gitOf(root));
  const { blobs } = folder;
  const ignored = new Leftovers(blobs.read);
  const all = await folder.list('');
  const top = all.ignoring.find((file) => file.folder === '')?.blob;
  const directories = [];
  for (const name of new Set([...all.files.map(({ path: file }) => file), ...all.problems.map(({ file }) => file)].map(topOf))) {
    const below = part(all, name);
    directories.push(toDirectory(name, idUnder(idOfFiles(below), top), await ignored.leaveOut(name, below, top), blobs));
  }
  const treeOf = async (below: string) => {
    const files = all.files.filter(({ path: file }) => file.startsWith(`${below}/`));
    return files.length > 0 ? idOfFiles({ ...all, files }) : undefined;
  };
  return { commit: UNCOMMITTED, tree: idOfFiles(all), directories, treeOf };
}

const topOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '.');

/** What of a listing lies below a directory at the top, with paths from there. */
function part({ files, problems, ignoring }: TreeListing, name: string): TreeListing {
  if (name === '.') {
    return {
      files: files.filter(({ path }) => topOf(path) === '.'),
      problems: problems.filter(({ file }) => topOf(file) === '.'),
      ignoring: [],
    };
  }
  const from = `${name}/`;
  return {
    files: files.flatMap(({ path, blob }) => (path.startsWith(from) ? [{ path: path.slice(from.length), blob }] : [])),
    problems: problems.flatMap((problem) => (problem.file.startsWith(from) ? [{ ...problem, file: problem.file.slice(from.length) }] : [])),
    ignoring: ignoring.flatMap(({ folder, blob }) => (`${folder}/`.startsWith(from) ? [{ folder: folder.slice(from.length), blob }] : [])),
  };
}

/** A folder of files, whose contents have the ids that Git would give them. */
class Folder {
  readonly blobs: BlobReader;
  readonly #root: string;
  readonly #git: GitView;
  readonly #contents = new Map<Oid, FileContent>();

  constructor(root: string, git: GitView) {
    this.#root = root;
    this.#git = git;
    this.blobs = { read: async (blob) => this.#contents.get(blob)! };
  }

  async list(folder: string): Promise<TreeListing> {
    const found = {
      files: [] as { path: string; blob: Oid }[],
      problems: [] as Problem[],
      ignoring: [] as { folder: string; blob: Oid }[],
    };
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === IGNORE_FILE && entry.isFile()) found.ignoring.push({ folder, blob: await this.#take(path) });
      if (isHidden(entry.name) || (await this.#git.isIgnored(path))) continue;
      if (entry.isDirectory() && (await this.#git.isSubmodule(path))) found.problems.push(submoduleProblem(path));
      else if (entry.isDirectory()) {
        const below = await this.list(path);
        found.files.push(...below.files);
        found.problems.push(...below.problems);
        found.ignoring.push(...below.ignoring);
      } else if (MANIFEST.test(entry.name) && entry.isFile()) found.files.push({ path, blob: await this.#take(path) });
      else if (entry.isSymbolicLink()) found.problems.push(...(await this.#judgeLink(path, entries)));
    }
    return found;
  }

  async #judgeLink(path: string, siblings: readonly Dirent[]): Promise<readonly Problem[]> {
    const besides = siblings.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
    return judgeLink(path, await readlink(join(this.#root, path)), besides);
  }

  async #take(path: string): Promise<Oid> {
    const bytes = await readFile(join(this.#root, path));
    const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    this.#contents.set(blob, decodeFile(bytes));
    return blob;
  }
}

/** What Git makes of paths below the folder. */
interface GitView {
  readonly isIgnored: (path: string) => Promise<boolean>;
  readonly isSubmodule: (folder: string) => Promise<boolean>;
}

/** Outside of a repository nothing is ignored, and a folder is a folder. */
async function gitOf(root: string): Promise<GitView> {
  const layout = await findRepository(root).catch(() => undefined);
  if (!layout) return { isIgnored: async () => false, isSubmodule: async () => false };
  const git = await import('isomorphic-git');
  const top = layout.subdirectory === '' ? root : resolve(root, ...layout.subdirectory.split('/').map(() => '..'));
  const from = relative(top, root).split(sep).filter(Boolean).join('/');
  const inRepository = (path: string) => (from === '' ? path : `${from}/${path}`);
  const registered = await submodulesIn(layout.gitDir);
  return {
    isIgnored: (path) => git.isIgnored({ fs, dir: top, gitdir: layout.commonDir, filepath: inRepository(path) }),
    // A repository that lies in another is added to that one as a submodule.
    isSubmodule: async (folder) => registered.has(inRepository(folder)) || existsSync(join(root, folder, '.git')),
  };
}

/** Also those whose files are not here. Of an index in a form that the library does not know, they are only found by their files. */
async function submodulesIn(gitDir: string): Promise<ReadonlySet<string>> {
  const git = await import('isomorphic-git');
  const found = new Set<string>();
  const map = async (path: string, [entry]: readonly (WalkerEntry | null)[]) => {
    if ((await entry?.type()) === 'commit') found.add(path);
    return path;
  };
  await git.walk({ fs, gitdir: gitDir, trees: [git.STAGE()], map }).catch(() => {});
  return found;
}
