interface Chunk<V> {
  /** The map that may change this chunk in place; any other copies it first. */
  owner: object;
  readonly keys: string[];
  readonly values: V[];
}

const CHUNK = 256;

/**
 * A map in the order of its keys. A fork shares all chunks with its parent until either side changes one, so it costs
 * a few kilobytes whatever the size. Lists walk it without sorting.
 */
export class OrderedMap<V> {
  #chunks: Chunk<V>[] = [];
  #owner = {};
  /** The key that was looked for last, and where it is or belongs: who writes has looked there just before. */
  #sought: string | undefined;
  #index = 0;
  #at = 0;

  get(key: string): V | undefined {
    return this.#seek(key) ? this.#chunks[this.#index]!.values[this.#at] : undefined;
  }

  set(key: string, value: V): void {
    const isThere = this.#seek(key);
    if (this.#chunks.length === 0) this.#chunks.push({ owner: this.#owner, keys: [], values: [] });
    const chunk = this.#own(this.#index);
    if (isThere) {
      chunk.values[this.#at] = value;
      return;
    }
    this.#sought = undefined;
    chunk.keys.splice(this.#at, 0, key);
    chunk.values.splice(this.#at, 0, value);
    if (chunk.keys.length > CHUNK) this.#split(this.#index, chunk, this.#at);
  }

  delete(key: string): boolean {
    if (!this.#seek(key)) return false;
    this.#sought = undefined;
    const chunk = this.#own(this.#index);
    chunk.keys.splice(this.#at, 1);
    chunk.values.splice(this.#at, 1);
    if (chunk.keys.length === 0) this.#chunks.splice(this.#index, 1);
    return true;
  }

  /** Values whose keys begin with the prefix, at most `limit` of them; from a key on that does so too, or would. */
  range(prefix: string, limit = Infinity, from = prefix): V[] {
    const found: V[] = [];
    for (let index = this.#chunkOf(from); index < this.#chunks.length; index++) {
      const { keys, values } = this.#chunks[index]!;
      for (let at = lowerBound(keys, from); at < keys.length; at++) {
        if (found.length >= limit || !keys[at]!.startsWith(prefix)) return found;
        found.push(values[at]!);
      }
    }
    return found;
  }

  /** How many keys lie in [from, to). */
  count(from: string, to: string): number {
    return this.#position(to) - this.#position(from);
  }

  fork(): OrderedMap<V> {
    const fork = new OrderedMap<V>();
    fork.#chunks = this.#chunks.slice();
    this.#owner = {};
    return fork;
  }

  /** Finds the key's place, and whether it is there. */
  #seek(key: string): boolean {
    if (key !== this.#sought) {
      this.#index = this.#chunkOf(key);
      this.#at = lowerBound(this.#chunks[this.#index]?.keys ?? [], key);
      this.#sought = key;
    }
    return this.#chunks[this.#index]?.keys[this.#at] === key;
  }

  /** Of the last chunk that begins at or before the key. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.keys[0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #own(index: number): Chunk<V> {
    const chunk = this.#chunks[index]!;
    if (chunk.owner === this.#owner) return chunk;
    return (this.#chunks[index] = { owner: this.#owner, keys: chunk.keys.slice(), values: chunk.values.slice() });
  }

  /** Keys that arrive in their order leave full chunks behind, others halves. */
  #split(index: number, chunk: Chunk<V>, inserted: number): void {
    const half = inserted === chunk.keys.length - 1 ? inserted : chunk.keys.length >> 1;
    const upper = { owner: this.#owner, keys: chunk.keys.splice(half), values: chunk.values.splice(half) };
    this.#chunks.splice(index + 1, 0, upper);
  }

  #position(key: string): number {
    const index = this.#chunkOf(key);
    let before = 0;
    for (let i = 0; i < index; i++) before += this.#chunks[i]!.keys.length;
    return before + lowerBound(this.#chunks[index]?.keys ?? [], key);
  }
}

/** The first place whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
