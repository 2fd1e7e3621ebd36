import type { FieldsV1 } from '../../model/index.ts';
import { compareSteps, type Step } from './step.ts';

/** The set without a member; below a step it is a leaf: that step itself, and nothing under it. */
export const EMPTY: FieldsV1 = Object.freeze({});

/** How many places the memory of known sets has, a few hundred bytes each: when they are used up, it begins anew. */
const LARGEST_MEMORY = 10_000;

/**
 * What is known after some steps, in the order in which they came: the one frozen object for a set with these steps and
 * what is below each. Writers that write the same fields share it; what is below must come from here too.
 */
export class Place {
  readonly before: Place | undefined;
  readonly step: Step;
  readonly below: FieldsV1;
  #leaves: Map<Step, Place> | undefined;
  #branches: Map<Step, Map<FieldsV1, Place>> | undefined;
  /** The set, and the set of which the step that leads to it is a member, too. */
  #plain: FieldsV1 | undefined;
  #owned: FieldsV1 | undefined;

  constructor(before?: Place, step: Step = '', below: FieldsV1 = EMPTY) {
    this.before = before;
    this.step = step;
    this.below = below;
  }

  get isStart(): boolean {
    return this.before === undefined;
  }

  after(step: Step, below: FieldsV1): Place {
    if (below === EMPTY) return this.#entered((this.#leaves ??= new Map()), step, step, below);
    this.#branches ??= new Map();
    let sets = this.#branches.get(step);
    if (!sets) this.#branches.set(step, (sets = new Map()));
    return this.#entered(sets, below, step, below);
  }

  set(member: boolean): FieldsV1 {
    if (this.isStart) return EMPTY;
    return member ? (this.#owned ??= this.#make(true)) : (this.#plain ??= this.#make(false));
  }

  #entered<K>(next: Map<K, Place>, key: K, step: Step, below: FieldsV1): Place {
    let place = next.get(key);
    if (!place) {
      places++;
      next.set(key, (place = new Place(this, step, below)));
    }
    return place;
  }

  #make(member: boolean): FieldsV1 {
    const way = wayTo(this);
    if (!isOrdered(way)) {
      const ordered = way.toSorted((a, b) => compareSteps(a.step, b.step));
      return ordered.reduce((place, { step, below }) => place.after(step, below), startOfSets()).set(member);
    }
    // Items have names without end, and the engine would keep a form for the plain objects of each.
    const set = (way[0]!.step.startsWith('f:') ? {} : Object.create(null)) as Record<string, FieldsV1>;
    if (member) set['.'] = EMPTY;
    for (const { step, below } of way) set[step] = below;
    return Object.freeze(set);
  }
}

let places = 0;
let start = new Place();

/** Where no step was taken yet. */
export function startOfSets(): Place {
  if (places > LARGEST_MEMORY) [places, start] = [0, new Place()];
  return start;
}

/** The places after the start, in the order in which they were taken. */
function wayTo(end: Place): Place[] {
  const way: Place[] = [];
  for (let place = end; place.before; place = place.before) way.push(place);
  return way.toReversed();
}

function isOrdered(way: readonly Place[]): boolean {
  for (let i = 1; i < way.length; i++) if (compareSteps(way[i - 1]!.step, way[i]!.step) > 0) return false;
  return true;
}
