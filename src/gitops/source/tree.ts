import { posix } from 'node:path';
import { fileProblem, type Problem } from '../problem.ts';
import { IGNORE_FILE } from './ignore.ts';
import type { GitObjects, Oid, TreeEntry } from './objects.ts';

/** What lies below a tree, with paths from there. */
export interface TreeListing {
  readonly files: readonly { readonly path: string; readonly blob: Oid }[];
  readonly problems: readonly Problem[];
  /** Files that say what is left out, with their folders. */
  readonly ignoring: readonly { readonly folder: string; readonly blob: Oid }[];
}

export const MANIFEST = /\.(ya?ml|json)$/i;

/** Names that begin with a dot are for tools (`.github`, `.vscode`), not for the cluster. */
export const isHidden = (name: string) => name.startsWith('.');

/**
 * Lists trees and remembers them by id, so that a commit costs the trees it changed. What the last two rounds did not
 * use is forgotten.
 */
export class TreeReader {
  readonly #objects: GitObjects;
  #recent = new Map<Oid, TreeListing>();
  #older = new Map<Oid, TreeListing>();

  constructor(objects: GitObjects) {
    this.#objects = objects;
  }

  /** Begins a round: a commit that is looked at. */
  turn(): void {
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  async list(tree: Oid): Promise<TreeListing> {
    const known = this.#recent.get(tree) ?? this.#older.get(tree);
    const listing = known ?? (await this.#read(tree));
    this.#recent.set(tree, listing);
    return listing;
  }

  /** The files directly in a tree, without what is below it. */
  async loose(tree: Oid): Promise<TreeListing> {
    const entries = await this.#objects.tree(tree);
    return this.#join(
      entries.filter((entry) => entry.type !== 'directory'),
      entries,
    );
  }

  async directories(tree: Oid): Promise<readonly TreeEntry[]> {
    return (await this.#objects.tree(tree)).filter((entry) => entry.type === 'directory' && !isHidden(entry.name));
  }

  /** The tree at a path, or undefined when there is no directory of that name. */
  async descend(tree: Oid, path: string): Promise<Oid | undefined> {
    let at = tree;
    for (const name of path.split('/').filter((step) => step !== '' && step !== '.')) {
      const next = (await this.#objects.tree(at)).find((entry) => entry.name === name && entry.type === 'directory');
      if (!next) return undefined;
      at = next.oid;
    }
    return at;
  }

  async #read(tree: Oid): Promise<TreeListing> {
    const entries = await this.#objects.tree(tree);
    return this.#join(entries, entries);
  }

  async #join(wanted: readonly TreeEntry[], siblings: readonly TreeEntry[]): Promise<TreeListing> {
    const files: { path: string; blob: Oid }[] = [];
    const problems: Problem[] = [];
    const ignoring: { folder: string; blob: Oid }[] = [];
    for (const { name, type, oid } of wanted) {
      if (name === IGNORE_FILE && type === 'file') ignoring.push({ folder: '', blob: oid });
      if (isHidden(name)) continue;
      if (type === 'submodule') problems.push(submoduleProblem(name));
      else if (type === 'symlink') problems.push(...(await this.#judgeLink(name, oid, siblings)));
      else if (type === 'file') {
        if (MANIFEST.test(name)) files.push({ path: name, blob: oid });
      } else {
        const below = await this.list(oid);
        for (const { path, blob } of below.files) files.push({ path: `${name}/${path}`, blob });
        for (const problem of below.problems) problems.push({ ...problem, file: `${name}/${problem.file}` });
        for (const { folder, blob } of below.ignoring) ignoring.push({ folder: folder === '' ? name : `${name}/${folder}`, blob });
      }
    }
    return { files, problems, ignoring };
  }

  async #judgeLink(name: string, oid: Oid, siblings: readonly TreeEntry[]): Promise<readonly Problem[]> {
    const besides = siblings.flatMap((entry) => (entry.type === 'file' ? [entry.name] : []));
    return judgeLink(name, new TextDecoder().decode(await this.#objects.blob(oid)), besides);
  }
}

export function submoduleProblem(path: string): Problem {
  return fileProblem(path, 'Submodule', 'is a submodule, whose files are in another repository: commit its manifests here');
}

/** A link is only harmless when it leads to a file beside it that is no manifest. */
export function judgeLink(path: string, to: string, besides: readonly string[]): readonly Problem[] {
  const target = posix.normalize(to);
  if (!MANIFEST.test(path) && besides.includes(target)) return [];
  return [fileProblem(path, 'Symlink', `is a symbolic link to ${target}; links are not followed: commit the file itself`)];
}
