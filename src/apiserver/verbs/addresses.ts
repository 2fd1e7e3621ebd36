import { StatusError } from '../../base/index.ts';
import { invalid, invalidObject, type Kind, type Service } from '../../model/index.ts';
import { firstFree, isTaken, type AddressRange, type Pool } from './taken.ts';

export function parseRange(cidr: string): AddressRange {
  const [address, bits] = cidr.split('/') as [string, string];
  return { cidr, first: numberOf(address), size: 2 ** (32 - Number(bits)) };
}

const numberOf = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function pickAddress(pool: Pool, kind: Kind, service: Service, old?: Service): string {
  const { clusterIP } = service.spec;
  // Whether an address that was given may change is for the rules of the kind to say.
  if (clusterIP && (clusterIP === 'None' || old?.spec.clusterIP)) return clusterIP;
  if (clusterIP) return checkAsked(pool, kind, service, clusterIP);
  const { first, size } = pool.range;
  // The first and the last address of the range are left alone, as in any network.
  const free = firstFree(pool.random, size - 2, (n) => !isTaken(pool, 'clusterIP', formatAddress(first + 1 + n), service));
  if (free === undefined) throw new StatusError('InternalError', 'failed to allocate a serviceIP: range is full');
  return formatAddress(first + 1 + free);
}

function checkAsked(pool: Pool, kind: Kind, service: Service, address: string): string {
  const why = isWithin(address, pool.range)
    ? isTaken(pool, 'clusterIP', address, service) && 'provided IP is already allocated'
    : outside(pool, address);
  if (!why) return address;
  const { clusterIPs = [address] } = service.spec;
  throw invalidObject(kind, service.metadata.name, [
    invalid(['spec', 'clusterIPs'], clusterIPs, `failed to allocate IP ${address}: ${why}`),
  ]);
}

/** Only what is tried out is told of the range. */
function outside({ dryRun, range }: Pool, address: string): string {
  if (!dryRun) return 'the provided network does not match the current range';
  return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range.cidr}`;
}

function isWithin(address: string, { first, size }: AddressRange): boolean {
  const at = numberOf(address);
  return at > first && at < first + size - 1;
}
