import { readManyBlobs } from './bulk.ts';
import { decodeFile } from './content.ts';
import { IGNORE_FILE } from './ignore.ts';
import { idUnder, Leftovers } from './leftovers.ts';
import type { Layout } from './layout.ts';
import { GitObjects, NothingCommitted, type CommitObject, type Oid } from './objects.ts';
import type { CommitJudge } from './signature/judge.ts';
import { CommitRefused, idOfFiles, toCommit, toDirectory, type BlobReader, type Snapshot } from './snapshot.ts';
import type { FileVersion, PastState, Source } from './source.ts';
import { TreeReader } from './tree.ts';
import { watchRefs, type RefWatch } from './watch.ts';

/** Which commits are taken, and whether others are refused or only told of. */
export interface Judge {
  readonly why: CommitJudge;
  readonly lenient: boolean;
}

/** A repository on this machine: a work tree, a bare one, or the one that a remote is fetched into. */
export class LocalRepository implements Source {
  readonly #layout: Layout;
  readonly #ref: string;
  readonly #objects: GitObjects;
  readonly #trees: TreeReader;
  readonly #judge: Judge | undefined;
  readonly #blobs: BlobReader;
  readonly #ignored: Leftovers;

  constructor(layout: Layout, ref: string, judge?: Judge) {
    this.#layout = layout;
    this.#ref = ref;
    this.#objects = new GitObjects(layout);
    this.#trees = new TreeReader(this.#objects);
    this.#judge = judge;
    this.#blobs = {
      read: async (blob) => decodeFile(await this.#objects.blob(blob)),
      readMany: (blobs) => readManyBlobs(layout.commonDir, blobs),
    };
    this.#ignored = new Leftovers(this.#blobs.read);
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
    const refused = this.#judge?.why(await this.#objects.signed(commit));
    if (refused && !this.#judge?.lenient) throw new CommitRefused(commit.oid, `${refused}. What was applied last stays.`);
    const root = await this.#trees.descend(commit.tree, this.#layout.subdirectory);
    // A missing directory may be a mistake in the path: it must never look like "everything was removed".
    if (root === undefined) {
      const { subdirectory } = this.#layout;
      throw new CommitRefused(commit.oid, `${subdirectory} is not in commit ${commit.oid.slice(0, 7)}: commit the manifests first`);
    }
    this.#trees.turn();
    const top = await this.#ignoring(root);
    const directories = [];
    for (const { name, oid } of await this.#trees.directories(root)) {
      const listing = await this.#ignored.leaveOut(name, await this.#trees.list(oid), top);
      directories.push(toDirectory(name, idUnder(oid, top), listing, this.#blobs));
    }
    const loose = await this.#ignored.leaveOut('.', await this.#trees.loose(root), top);
    if (loose.files.length + loose.problems.length > 0) directories.push(toDirectory('.', idOfFiles(loose), loose, this.#blobs));
    const treeOf = (path: string) => this.#treeAt(root, path);
    return { commit: toCommit(commit), ...(refused ? { refused } : {}), tree: root, directories, treeOf };
  }

  changes(onChange: (tip: Oid) => void, failed: (error: unknown) => void = () => {}): RefWatch {
    let told: Oid | undefined;
    let lost = false;
    let looking: Promise<void> | undefined;
    let again = false;
    const closing = new AbortController();
    const { signal } = closing;
    const lookUntilQuiet = async () => {
      do {
        again = false;
        const tip = await this.#objects.resolve(this.#ref).catch((error: unknown) => {
          // Before the first commit there is nothing to report; afterwards a branch has vanished.
          if (told === undefined && error instanceof NothingCommitted) return;
          lost = true;
          failed(error);
        });
        if (signal.aborted || !tip || (tip === told && !lost)) continue;
        lost = false;
        onChange((told = tip));
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

  async *versions(from: Oid, path: string): AsyncIterable<FileVersion> {
    let commit: CommitObject | undefined = await this.#objects.commit(from);
    let at = path;
    let blob = await this.#blobAt(commit, at);
    while (commit && blob) {
      const parents = await this.#parents(commit);
      const isNew = (await Promise.all(parents.map((parent) => this.#blobAt(parent, at)))).every((one) => one === undefined);
      at = (isNew && parents[0] && (await this.#movedFrom(parents[0], commit, blob))) || at;
      const before = await Promise.all(parents.map((parent) => this.#blobAt(parent, at)));
      const same = before.indexOf(blob);
      if (same < 0) {
        const content = await this.#blobs.read(blob);
        yield { commit: toCommit(commit), text: 'text' in content ? content.text : '' };
      }
      const next = Math.max(0, same);
      [commit, blob] = [parents[next], before[next]];
    }
  }

  look(): void {}

  /** A shallow clone ends before its history does. */
  async #parents({ parents }: CommitObject): Promise<readonly CommitObject[]> {
    const found = await Promise.all(parents.map((parent) => this.#objects.commit(parent).catch(() => undefined)));
    return found.filter((parent) => parent !== undefined);
  }

  /** Where a file lay before a commit that moved it as it was. */
  async #movedFrom(parent: CommitObject, commit: CommitObject, blob: Oid): Promise<string | undefined> {
    const root = await this.#trees.descend(parent.tree, this.#layout.subdirectory);
    if (root === undefined) return undefined;
    for (const file of (await this.#trees.list(root)).files) {
      if (file.blob === blob && (await this.#blobAt(commit, file.path)) === undefined) return file.path;
    }
    return undefined;
  }

  async #blobAt({ tree }: CommitObject, path: string): Promise<Oid | undefined> {
    const steps = [this.#layout.subdirectory, path].filter(Boolean).join('/').split('/');
    const name = steps.pop();
    const folder = await this.#trees.descend(tree, steps.join('/'));
    return folder && (await this.#objects.tree(folder)).find((entry) => entry.name === name && entry.type === 'file')?.oid;
  }

  async #treeAt(root: Oid, path: string): Promise<Oid | undefined> {
    const top = await this.#ignoring(root);
    if (path === '.') return idOfFiles(await this.#ignored.leaveOut('.', await this.#trees.loose(root), top));
    const tree = await this.#trees.descend(root, path);
    return tree && idUnder(tree, top);
  }

  /** The file at the top that says what is left out. */
  async #ignoring(root: Oid): Promise<Oid | undefined> {
    return (await this.#objects.tree(root)).find(({ name, type }) => name === IGNORE_FILE && type === 'file')?.oid;
  }
}
