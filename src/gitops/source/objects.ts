import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, messageOf } from '../../base/index.ts';
import type { Layout } from './layout.ts';
import { splitSignature } from './signature/commit.ts';
import type { SignedCommit } from './signature/judge.ts';

export type Oid = string;

export interface TreeEntry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'submodule';
  readonly oid: Oid;
}

export interface CommitObject {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: { readonly name: string; readonly email: string };
  /** Seconds since 1970, as Git keeps it. */
  readonly seconds: number;
  readonly message: string;
}

export class NothingCommitted extends UserError {
  constructor(ref: string) {
    super(`${ref} has no commit yet: add manifests and commit them`);
    this.name = 'NothingCommitted';
  }
}

/** isomorphic-git takes 30 ms to load: only who reads a repository pays for it. */
const library = () => import('isomorphic-git');

const ENTRY_TYPES: Readonly<Record<string, TreeEntry['type']>> = { '40000': 'directory', '120000': 'symlink', '160000': 'submodule' };
const OID_BYTES = 20;
const FULL_OID = /^[0-9a-f]{40}$/;

/** Reads commits, trees and blobs. One cache a repository: without it each packed object costs the index of its pack. */
export class GitObjects {
  readonly #layout: Layout;
  readonly #access: { fs: typeof fs; gitdir: string; cache: object };

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#access = { fs, gitdir: layout.commonDir, cache: {} };
  }

  /** The commit behind a branch, a tag, an id or the beginning of one, followed by any of `~2`, `^`, `^2`. */
  async resolve(rev: string): Promise<Oid> {
    const [, base = '', walk = ''] = /^(.*?)((?:[~^]\d*)*)$/.exec(rev) ?? [];
    let oid = (await this.commit(await this.#resolveName(base || 'HEAD'))).oid;
    for (const [, sign, digits] of walk.matchAll(/([~^])(\d*)/g)) {
      const count = digits === '' ? 1 : Number(digits);
      for (let step = 0; step < (sign === '~' ? count : Math.min(count, 1)); step++) {
        const parent = (await this.commit(oid)).parents[sign === '~' ? 0 : count - 1];
        if (parent === undefined) throw new UserError(`${rev} goes further back than the history does`);
        oid = parent;
      }
    }
    return oid;
  }

  async #resolveName(name: string): Promise<Oid> {
    if (FULL_OID.test(name)) return name;
    if (name === 'HEAD' || name === '@') return this.#resolveHead();
    const git = await library();
    const found =
      (await git.resolveRef({ ...this.#access, ref: name }).catch(() => undefined)) ??
      (await git.resolveRef({ ...this.#access, ref: `refs/remotes/origin/${name}` }).catch(() => undefined)) ??
      (/^[0-9a-f]{4,39}$/.test(name) ? await git.expandOid({ ...this.#access, oid: name }).catch(() => undefined) : undefined);
    if (found === undefined) throw new UserError(`${name} is no branch, tag or commit of the repository`);
    return found;
  }

  /** HEAD of this worktree, which is not the HEAD of the common directory. */
  async #resolveHead(): Promise<Oid> {
    const { gitDir } = this.#layout;
    const head = await readFile(join(gitDir, 'HEAD'), 'utf8').catch((error: unknown) => {
      const isGone = (error as { code?: string }).code === 'ENOENT';
      const why = isGone ? 'is not there any more' : `cannot be read (${messageOf(error)})`;
      throw new UserError(`the repository ${gitDir} ${why}. What was applied last stays.`);
    });
    const branch = /^ref:\s*(.+)$/.exec(head.trim())?.[1];
    if (branch === undefined) return head.trim();
    const git = await library();
    const oid = await git.resolveRef({ ...this.#access, ref: branch }).catch(() => undefined);
    if (oid === undefined) throw new NothingCommitted(branch.replace(/^refs\/heads\//, 'branch '));
    return oid;
  }

  /** Follows an annotated tag to its commit. */
  async commit(oid: Oid): Promise<CommitObject> {
    const git = await library();
    const { oid: found, commit } = await this.#read(oid, () => git.readCommit({ ...this.#access, oid }));
    const { author, tree, parent, message } = commit;
    return { oid: found, tree, parents: parent, author: { name: author.name, email: author.email }, seconds: author.timestamp, message };
  }

  /** The commit as its signature is about it. */
  async signed(commit: CommitObject): Promise<SignedCommit> {
    const git = await library();
    const { object } = await this.#read(commit.oid, () => git.readObject({ ...this.#access, oid: commit.oid, format: 'content' }));
    const { signature, content } = splitSignature(Buffer.from(object as Uint8Array));
    const { name, email } = commit.author;
    return { oid: commit.oid, seconds: commit.seconds, author: `${name} <${email}>`, signature, content };
  }

  async tree(oid: Oid): Promise<readonly TreeEntry[]> {
    const git = await library();
    const { object } = await this.#read(oid, () => git.readObject({ ...this.#access, oid, format: 'content' }));
    return entriesOf(object as Uint8Array);
  }

  async blob(oid: Oid): Promise<Uint8Array> {
    const git = await library();
    return (await this.#read(oid, () => git.readBlob({ ...this.#access, oid }))).blob;
  }

  async #read<T>(oid: Oid, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const isMissing = (error as { code?: string }).code === 'NotFoundError';
      const why = isMissing ? 'the repository has it no more, or never had it' : messageOf(error);
      throw new UserError(`Git object ${oid} cannot be read (${why}): "git fsck" says more`);
    }
  }
}

/** `MODE NAME\0` and the bytes of the id, over and over. The library takes six times as long for a tree of thousands. */
function entriesOf(object: Uint8Array): readonly TreeEntry[] {
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const type = ENTRY_TYPES[bytes.toString('latin1', at, space)] ?? 'file';
    const next = end + 1 + OID_BYTES;
    entries.push({ name: bytes.toString('utf8', space + 1, end), type, oid: bytes.toString('hex', end + 1, next) });
    at = next;
  }
  return entries;
}
