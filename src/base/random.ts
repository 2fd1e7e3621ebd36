import { randomFillSync } from 'node:crypto';

/** The only source of chance below `daemon/`. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Random hexadecimal digits. */
  hex(digits: number): string;
}

class SystemRandom implements Random {
  readonly #bytes = Buffer.alloc(4096);
  #used = this.#bytes.length;

  fraction(): number {
    return this.#bytes.readUIntBE(this.#take(6), 6) / 2 ** 48;
  }

  hex(digits: number): string {
    const count = Math.ceil(digits / 2);
    const start = this.#take(count);
    return this.#bytes.toString('hex', start, start + count).slice(0, digits);
  }

  /** Where so many bytes begin that nobody had yet. */
  #take(count: number): number {
    if (this.#used + count > this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    this.#used += count;
    return this.#used - count;
  }
}

export const systemRandom: Random = new SystemRandom();

/** The same numbers every time for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    fraction: () => next() / 2 ** 32,
    hex: (digits) => {
      let text = '';
      while (text.length < digits) text += next().toString(16).padStart(8, '0');
      return text.slice(0, digits);
    },
  };
}

/** Letters that cannot form words by accident: Kubernetes' alphabet for generated names. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function randomSuffix(random: Random, length = 5): string {
  let text = '';
  for (let i = 0; i < length; i++) text += NAME_ALPHABET[Math.floor(random.fraction() * NAME_ALPHABET.length)];
  return text;
}

/** A version 4 UUID. */
export function randomUid(random: Random): string {
  const hex = random.hex(32);
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
