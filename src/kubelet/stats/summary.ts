import { formatTime, type Pod } from '../../model/index.ts';
import type { Rated, Usage } from './sampler.ts';

/** As a kubelet answers `/stats/summary`, as far as it is known here. */
export function summaryOf(nodeName: string, pods: readonly Pod[], usage: Usage): object {
  const known = pods.flatMap((pod) => {
    const containers = usage.containers.filter(({ podUid }) => podUid === pod.metadata.uid);
    return containers.length > 0 ? [{ pod, containers }] : [];
  });
  return {
    node: {
      nodeName,
      ...amounts(
        usage.machine ??
          sum(
            known.flatMap(({ containers }) => containers),
            usage,
          ),
      ),
    },
    pods: known.map(({ pod: { metadata, status }, containers }) => ({
      podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
      startTime: status?.startTime,
      containers: containers.map((each) => ({ name: each.name, ...amounts(each) })),
      ...amounts(sum(containers, usage)),
    })),
  };
}

function amounts(rated: Rated): object {
  const time = formatTime(rated.at);
  return {
    cpu: { time, usageNanoCores: rated.nanoCores, usageCoreNanoSeconds: Math.round(rated.cpuNanos), windowMs: rated.windowMs },
    memory: { time, workingSetBytes: rated.memoryBytes },
  };
}

/** Where there is nothing, nothing is used. */
function sum(parts: readonly Rated[], { at, windowMs }: Usage): Rated {
  const total = (of: (part: Rated) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    at: parts[0]?.at ?? at,
    windowMs: parts[0]?.windowMs ?? windowMs,
    nanoCores: total(({ nanoCores }) => nanoCores),
    cpuNanos: total(({ cpuNanos }) => cpuNanos),
    memoryBytes: total(({ memoryBytes }) => memoryBytes),
  };
}
