import { equalJson, type Millis, type Timer } from '../../base/index.ts';
import type { Pod, PodSpec, ResourceRequirements } from '../../model/index.ts';
import type { Place } from '../volumes/lay.ts';
import type { Backoff } from './backoff.ts';
import type { Doom, Laid, Memory, Retry, StartFailure } from './view.ts';

/** What a worker remembers of its pod, as it changes. Of most pods there is nothing to remember, and that takes no room. */
export interface PodMemory extends Memory {
  backoffs: ReadonlyMap<string, Backoff>;
  failures: ReadonlyMap<string, StartFailure>;
  stopping: ReadonlyMap<string, Millis>;
  warned: ReadonlySet<string>;
  hooks: ReadonlyMap<string, 'running' | 'failed'>;
  replaced: ReadonlyMap<string, string>;
  reset: ReadonlyMap<string, string>;
  sizes: ReadonlyMap<string, ResourceRequirements>;
  unresized: ReadonlyMap<string, Retry>;
  /** Undefined: the node has not taken it on, or had no turn for it yet. */
  granted: PodSpec | undefined;
  /** It has been granted another size, and people have not been told that it has it. */
  isResizing: boolean;
  /** Of its spec, as it was decided upon last. */
  generation: number | undefined;
  /** Ids of the containers that are asked how they are. */
  probed: readonly string[];
  pulling: ReadonlySet<string>;
  starting: ReadonlySet<string>;
  volumes?: Laid | StartFailure;
  places: ReadonlyMap<string, Place>;
  doom?: Doom;
  /** When what it holds on the disk is measured next. */
  measuring?: Timer;
  /** The labels and annotations that the volumes were laid with. */
  laidFor?: Pod['metadata'];
  /** The last status that was written: the cache may be behind it. */
  written: Pod | undefined;
  /** What is known of it beside the pod itself has changed since it was decided upon. */
  isStirred: boolean;
  /** The revision of the pod for which all has been done and reported. */
  settledAt: string | undefined;
  /** When time alone changes that. */
  dueAt: Millis | undefined;
  deleted: boolean;
}

export const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();
const NO_IDS: readonly string[] = [];
export const NO_NAMES: ReadonlySet<string> = new Set();

export function emptyMemory(): PodMemory {
  return {
    backoffs: NOTHING,
    failures: NOTHING,
    stopping: NOTHING,
    warned: NO_NAMES,
    hooks: NOTHING,
    replaced: NOTHING,
    reset: NOTHING,
    sizes: NOTHING,
    unresized: NOTHING,
    granted: undefined,
    isResizing: false,
    generation: undefined,
    probed: NO_IDS,
    pulling: NO_NAMES,
    starting: NO_NAMES,
    places: NOTHING,
    written: undefined,
    isStirred: true,
    settledAt: undefined,
    dueAt: undefined,
    deleted: false,
  };
}

/** Nothing is new but, at most, that what its worker wrote has come back. */
export function isSettled({ isStirred, settledAt, dueAt = Infinity }: PodMemory, { metadata }: Pod, now: Millis): boolean {
  return !isStirred && settledAt !== undefined && settledAt === metadata.resourceVersion && now < dueAt;
}

export function having<V>(known: ReadonlyMap<string, V>, name: string, value: V): ReadonlyMap<string, V> {
  return new Map(known).set(name, value);
}

export function without<V>(known: ReadonlyMap<string, V>, name: string): ReadonlyMap<string, V> {
  if (!known.has(name)) return known;
  const left = new Map(known);
  left.delete(name);
  return left.size > 0 ? left : NOTHING;
}

export function lacking(known: ReadonlySet<string>, name: string): ReadonlySet<string> {
  if (!known.has(name)) return known;
  return known.size > 1 ? new Set([...known].filter((each) => each !== name)) : NO_NAMES;
}

/** A spec that is not the one that failed is tried at once. */
export function noteSpec(memory: PodMemory, { metadata: { generation } }: Pod): void {
  if (memory.generation === generation) return;
  memory.generation = generation;
  memory.failures = NOTHING;
  memory.unresized = NOTHING;
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
