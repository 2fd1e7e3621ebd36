import { UserError } from '../../base/index.ts';
import { decodeFile } from './content.ts';
import { findRepository, type Layout } from './layout.ts';
import { GitObjects, NothingCommitted, type CommitObject, type Oid } from './objects.ts';
import { idOfFiles, toCommit, toDirectory, type Snapshot } from './snapshot.ts';
import { TreeReader } from './tree.ts';
import { watchRefs, type RefWatch } from './watch.ts';

/** What the manifests were at an earlier commit. */
export interface PastState {
  readonly commit: Oid;
  /** Of the directory that holds the manifests; undefined where it was not there yet. */
  readonly root: Oid | undefined;
  /** Of the directory that was asked for. */
  readonly tree: Oid | undefined;
}

/** Where commits come from: always committed content, never the work tree. */
export interface Source {
  /** The commit that is followed; undefined while there is none. */
  tip(): Promise<Oid | undefined>;
  /** At the tip, or at any branch, tag or commit. */
  snapshot(rev?: string): Promise<Snapshot>;
  /** Tells of each new tip. Several commits in a burst may be told as one. */
  changes(onChange: (tip: Oid) => void, failed?: (error: unknown) => void): RefWatch;
  /** A directory of the manifests through the first parents of a commit, that commit first. */
  past(from: Oid, path: string, limit: number): AsyncIterable<PastState>;
}

export interface SourceOptions {
  /** A branch to follow instead of HEAD. */
  readonly ref?: string;
}

export async function openSource(path: string, options: SourceOptions = {}): Promise<Source> {
  return new LocalRepository(path, await findRepository(path), options.ref ?? 'HEAD');
}

class LocalRepository implements Source {
  readonly #path: string;
  readonly #layout: Layout;
  readonly #ref: string;
  readonly #objects: GitObjects;
  readonly #trees: TreeReader;

  constructor(path: string, layout: Layout, ref: string) {
    this.#path = path;
    this.#layout = layout;
    this.#ref = ref;
    this.#objects = new GitObjects(layout);
    this.#trees = new TreeReader(this.#objects);
  }

  async tip(): Promise<Oid | undefined> {
    try {
      return await this.#objects.resolve(this.#ref);
    } catch (error) {
      if (error instanceof NothingCommitted) return undefined;
      throw error;
    }
  }

  async snapshot(rev: string = this.#ref): Promise<Snapshot> {
    const commit = await this.#objects.commit(await this.#objects.resolve(rev));
    const root = await this.#trees.descend(commit.tree, this.#layout.subdirectory);
    // A missing directory may be a mistake in the path: it must never look like "everything was removed".
    if (root === undefined) throw new UserError(`${this.#path} is not in commit ${commit.oid.slice(0, 7)}: commit the manifests first`);
    this.#trees.turn();
    const read = async (blob: Oid) => decodeFile(await this.#objects.blob(blob));
    const directories = [];
    for (const { name, oid } of await this.#trees.directories(root)) {
      directories.push(toDirectory(name, oid, await this.#trees.list(oid), read));
    }
    const loose = await this.#trees.loose(root);
    if (loose.files.length + loose.problems.length > 0) directories.push(toDirectory('.', idOfFiles(loose), loose, read));
    return { commit: toCommit(commit), tree: root, directories };
  }

  changes(onChange: (tip: Oid) => void, failed: (error: unknown) => void = () => {}): RefWatch {
    let told: Oid | undefined;
    let looking: Promise<void> | undefined;
    let again = false;
    const closing = new AbortController();
    const { signal } = closing;
    const lookUntilQuiet = async () => {
      do {
        again = false;
        const tip = await this.#objects.resolve(this.#ref).catch((error: unknown) => {
          // Before the first commit there is nothing to report; afterwards a branch has vanished.
          if (told !== undefined || !(error instanceof NothingCommitted)) failed(error);
        });
        if (!signal.aborted && tip && tip !== told) onChange((told = tip));
      } while (again && !signal.aborted);
      looking = undefined;
    };
    const look = () => {
      again = true;
      return (looking ??= lookUntilQuiet());
    };
    const watch = watchRefs(this.#layout, () => void look(), failed);
    const ready = watch.ready.then(look);
    return {
      ready,
      close: async () => {
        closing.abort();
        await watch.close();
        await looking;
      },
    };
  }

  async *past(from: Oid, path: string, limit: number): AsyncIterable<PastState> {
    let oid: Oid | undefined = from;
    for (let count = 0; oid !== undefined && count < limit; count++) {
      // A shallow clone ends before its history does.
      const commit: CommitObject | undefined = await this.#objects.commit(oid).catch(() => undefined);
      if (commit === undefined) return;
      const root = await this.#trees.descend(commit.tree, this.#layout.subdirectory);
      const tree = root === undefined ? undefined : await this.#treeAt(root, path);
      yield { commit: commit.oid, root, tree };
      oid = commit.parents[0];
    }
  }

  async #treeAt(root: Oid, path: string): Promise<Oid | undefined> {
    return path === '.' ? idOfFiles(await this.#trees.loose(root)) : this.#trees.descend(root, path);
  }
}
