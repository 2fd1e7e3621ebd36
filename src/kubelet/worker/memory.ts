import { equalJson, type Millis, type Timer } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { Place } from '../volumes/lay.ts';
import type { Backoff } from './backoff.ts';
import type { Doom, Laid, Memory, StartFailure } from './view.ts';

/** What a worker remembers of its pod, as it changes. */
export interface PodMemory extends Memory {
  readonly backoffs: Map<string, Backoff>;
  readonly failures: Map<string, StartFailure>;
  readonly stopping: Map<string, Millis>;
  readonly hooks: Map<string, 'running' | 'failed'>;
  readonly probed: Set<string>;
  readonly pulling: Set<string>;
  volumes?: Laid | StartFailure;
  places: ReadonlyMap<string, Place>;
  doom?: Doom;
  /** When its volumes are measured next. */
  measuring?: Timer;
  /** The labels and annotations that the volumes were laid with. */
  laidFor?: Pod['metadata'];
  /** The last status that was written: the cache may be behind it. */
  written?: Pod;
  deleted: boolean;
}

export function emptyMemory(): PodMemory {
  return {
    backoffs: new Map(),
    failures: new Map(),
    stopping: new Map(),
    hooks: new Map(),
    probed: new Set(),
    pulling: new Set(),
    places: new Map(),
    deleted: false,
  };
}

/** What its volumes are made from has changed. */
export function outdate(memory: PodMemory): void {
  const { volumes } = memory;
  if (volumes && 'renewAt' in volumes) memory.volumes = { ...volumes, stale: true };
  else if (volumes) memory.volumes = { ...volumes, retryAt: 0 };
}

/** A volume shows the pod's own labels or annotations, and they are others than it shows. */
export function showsOldFields({ laidFor }: PodMemory, { metadata, spec }: Pod): boolean {
  if (!laidFor || laidFor === metadata) return false;
  const shows = (spec.volumes ?? []).some(({ downwardAPI, projected }) => downwardAPI !== undefined || projected !== undefined);
  return shows && !(same(laidFor.labels, metadata.labels) && same(laidFor.annotations, metadata.annotations));
}

function same(a: Pod['metadata']['labels'], b: Pod['metadata']['labels']): boolean {
  return equalJson(a ?? {}, b ?? {});
}
