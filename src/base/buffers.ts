/**
 * Buffers of one size that are used again: memory that is new to the process costs more than what is written to it.
 * Those that nobody uses when all memory is collected are let go.
 */
export class SpareBuffers {
  readonly #size: number;
  readonly #most: number;
  #spare = new WeakRef<Buffer[]>([]);

  /** `most` is how many it keeps. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** One that holds so many bytes. A larger one than it keeps is made for this time alone. */
  take(needed: number): Buffer {
    return needed > this.#size ? Buffer.allocUnsafeSlow(needed) : (this.#spare.deref()?.pop() ?? Buffer.allocUnsafeSlow(this.#size));
  }

  /** Takes back a buffer, or a part of one, that nobody reads any more; others than its own are let go. */
  giveBack({ buffer }: Buffer): void {
    if (buffer.byteLength !== this.#size) return;
    let spare = this.#spare.deref();
    if (!spare) this.#spare = new WeakRef((spare = []));
    if (spare.length < this.#most) spare.push(Buffer.from(buffer));
  }
}
