import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { Opaque } from '../values.ts';

/** An address as one number of 32 or 128 bits. */
export class Address extends Opaque {
  readonly type = 'net.IP';
  readonly bits: bigint;
  readonly size: 32 | 128;

  constructor(bits: bigint, size: 32 | 128) {
    super();
    this.bits = bits;
    this.size = size;
  }

  equals(other: Address): boolean {
    return this.bits === other.bits && this.size === other.size;
  }
}

export class Cidr extends Opaque {
  readonly type = 'net.CIDR';
  readonly address: Address;
  readonly length: number;

  constructor(address: Address, length: number) {
    super();
    this.address = address;
    this.length = length;
  }

  equals(other: Cidr): boolean {
    return this.length === other.length && this.address.equals(other.address);
  }

  masked(): Cidr {
    const rest = BigInt(this.address.size - this.length);
    return new Cidr(new Address((this.address.bits >> rest) << rest, this.address.size), this.length);
  }

  contains({ bits, size }: Address): boolean {
    const rest = BigInt(this.address.size - this.length);
    return size === this.address.size && bits >> rest === this.address.bits >> rest;
  }
}

const join = (parts: readonly bigint[], width: bigint) => parts.reduce((sum, part) => (sum << width) | part, 0n);

function parseIPv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return join(parts.map(BigInt), 8n);
}

function parseIPv6(text: string): bigint | undefined {
  const [left = '', right, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const groups = (side: string): readonly (bigint | undefined)[] =>
    side === '' ? [] : side.split(':').map((group) => (/^[0-9A-Fa-f]{1,4}$/.test(group) ? BigInt(`0x${group}`) : undefined));
  const [before, after] = [groups(left), groups(right ?? '')];
  const missing = 8 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from<bigint>({ length: missing }).fill(0n), ...after];
  return all.every((group) => group !== undefined) ? join(all, 16n) : undefined;
}

/** Kubernetes takes no zones, and no IPv4 address in the clothes of IPv6. */
function parseAddress(text: string): Address | undefined {
  const bits = text.includes(':') ? parseIPv6(text) : parseIPv4(text);
  if (bits === undefined || (text.includes(':') && bits >> 32n === 0xffffn)) return undefined;
  return new Address(bits, text.includes(':') ? 128 : 32);
}

function readAddress(text: string): Address {
  const address = parseAddress(text);
  if (!address)
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    );
  return address;
}

function formatAddress({ bits, size }: Address): string {
  const width = size === 32 ? 8n : 16n;
  const parts = Array.from(
    { length: size / Number(width) },
    (_, i, count = BigInt(size) / width) => (bits >> (width * (count - 1n - BigInt(i)))) & ((1n << width) - 1n),
  );
  if (size === 32) return parts.join('.');
  const text = parts.map((part) => part.toString(16)).join(':');
  const zeros = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
    .map(([found]) => found.replace(/^:/, ''))
    .toSorted((a, b) => b.length - a.length)[0];
  return zeros === undefined ? text : text.replace(new RegExp(`(^|:)${zeros}(:|$)`), '::');
}

function parseCidr(text: string): Cidr | undefined {
  const [, host = '', length = ''] = /^(.*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseAddress(host);
  return address && Number(length) <= address.size ? new Cidr(address, Number(length)) : undefined;
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr)
    throw new CelError(
      `network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): invalid CIDR`,
    );
  return cidr;
}

const within = (text: string) => readCidr(text);
const isOf = (text: string) => {
  const range = within(text);
  return (address: Address) => range.contains(address);
};
const [loopback4, loopback6, local4, local6, multicast4, multicast6, linkMulticast4, linkMulticast6] = [
  '127.0.0.0/8', '::1/128', '169.254.0.0/16', 'fe80::/10', '224.0.0.0/4', 'ff00::/8', '224.0.0.0/24', 'ff02::/16',
].map(isOf) as [(address: Address) => boolean, ...((address: Address) => boolean)[]]; // prettier-ignore

const isLoopback = (address: Address) => loopback4(address) || loopback6!(address);
const isLinkLocal = (address: Address) => local4!(address) || local6!(address);
const isUnspecified = ({ bits }: Address) => bits === 0n;
const isBroadcast = ({ bits, size }: Address) => size === 32 && bits === 0xff_ff_ff_ffn;
const isMulticast = (address: Address) => multicast4!(address) || multicast6!(address);
const isGlobal = (address: Address) =>
  !isBroadcast(address) && !isUnspecified(address) && !isLoopback(address) && !isMulticast(address) && !isLinkLocal(address);
const containsCidr = (outer: Cidr, inner: Cidr) => outer.length <= inner.length && outer.contains(inner.masked().address);

export const ADDRESSES: Library = {
  'ip(string): net.IP': readAddress,
  'isIP(string): bool': (text: string) => parseAddress(text) !== undefined,
  'ip.isCanonical(string): bool': (text: string) => formatAddress(readAddress(text)) === text,
  'string(net.IP): string': formatAddress,
  '.family(net.IP): int': ({ size }: Address) => (size === 32 ? 4n : 6n),
  '.isUnspecified(net.IP): bool': isUnspecified,
  '.isLoopback(net.IP): bool': isLoopback,
  '.isLinkLocalMulticast(net.IP): bool': (address: Address) => linkMulticast4!(address) || linkMulticast6!(address),
  '.isLinkLocalUnicast(net.IP): bool': isLinkLocal,
  '.isGlobalUnicast(net.IP): bool': isGlobal,
  'cidr(string): net.CIDR': readCidr,
  'isCIDR(string): bool': (text: string) => parseCidr(text) !== undefined,
  'string(net.CIDR): string': ({ address, length }: Cidr) => `${formatAddress(address)}/${length}`,
  '.containsIP(net.CIDR, net.IP): bool': (cidr: Cidr, address: Address) => cidr.contains(address),
  '.containsIP(net.CIDR, string): bool': (cidr: Cidr, text: string) => cidr.contains(readAddress(text)),
  '.containsCIDR(net.CIDR, net.CIDR): bool': containsCidr,
  '.containsCIDR(net.CIDR, string): bool': (outer: Cidr, text: string) => containsCidr(outer, readCidr(text)),
  '.ip(net.CIDR): net.IP': ({ address }: Cidr) => address,
  '.masked(net.CIDR): net.CIDR': (cidr: Cidr) => cidr.masked(),
  '.prefixLength(net.CIDR): int': ({ length }: Cidr) => BigInt(length),
};
