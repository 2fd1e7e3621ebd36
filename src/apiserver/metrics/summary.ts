/** What is used at a time, and over a while before it. */
export interface Measurement {
  readonly time: string;
  readonly windowMs: number;
  readonly nanoCores: number;
  readonly workingSetBytes: number;
}

export interface NodeSummary {
  readonly node: Measurement | undefined;
  /** The containers of a pod, by its uid. */
  readonly pods: ReadonlyMap<string, readonly (Measurement & { readonly name: string })[]>;
}

interface Stats {
  readonly cpu?: { readonly time?: string; readonly usageNanoCores?: number; readonly windowMs?: number };
  readonly memory?: { readonly workingSetBytes?: number };
}

interface Answer {
  readonly node?: Stats;
  readonly pods?: readonly {
    readonly podRef: { readonly uid: string };
    readonly containers?: readonly (Stats & { readonly name: string })[];
  }[];
}

/** Over which a kubelet measures that does not say it. */
const USUAL_WINDOW_MS = 10_000;

/** Reads a kubelet's `/stats/summary`. */
export function parseSummary(answer: unknown): NodeSummary {
  const { node, pods = [] } = answer as Answer;
  const containersOf = (containers: readonly (Stats & { readonly name: string })[]) =>
    containers.flatMap(({ name, ...stats }) => {
      const measured = measurement(stats);
      return measured ? [{ name, ...measured }] : [];
    });
  return {
    node: measurement(node ?? {}),
    pods: new Map(pods.map(({ podRef, containers = [] }) => [podRef.uid, containersOf(containers)])),
  };
}

function measurement({ cpu, memory }: Stats): Measurement | undefined {
  if (cpu?.time === undefined || cpu.usageNanoCores === undefined || memory?.workingSetBytes === undefined) return undefined;
  const { time, usageNanoCores: nanoCores, windowMs = USUAL_WINDOW_MS } = cpu;
  return { time, windowMs, nanoCores, workingSetBytes: memory.workingSetBytes };
}
