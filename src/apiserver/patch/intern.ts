import type { FieldsV1 } from '../../model/index.ts';
import { compareSteps, type Step } from './step.ts';

/** The set without a member; below a step it is a leaf: that step itself, and nothing under it. */
export const EMPTY: FieldsV1 = Object.freeze({});

/** How many places the memory of known sets has, a few hundred bytes each: when they are used up, it begins anew. */
const LARGEST_MEMORY = 10_000;

/** What is known after some steps, in the order in which they came. */
interface Place {
  known?: FieldsV1;
  leaves?: Map<Step, Place>;
  branches?: Map<Step, Map<FieldsV1, Place>>;
}

let places = 0;
let plain: Place = {};
let owned: Place = {};

/**
 * The one frozen object for a set with these steps and what is below each, itself a member or not. Writers that write
 * the same fields share it, whatever the order of their keys; what is below must come from here too.
 */
export function intern(member: boolean, steps: readonly Step[], below: readonly FieldsV1[]): FieldsV1 {
  if (steps.length === 0) return EMPTY;
  if (places > LARGEST_MEMORY) [places, plain, owned] = [0, {}, {}];
  let place = member ? owned : plain;
  for (let i = 0; i < steps.length; i++) place = after(place, steps[i]!, below[i]!);
  return (place.known ??= make(member, steps, below));
}

function after(place: Place, step: Step, below: FieldsV1): Place {
  if (below === EMPTY) {
    place.leaves ??= new Map();
    return entered(place.leaves, step);
  }
  place.branches ??= new Map();
  let sets = place.branches.get(step);
  if (!sets) place.branches.set(step, (sets = new Map()));
  return entered(sets, below);
}

function entered<K>(map: Map<K, Place>, key: K): Place {
  let place = map.get(key);
  if (!place) {
    places++;
    map.set(key, (place = {}));
  }
  return place;
}

function make(member: boolean, steps: readonly Step[], below: readonly FieldsV1[]): FieldsV1 {
  if (!isOrdered(steps)) {
    const order = steps.map((_, i) => i).toSorted((a, b) => compareSteps(steps[a]!, steps[b]!));
    return intern(
      member,
      order.map((at) => steps[at]!),
      order.map((at) => below[at]!),
    );
  }
  const set: Record<string, FieldsV1> = member ? { '.': EMPTY } : {};
  for (let i = 0; i < steps.length; i++) set[steps[i]!] = below[i]!;
  return Object.freeze(set);
}

function isOrdered(steps: readonly Step[]): boolean {
  for (let i = 1; i < steps.length; i++) if (compareSteps(steps[i - 1]!, steps[i]!) > 0) return false;
  return true;
}
