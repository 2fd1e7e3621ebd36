import type { AccessMode } from '../../types/index.ts';

const SHORT: Readonly<Record<AccessMode, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,RWX`, always in the same order. */
export function modesCell(modes: readonly AccessMode[] | undefined): string {
  const known = Object.keys(SHORT) as AccessMode[];
  return known
    .filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT[mode])
    .join(',');
}
