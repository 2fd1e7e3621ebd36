import { findRepository } from './layout.ts';
import { LocalRepository } from './local.ts';
import type { Oid } from './objects.ts';
import { isRemote, openRemote, type RemoteOptions } from './remote/remote.ts';
import { readSigners } from './signature/signers.ts';
import { judgeBySigners } from './signature/judge.ts';
import type { Commit, Snapshot } from './snapshot.ts';
import type { RefWatch } from './watch.ts';

/** What the manifests were at an earlier commit. */
export interface PastState {
  readonly commit: Oid;
  /** Of the directory that holds the manifests; undefined where it was not there yet. */
  readonly root: Oid | undefined;
  /** Of the directory that was asked for. */
  readonly tree: Oid | undefined;
}

export interface FileVersion {
  readonly commit: Commit;
  readonly text: string;
}

/** Where commits come from: always committed content, never the work tree. */
export interface Source {
  /** The commit that is followed; undefined while there is none. */
  tip(): Promise<Oid | undefined>;
  /** At the tip, or at any branch, tag or commit. */
  snapshot(rev?: string): Promise<Snapshot>;
  /** Tells of each new tip, and of the same one again when it can be read again. Several commits in a burst may be told as one. */
  changes(onChange: (tip: Oid) => void, failed?: (error: unknown) => void): RefWatch;
  /** A directory of the manifests through the first parents of a commit, that commit first. */
  past(from: Oid, path: string, limit: number): AsyncIterable<PastState>;
  /** The contents that a file of the manifests had, newest first, each with the commit that brought it. */
  versions(from: Oid, path: string): AsyncIterable<FileVersion>;
  /** Somebody says that there may be something new: a remote is asked at once. */
  look(): void;
}

export interface SourceOptions {
  /** A branch, tag or commit to follow instead of HEAD. */
  readonly ref?: string;
  /** A folder of the repository, where that cannot be said by naming the folder itself. */
  readonly path?: string;
  /** OpenSSH's allowed signers: commits that none of them signed are refused. */
  readonly allowedSigners?: string;
  /** A commit that would be refused is read, and told to be so: to show what it would do. */
  readonly lenient?: boolean;
  /** For a remote: where it is fetched to, and how. */
  readonly remote?: RemoteOptions;
}

/** Opens a folder of this machine or an http(s) address. */
export async function openSource(place: string, options: SourceOptions = {}): Promise<Source> {
  const { allowedSigners, lenient = false } = options;
  const judge = allowedSigners === undefined ? undefined : { why: judgeBySigners(await readSigners(allowedSigners)), lenient };
  if (isRemote(place)) return openRemote(place, options, judge);
  const layout = await findRepository(place);
  const subdirectory = [layout.subdirectory, options.path ?? ''].filter(Boolean).join('/');
  return new LocalRepository({ ...layout, subdirectory }, options.ref ?? 'HEAD', judge);
}
