import type { Clock, Millis } from '../../base/index.ts';
import type { ContainerUsage, MachineUsage, Runtime } from '../runtime.ts';

/** What is used at a time, and how much of a processor over a while before it. */
export interface Rated extends MachineUsage {
  readonly nanoCores: number;
  readonly windowMs: Millis;
}

export interface Usage {
  readonly containers: readonly (ContainerUsage & Rated)[];
  /** Undefined: it is that of its pods. */
  readonly machine: Rated | undefined;
  /** When that was, and over how long before it. */
  readonly at: Millis;
  readonly windowMs: Millis;
}

interface Sample {
  readonly at: Millis;
  readonly containers: ReadonlyMap<string, ContainerUsage>;
  readonly machine: MachineUsage | undefined;
}

/** A rate is taken over at least the first, and says nothing of now beyond the second. */
const SHORTEST: Millis = 5_000;
const LONGEST: Millis = 120_000;

/** How long it is looked at what nobody has looked at before. */
const LOOK: Millis = 1_000;
/** Where containers begin all the time, somebody has to be answered. */
const MOST_LOOKS = 3;

/**
 * Measures what a node's containers use when somebody asks, and never else. A rate needs two looks: the one before is kept
 * for whoever asks next, and who asks first waits for a second one.
 */
export class UsageSampler {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #podUids: () => readonly string[];
  #earlier: Sample | undefined;
  #last: Sample | undefined;
  #under: Promise<Usage> | undefined;

  /** `podUids` tells whose containers are measured. */
  constructor(runtime: Runtime, clock: Clock, podUids: () => readonly string[]) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#podUids = podUids;
  }

  /** Who asks meanwhile gets the same answer. */
  measure(): Promise<Usage> {
    this.#under ??= this.#measure().finally(() => (this.#under = undefined));
    return this.#under;
  }

  async #measure(): Promise<Usage> {
    const first = await this.#sample();
    const age = (sample: Sample | undefined) => (sample ? first.at - sample.at : Infinity);
    if (age(this.#last) >= SHORTEST) this.#earlier = this.#last;
    if (age(this.#earlier) > LONGEST) this.#earlier = first;
    const earlier = this.#earlier!;
    // Of a container that has begun since then, this look is the first.
    let before = withThose(earlier, first);
    let now = first;
    let isEnough = earlier !== first && hasAll(earlier, first);
    for (let looks = 0; !isEnough && looks < MOST_LOOKS; looks++) {
      await this.#clock.sleep(LOOK);
      now = await this.#sample();
      // Who has asked meanwhile may have asked for one that began meanwhile.
      isEnough = hasAll(before, now);
      before = withThose(before, now);
    }
    this.#last = now;
    return ratesBetween(before, now);
  }

  async #sample(): Promise<Sample> {
    const containers = (await this.#runtime.usage?.(this.#podUids())) ?? [];
    const machine = await this.#runtime.machineUsage?.();
    return { at: this.#clock.now(), containers: new Map(containers.map((each) => [idOf(each), each])), machine };
  }
}

/** A sample with the containers of a later one that had not begun by then. */
const withThose = (earlier: Sample, later: Sample): Sample => ({
  ...earlier,
  containers: new Map([...later.containers, ...earlier.containers]),
});

const hasAll = ({ containers }: Sample, later: Sample): boolean => [...later.containers.keys()].every((id) => containers.has(id));

function idOf({ podUid, name, attempt }: ContainerUsage): string {
  return `${podUid}/${name}/${attempt}`;
}

/** Of a container that has begun since then, nobody knows a rate yet. */
function ratesBetween(before: Sample, now: Sample): Usage {
  const containers = [...now.containers].flatMap(([id, used]) => {
    const then = before.containers.get(id);
    return then && then.at < used.at ? [{ ...used, ...rate(then, used) }] : [];
  });
  const machine = now.machine && before.machine && { ...now.machine, ...rate(before.machine, now.machine) };
  return { containers, machine, at: now.at, windowMs: now.at - before.at };
}

function rate(then: MachineUsage, now: MachineUsage): Pick<Rated, 'nanoCores' | 'windowMs'> {
  const windowMs = now.at - then.at;
  return { nanoCores: Math.max(0, Math.round(((now.cpuNanos - then.cpuNanos) / windowMs) * 1000)), windowMs };
}
