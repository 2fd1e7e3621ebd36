/**
 * Remembers what came up lately, at least so much of it and at most twice as much: when half of the places are used up,
 * the half that was filled before is forgotten. What is asked for again stays.
 */
export class Memory<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(half: number) {
    this.#half = half;
  }

  get(key: K): V | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half) [this.#old, this.#young] = [this.#young, new Map()];
    this.#young.set(key, value);
  }
}
