import { BlockList, isIP } from 'node:net';
import type { FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';
import { subdomainProblems } from './metadata.ts';

const ADDRESS_RULE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_RULE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export interface AddressBlock {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** What was there before the rules were strict may stay. */
export function validateAddress(address = '', path: FieldPath, known: readonly string[] = []): FieldProblem[] {
  const why = known.includes(address) ? undefined : addressProblem(address);
  return why ? [invalid(path, address, why)] : [];
}

/** Programs disagree on what a number with leading zeros is, and on what an IPv4 address within an IPv6 one is. */
function addressProblem(address: string): string | undefined {
  const version = isIP(address);
  if (version === 6 && isMapped(address)) return 'must not be an IPv4-mapped IPv6 address';
  if (version !== 0 && !address.includes('%')) return undefined;
  return isIP(withoutZeros(address)) === 4 ? 'must not have leading 0s' : ADDRESS_RULE;
}

/** Of an IPv4 address: groups of IPv6 may have them. */
const withoutZeros = (address: string) => (address.includes(':') ? address : address.replace(/(^|\.)0+(?=\d)/g, '$1'));

export const canonicalIPv6 = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);

const isMapped = (address: string) => !address.includes('%') && /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(canonicalIPv6(address));

export function parseCidr(text: string): AddressBlock | undefined {
  const [, address = '', bits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version && Number(bits) <= (version === 4 ? 32 : 128)
    ? { address, bits: Number(bits), family: version === 4 ? 'ipv4' : 'ipv6' }
    : undefined;
}

export function validateCidr(text: string, path: FieldPath, known: readonly string[] = []): FieldProblem[] {
  const why = known.includes(text) ? undefined : cidrProblem(text);
  return why ? [invalid(path, text, why)] : [];
}

function cidrProblem(text: string): string | undefined {
  const [, address = '', bits = ''] = /^([^/]*)\/(\d+)$/.exec(text) ?? [];
  const block = parseCidr(`${withoutZeros(address)}/${bits}`);
  if (!block) return CIDR_RULE;
  if (block.address !== address || /^0\d/.test(bits)) return 'must not have leading 0s in IP or prefix length';
  if (block.family === 'ipv6' && isMapped(address)) return 'must not have an IPv4-mapped IPv6 address';
  const size = block.family === 'ipv4' ? 32 : 128;
  const rest = (1n << BigInt(size - block.bits)) - 1n;
  return (numberOf(block) & rest) === 0n ? undefined : 'must not have bits set beyond the prefix length';
}

function numberOf({ address, family }: AddressBlock): bigint {
  if (family === 'ipv4') return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = [], tail = []] = canonicalIPv6(address)
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** Where a balancer says that it is reached. */
export function validatePoint({ ip, hostname }: { ip?: string; hostname?: string }, path: FieldPath): FieldProblem[] {
  return [
    ...(ip ? validateAddress(ip, [...path, 'ip']) : []),
    ...(hostname ? subdomainProblems(hostname, [...path, 'hostname']) : []),
    ...(hostname && isIP(hostname) !== 0 ? [invalid([...path, 'hostname'], hostname, 'must be a DNS name, not an IP address')] : []),
  ];
}

function blocks(...cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const { address, bits, family } of cidrs.map((cidr) => parseCidr(cidr)!)) list.addSubnet(address, bits, family);
  return list;
}

const LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
const LINK_LOCAL_MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';

/** Where no server can be reached. */
const UNREACHABLE: readonly (readonly [block: BlockList, why: (address: string) => string])[] = [
  [blocks('0.0.0.0/32', '::/128'), (address) => `may not be unspecified (${address})`],
  [blocks('169.254.0.0/16', 'fe80::/10'), () => LINK_LOCAL],
  [blocks('224.0.0.0/24', 'ff02::/16'), () => LINK_LOCAL_MULTICAST],
];

/** Loopback addresses are good: pods that are processes of this machine have no others. */
export function validateReachable(address: string, path: FieldPath): FieldProblem[] {
  const version = isIP(address);
  if (version === 0) return [];
  return UNREACHABLE.filter(([block]) => block.check(address, version === 4 ? 'ipv4' : 'ipv6')).map(([, why]) =>
    invalid(path, address, why(address)),
  );
}
