import { BlockList, isIP } from 'node:net';
import type { FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';
import { subdomainProblems } from './metadata.ts';

const CIDR_RULE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export interface AddressBlock {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

export function validateAddress(address: string | undefined, path: FieldPath): FieldProblem[] {
  if (isIP(address ?? '') !== 0) return [];
  return [invalid(path, address ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

export function parseCidr(text: string): AddressBlock | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version && Number(bits) <= (version === 4 ? 32 : 128)
    ? { address, bits: Number(bits), family: version === 4 ? 'ipv4' : 'ipv6' }
    : undefined;
}

export const validateCidr = (text: string, path: FieldPath): FieldProblem[] => (parseCidr(text) ? [] : [invalid(path, text, CIDR_RULE)]);

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
