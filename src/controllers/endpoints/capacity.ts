import type { EndpointSubset } from '../../model/index.ts';

/** More addresses do not go into one object. */
export const MOST_ADDRESSES = 1000;

export interface Fitted {
  readonly subsets: readonly EndpointSubset[];
  readonly truncated: boolean;
}

/** Drops what is too much: of the addresses that are not ready first, from each subset in proportion. */
export function fitCapacity(subsets: readonly EndpointSubset[]): Fitted {
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0);
  const notReady = subsets.reduce((sum, { notReadyAddresses = [] }) => sum + notReadyAddresses.length, 0);
  if (ready + notReady <= MOST_ADDRESSES) return { subsets, truncated: false };
  const readyShare = Math.min(1, MOST_ADDRESSES / ready);
  const notReadyShare = ready >= MOST_ADDRESSES ? 0 : (MOST_ADDRESSES - ready) / notReady;
  const fitted = subsets.map(({ addresses = [], notReadyAddresses = [], ...rest }): EndpointSubset => ({
    ...rest,
    addresses: addresses.slice(0, Math.floor(addresses.length * readyShare)),
    notReadyAddresses: notReadyAddresses.slice(0, Math.floor(notReadyAddresses.length * notReadyShare)),
  }));
  return { subsets: fitted.map(withoutEmpty).filter((subset) => subset.addresses ?? subset.notReadyAddresses), truncated: true };
}

export function withoutEmpty({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): EndpointSubset {
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}
