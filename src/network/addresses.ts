import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

const EVERYWHERE: Readonly<Record<string, 'IPv4' | 'IPv6'>> = { '0.0.0.0': 'IPv4', '::': 'IPv6' };

/** The addresses of this machine that lie in one of the ranges, and not among the others; of the loopback network the usual one. */
export function machineAddresses(ranges: readonly string[], others: readonly string[] = []): readonly string[] {
  const [wanted, unwanted] = [rangesOf(ranges), rangesOf(others)];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = all.filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address);
  return [...new Set(own)].filter((address) => isWithin(wanted, address) && !isWithin(unwanted, address));
}

/** `10.0.0.0/8` and the like; an address alone stands for itself. */
export function rangesOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

export function isWithin(ranges: BlockList, address: string): boolean {
  return ranges.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Where others find what listens there: for all addresses, the first of the machine that leads out of it. */
export function reachableAddress(listening: string): string {
  const family = EVERYWHERE[listening];
  if (!family) return listening;
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((each) => each.family === family && !each.internal)?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1');
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
