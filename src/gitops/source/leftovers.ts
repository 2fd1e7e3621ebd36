import { createHash } from 'node:crypto';
import { isIgnored, parseIgnoreFile, type IgnoreFile } from './ignore.ts';
import type { Oid } from './objects.ts';
import type { BlobReader } from './snapshot.ts';
import type { TreeListing } from './tree.ts';

/** What is left of listings once the files that say so have left others out. */
export class Leftovers {
  readonly #read: BlobReader['read'];
  readonly #known = new WeakMap<TreeListing, { under: string; left: TreeListing }>();

  constructor(read: BlobReader['read']) {
    this.#read = read;
  }

  /** `top` is the file at the top of the manifests, whose patterns are about all of them. */
  async leaveOut(directory: string, listing: TreeListing, top: Oid | undefined): Promise<TreeListing> {
    if (top === undefined && listing.ignoring.length === 0) return listing;
    const under = `${directory} ${top}`;
    const known = this.#known.get(listing);
    if (known?.under === under) return known.left;
    const at = (below: string) => (directory === '.' ? below : `${directory}/${below}`);
    const rules = [
      ...(top === undefined ? [] : [await this.#parse('', top)]),
      ...(directory === '.' ? [] : await Promise.all(listing.ignoring.map(({ folder, blob }) => this.#parse(at(folder), blob)))),
    ];
    const left = {
      files: listing.files.filter(({ path }) => !isIgnored(at(path), rules)),
      problems: listing.problems.filter(({ file }) => !isIgnored(at(file), rules)),
      ignoring: listing.ignoring,
    };
    this.#known.set(listing, { under, left });
    return left;
  }

  async #parse(folder: string, blob: Oid): Promise<IgnoreFile> {
    const content = await this.#read(blob);
    return parseIgnoreFile(folder.replace(/\/$/, ''), 'text' in content ? content.text : '');
  }
}

/** An id of a directory's manifests: what is left of one tree depends on what the top leaves out. */
export function idUnder(tree: Oid, top: Oid | undefined): Oid {
  return top === undefined ? tree : createHash('sha1').update(`${tree} ${top}`).digest('hex');
}
