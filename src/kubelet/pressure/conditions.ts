import type { Pressure, PressureType } from './judge.ts';

export type ConditionRow = readonly [type: string, status: 'True' | 'False', reason: string, message: string];

const WORDS: Readonly<Record<PressureType, { readonly short: readonly [string, string]; readonly enough: readonly [string, string] }>> = {
  MemoryPressure: {
    short: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    enough: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  DiskPressure: {
    short: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    enough: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
};

/** The conditions of a node that a kubelet owns. Process ids are not counted: nothing is said of them but that there are enough. */
export function nodeConditions(pressure: Pressure): readonly ConditionRow[] {
  const row = (type: PressureType): ConditionRow => {
    const isShort = pressure[type] !== undefined;
    const [reason, message] = WORDS[type][isShort ? 'short' : 'enough'];
    return [type, isShort ? 'True' : 'False', reason, message];
  };
  return [
    row('MemoryPressure'),
    row('DiskPressure'),
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ];
}

/** What is told of the node when it changes. */
export function pressureNews(before: Pressure, after: Pressure): readonly string[] {
  return (Object.keys(WORDS) as PressureType[]).flatMap((type) => {
    const isShort = after[type] !== undefined;
    if (isShort === (before[type] !== undefined)) return [];
    return [`NodeHas${WORDS[type][isShort ? 'short' : 'enough'][0].replace('KubeletHas', '')}`];
  });
}
