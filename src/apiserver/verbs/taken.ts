import type { Random } from '../../base/index.ts';
import type { Service } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';

export interface AddressRange {
  readonly cidr: string;
  readonly first: number;
  readonly size: number;
}

/** What services are given their addresses and node ports from. */
export interface Pool {
  readonly store: Store;
  readonly range: AddressRange;
  readonly random: Random;
  /** Nothing is kept of what is given. */
  readonly dryRun: boolean;
}

export const serviceIndexes = {
  clusterIP: (key: string, value: unknown): readonly string[] => (isService(key) ? ((value as Service).spec.clusterIPs ?? []) : []),
  nodePort: (key: string, value: unknown): readonly string[] => (isService(key) ? nodePortsOf(value as Service) : []),
};

const isService = (key: string) => key.startsWith('core/services/');

function nodePortsOf({ spec }: Service): readonly string[] {
  const ports = [...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort];
  return ports.flatMap((port) => (port ? [String(port)] : []));
}

export function isTaken({ store }: Pool, index: keyof typeof serviceIndexes, value: string, by: Service): boolean {
  return store.byIndex(index, value).some((entry) => {
    const { name, namespace } = (entry.value as Service).metadata;
    return name !== by.metadata.name || namespace !== by.metadata.namespace;
  });
}

/** Begins at a random place, so that a deleted Service's address is not given out again at once. */
export function firstFree(random: Random, size: number, isFree: (n: number) => boolean): number | undefined {
  const start = Math.floor(random.fraction() * size);
  for (let step = 0; step < size; step++) {
    const n = (start + step) % size;
    if (isFree(n)) return n;
  }
  return undefined;
}
