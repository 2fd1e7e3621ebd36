import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { machineUsageIn } from '../process/usage.ts';
import type { ContainerStorage, ContainerUsage, MachineUsage } from '../runtime.ts';
import { bytesBelow } from '../volumes/usage.ts';
import type { Connection } from './connection.ts';
import type { HeldContainer } from './held.ts';
import type { InventoryParts } from './inventory.ts';
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

/** What these containers of a pod hold on the disk: the layer that the runtime measured last, and all logs of that name. */
export async function storageOf(
  { connection: { runtime }, layout, owner }: InventoryParts,
  podUid: string,
  running: readonly HeldContainer[],
): Promise<readonly ContainerStorage[]> {
  const { stats } = await runtime.listContainerStats({ filter: { labelSelector: { [LABELS.owner]: owner, [LABELS.podUid]: podUid } } });
  return Promise.all(
    running.map(async ({ id, ref }) => {
      const layer = stats.find(({ attributes }) => attributes.id === id)?.writableLayer?.usedBytes?.value ?? 0;
      return { ...ref, bytes: layer + (await bytesBelow(dirname(layout.log(ref)))) };
    }),
  );
}

export function machineUsage(): Omit<MachineUsage, 'at'> {
  return machineUsageIn(readFileSync('/proc/stat', 'utf8'), readFileSync('/proc/meminfo', 'utf8'));
}
