import { createHash } from 'node:crypto';
import { UserError, type Millis } from '../../base/index.ts';
import type { Problem } from '../problem.ts';
import type { FileContent } from './content.ts';
import type { CommitObject, Oid } from './objects.ts';
import type { TreeListing } from './tree.ts';

export interface Commit {
  readonly oid: Oid;
  readonly short: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly time: Millis;
  readonly message: string;
  /** The first line of the message. */
  readonly subject: string;
}

/** A manifest file at a commit. */
export interface SnapshotFile {
  readonly path: string;
  readonly blob: Oid;
  read(): Promise<FileContent>;
}

/** A directory at the top of the manifests with all that is below it; `.` holds the loose files. */
export interface Directory {
  readonly path: string;
  /** Equal ids mean equal content. */
  readonly tree: Oid;
  readonly files: readonly SnapshotFile[];
  /** What lies there and can be no manifest: symlinks, submodules. */
  readonly problems: readonly Problem[];
  /** Reads many of its files in their order, as far as that is faster than one by one. Who stops early ends it. */
  readMany?(blobs: readonly Oid[]): AsyncGenerator<readonly FoundBlob[]>;
}

export type FoundBlob = readonly [blob: Oid, content: FileContent];

/** Reads blobs of a repository. */
export interface BlobReader {
  readonly read: (blob: Oid) => Promise<FileContent>;
  readonly readMany?: (blobs: readonly Oid[]) => AsyncGenerator<readonly FoundBlob[]>;
}

/** A commit that may not be taken. Looking again changes nothing, only another commit does. */
export class CommitRefused extends UserError {
  readonly commit: Oid;

  constructor(commit: Oid, message: string) {
    super(message);
    this.name = 'CommitRefused';
    this.commit = commit;
  }
}

/** The manifests at one commit. */
export interface Snapshot {
  readonly commit: Commit;
  /** Why it would not be taken, where the source only tells. */
  readonly refused?: string;
  /** Of the directory that holds the manifests. */
  readonly tree: Oid;
  readonly directories: readonly Directory[];
  /** The id of any directory in it; undefined where there is none. */
  readonly treeOf: (path: string) => Promise<Oid | undefined>;
}

/** `HEAD~2` and such need the history, a snapshot only itself. */
export function toCommit({ oid, author, seconds, message }: CommitObject): Commit {
  return { oid, short: oid.slice(0, 7), author, time: seconds * 1000, message, subject: message.trim().split('\n', 1)[0] ?? '' };
}

export function toDirectory(path: string, tree: Oid, listing: TreeListing, { read, readMany }: BlobReader): Directory {
  const at = (below: string) => (path === '.' ? below : `${path}/${below}`);
  return {
    path,
    tree,
    files: listing.files.map(({ path: below, blob }) => ({ path: at(below), blob, read: () => read(blob) })),
    problems: listing.problems.map((problem) => ({ ...problem, file: at(problem.file) })),
    ...(readMany ? { readMany } : {}),
  };
}

/** An id for the loose files, which have no tree of their own. */
export function idOfFiles(listing: TreeListing): Oid {
  const hash = createHash('sha1');
  for (const { path, blob } of listing.files) hash.update(`${blob} ${path}\0`);
  for (const { file, code } of listing.problems) hash.update(`${code} ${file}\0`);
  return hash.digest('hex');
}
