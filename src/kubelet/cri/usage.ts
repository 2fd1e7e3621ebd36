import { readFileSync } from 'node:fs';
import { machineUsageIn } from '../process/usage.ts';
import type { ContainerUsage, MachineUsage } from '../runtime.ts';
import type { Connection } from './connection.ts';
import { LABELS } from './sandboxconfig.ts';

/** What this owner's running containers use, as the runtime measures it now. */
export async function usageOf({ runtime }: Connection, owner: string, podUids: readonly string[]): Promise<readonly ContainerUsage[]> {
  const wanted = new Set(podUids);
  const { stats } = await runtime.listContainerStats({ filter: { labelSelector: { [LABELS.owner]: owner } } });
  return stats.flatMap(({ attributes: { metadata, labels }, cpu, memory }) => {
    const podUid = labels[LABELS.podUid] ?? '';
    if (!wanted.has(podUid) || !cpu || !memory) return [];
    return [
      {
        podUid,
        ...metadata,
        at: cpu.timestamp / 1_000_000,
        cpuNanos: cpu.usageCoreNanoSeconds?.value ?? 0,
        memoryBytes: memory.workingSetBytes?.value ?? 0,
      },
    ];
  });
}

export function machineUsage(): Omit<MachineUsage, 'at'> {
  return machineUsageIn(readFileSync('/proc/stat', 'utf8'), readFileSync('/proc/meminfo', 'utf8'));
}
