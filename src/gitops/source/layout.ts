import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../base/index.ts';

/** Where a repository keeps what, and which part of its tree holds the manifests. */
export interface Layout {
  /** HEAD and its reflog: a linked worktree has its own. */
  readonly gitDir: string;
  /** Objects and refs, shared by all worktrees. */
  readonly commonDir: string;
  /** From the top of the tree, with `/`; empty for all of it. */
  readonly subdirectory: string;
}

/** Finds the repository of a folder: a work tree or a folder inside one, a linked worktree, or a bare repository. */
export async function findRepository(path: string): Promise<Layout> {
  const start = await realpath(resolve(path)).catch(() => undefined);
  if (start === undefined) throw new UserError(`${path} does not exist`);
  for (let folder = start; ; folder = dirname(folder)) {
    const gitDir = await gitDirOf(folder);
    if (gitDir !== undefined) {
      const commonDir = await commonDirOf(gitDir);
      await refuseWhatCannotBeRead(path, commonDir);
      const subdirectory = gitDir === folder ? '' : relative(folder, start).split(sep).join('/');
      return { gitDir, commonDir, subdirectory };
    }
    if (dirname(folder) === folder) break;
  }
  throw new UserError(`${path} is not in a Git repository: make it one with "git init", and commit`);
}

async function gitDirOf(folder: string): Promise<string | undefined> {
  const dotGit = join(folder, '.git');
  const found = await stat(dotGit).catch(() => undefined);
  if (found?.isDirectory()) return dotGit;
  if (found?.isFile()) {
    const target = /^gitdir:\s*(.+?)\s*$/m.exec(await readFile(dotGit, 'utf8'))?.[1];
    if (target === undefined) throw new UserError(`${dotGit} does not say where its repository is`);
    return resolve(folder, target);
  }
  return (await isGitDir(folder)) ? folder : undefined;
}

async function isGitDir(folder: string): Promise<boolean> {
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => stat(join(folder, name)).catch(() => undefined)));
  return parts.every((part) => part !== undefined);
}

async function commonDirOf(gitDir: string): Promise<string> {
  const target = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => undefined);
  return target === undefined ? gitDir : resolve(gitDir, target.trim());
}

async function refuseWhatCannotBeRead(path: string, commonDir: string): Promise<void> {
  const config = await readFile(join(commonDir, 'config'), 'utf8').catch(() => '');
  if (/^\s*objectformat\s*=\s*sha256\s*$/im.test(config)) {
    throw new UserError(`${path} is a SHA-256 repository, which cannot be read yet: use one with SHA-1 objects`);
  }
  if (/^\s*refstorage\s*=\s*reftable\s*$/im.test(config)) {
    throw new UserError(
      `${path} keeps its refs as a reftable, which cannot be read yet: "git refs migrate --ref-format=files" changes that`,
    );
  }
  const alternates = await readFile(join(commonDir, 'objects', 'info', 'alternates'), 'utf8').catch(() => '');
  if (alternates.trim() !== '') {
    throw new UserError(
      `${path} borrows objects from another repository: "git repack -a -d" there, then remove its objects/info/alternates`,
    );
  }
}
