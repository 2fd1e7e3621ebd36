import { UserError, type Random } from '../base/index.ts';

/**
 * Hands out the addresses of an IPv4 range. It goes round the range from a random start, so that an address is not
 * given again soon after its pod is gone, and two daemons on one machine rarely meet.
 */
export class AddressPool {
  readonly #cidr: string;
  readonly #base: number;
  readonly #size: number;
  readonly #taken = new Set<string>();
  #next: number;

  constructor(cidr: string, random: Random) {
    const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    const bits = Number(found?.[5]);
    const octets = found?.slice(1, 5).map(Number) ?? [];
    if (!found || bits < 1 || bits > 30 || octets.some((octet) => octet > 255)) {
      throw new UserError(`${JSON.stringify(cidr)} is no range of pod addresses: write it as 127.64.0.0/12, between /1 and /30`);
    }
    this.#cidr = cidr;
    this.#size = 2 ** (32 - bits);
    const address = octets.reduce((number, octet) => number * 256 + octet, 0);
    this.#base = address - (address % this.#size);
    this.#next = Math.floor(random.fraction() * this.#size);
  }

  take(): string {
    for (let tried = 0; tried < this.#size; tried++) {
      const at = this.#next;
      this.#next = (this.#next + 1) % this.#size;
      const last = (this.#base + at) % 256;
      if (last === 0 || last === 255) continue;
      const address = format(this.#base + at);
      if (this.claim(address)) return address;
    }
    throw new Error(`all pod addresses of ${this.#cidr} are in use`);
  }

  /** Takes a certain address; false when it is taken already. */
  claim(address: string): boolean {
    if (this.#taken.has(address)) return false;
    this.#taken.add(address);
    return true;
  }

  release(address: string): void {
    this.#taken.delete(address);
  }
}

function format(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
