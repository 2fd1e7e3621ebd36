import { dirname, join } from 'node:path';
import type { ContainerUsage, MachineUsage } from '../runtime.ts';
import { readIfThere, sessionOf, type ProcessIdentity } from './procfs.ts';

type Used = Pick<ContainerUsage, 'cpuNanos' | 'memoryBytes'>;

/** What the kernel counts of a container: by its cgroups, else by the processes of its session. */
export function usageOf(identity: ProcessIdentity, cgroups: string | undefined): Used {
  const groups = (cgroups ?? '').split('\n').flatMap((line) => /^join (.*)$/.exec(line)?.[1] ?? []);
  const counted = groups.map((file) => countedIn(dirname(file)));
  const cpuNanos = counted.find((each) => each.cpuNanos !== undefined)?.cpuNanos;
  const memoryBytes = counted.find((each) => each.memoryBytes !== undefined)?.memoryBytes;
  if (cpuNanos !== undefined && memoryBytes !== undefined) return { cpuNanos, memoryBytes };
  const summed = sumOf(sessionOf(identity));
  return { cpuNanos: cpuNanos ?? summed.cpuNanos, memoryBytes: memoryBytes ?? summed.memoryBytes };
}

/** Version 1 has a directory for each of the two, version 2 one for both. */
function countedIn(group: string): { readonly cpuNanos?: number; readonly memoryBytes?: number } {
  const read = (file: string) => readIfThere(join(group, file));
  const nanos = read('cpuacct.usage');
  const micros = valueIn(read('cpu.stat'), 'usage_usec');
  const bytes = read('memory.usage_in_bytes') ?? read('memory.current');
  const stat = bytes === undefined ? undefined : read('memory.stat');
  const idle = valueIn(stat, 'total_inactive_file') ?? valueIn(stat, 'inactive_file') ?? 0;
  return {
    ...(nanos !== undefined ? { cpuNanos: Number(nanos) } : micros !== undefined ? { cpuNanos: micros * 1000 } : {}),
    ...(bytes === undefined ? {} : { memoryBytes: Math.max(0, Number(bytes) - idle) }),
  };
}

function valueIn(text: string | undefined, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '');
  return found ? Number(found[1]) : undefined;
}

/** A tick of the kernel's clock, as it shows times to programs. */
const TICK_NANOS = 10_000_000;
const PAGE_BYTES = 4096;

/** With the children that each of them has outlived. */
function sumOf(pids: readonly number[]): Used {
  let [ticks, pages] = [0, 0];
  for (const pid of pids) {
    const stat = readIfThere(`/proc/${pid}/stat`) ?? '';
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    for (const field of fields.slice(11, 15)) ticks += Number(field);
    const [, resident = 0, shared = 0] = (readIfThere(`/proc/${pid}/statm`) ?? '').split(' ').map(Number);
    pages += resident - shared;
  }
  return { cpuNanos: ticks * TICK_NANOS, memoryBytes: pages * PAGE_BYTES };
}

/** From `/proc/stat` and `/proc/meminfo`. */
export function machineUsageIn(stat: string, meminfo: string): Omit<MachineUsage, 'at'> {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0);
  const memoryBytes = (kilobytes('MemTotal') - kilobytes('MemAvailable')) * 1024;
  return { cpuNanos: (user + nice + system + irq + softirq) * TICK_NANOS, memoryBytes };
}
