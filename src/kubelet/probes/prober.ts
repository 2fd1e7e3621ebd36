import type { Clock, Millis, Random, Timer } from '../../base/index.ts';
import type { Probe } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import type { ProbeResults } from '../worker/view.ts';
import { Beat } from './beat.ts';
import { check, type Asked, type Verdict } from './check.ts';
import { tally, UNTOLD, type Tally } from './tally.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProbedContainer extends Asked {
  readonly podUid: string;
  readonly startedAt: Millis;
}

export interface ProberOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  /** A result changed: the pod's worker has something to decide. */
  readonly changed: (podUid: string) => void;
  readonly failed: (container: ProbedContainer, kind: ProbeKind, message: string) => void;
  /** It passed, but not as it should. */
  readonly warned: (container: ProbedContainer, kind: ProbeKind, message: string) => void;
}

/** Until it passes for the first time, a probe is asked this soon and then ever later, so that a fast start is seen fast. */
const EAGER_MS = 40;

/** When a container is looked at for sockets that listen on all addresses; they are opened soon after its start, or never. */
const LOOK_FOR_WILDCARDS_MS: readonly Millis[] = [250, 1000, 3000, 10_000, 30_000];

/** Asks the running containers. It tells only of changes, so idle pods cost their workers nothing. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #beat: Beat;
  readonly #containers = new Map<string, ContainerProbes>();

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#beat = new Beat(options.clock);
  }

  results(id: string): ProbeResults {
    return this.#containers.get(id)?.results ?? {};
  }

  /** Begins to ask; repeating it changes nothing. */
  follow(container: ProbedContainer): void {
    if (this.#containers.has(container.id)) return;
    this.#containers.set(container.id, new ContainerProbes(container, this.#beat, this.#options));
  }

  forget(id: string): void {
    this.#containers.get(id)?.close();
    this.#containers.delete(id);
  }

  close(): void {
    for (const id of this.#containers.keys()) this.forget(id);
  }
}

class ContainerProbes {
  readonly #container: ProbedContainer;
  readonly #beat: Beat;
  readonly #options: ProberOptions;
  readonly #timers = new Map<string, Timer>();
  readonly #abort = new AbortController();
  #results: ProbeResults = {};

  constructor(container: ProbedContainer, beat: Beat, options: ProberOptions) {
    this.#container = container;
    this.#beat = beat;
    this.#options = options;
    const { startupProbe } = container.container;
    if (startupProbe) this.#begin('startup', startupProbe);
    else this.#beginOthers();
    const ports = (container.container.ports ?? [])
      .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
      .map(({ containerPort }) => containerPort);
    if (options.runtime.features.sharedPorts && ports.length > 0) this.#lookForWildcards(ports, 0);
  }

  get results(): ProbeResults {
    return this.#results;
  }

  close(): void {
    this.#abort.abort(new Error('the container has ended'));
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #beginOthers(): void {
    const { readinessProbe, livenessProbe } = this.#container.container;
    if (readinessProbe) this.#begin('readiness', readinessProbe);
    if (livenessProbe) this.#begin('liveness', livenessProbe);
  }

  #begin(kind: ProbeKind, probe: Probe): void {
    const { clock, random } = this.#options;
    const first = this.#container.startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    const adopted = first < -periodOf(probe);
    const eager = kind === 'liveness' ? periodOf(probe) : EAGER_MS;
    const begin = () => this.#ask(kind, probe, UNTOLD, eager, clock.now() + periodOf(probe));
    this.#after(adopted ? random.fraction() * periodOf(probe) : Math.max(0, first), kind, begin);
  }

  /** `eagerMs` is the time to the next extra question: until `eagerUntil`, one that fails does not count. */
  async #ask(kind: ProbeKind, probe: Probe, before: Tally, eagerMs: Millis, eagerUntil: Millis): Promise<void> {
    const { clock } = this.#options;
    const askedAt = clock.now();
    const verdict = await this.#check(probe);
    if (this.#abort.signal.aborted) return;
    const period = periodOf(probe);
    const extra = !verdict.ok && eagerMs < period && clock.now() < eagerUntil;
    if (extra) return this.#after(eagerMs, kind, () => this.#ask(kind, probe, before, eagerMs * 2, eagerUntil));
    const after = tally(before, verdict.ok, probe);
    if (!verdict.ok) this.#options.failed(this.#container, kind, verdict.message);
    else if (verdict.message) this.#options.warned(this.#container, kind, verdict.message);
    if (after.result !== before.result) this.#tell({ [kind]: after.result });
    if (kind === 'startup' && after.result === true) return this.#beginOthers();
    const again = this.#beat.after(period, askedAt, () => void this.#ask(kind, probe, after, period, eagerUntil));
    this.#timers.set(kind, again);
  }

  async #check(probe: Probe): Promise<Verdict> {
    const timeout = new AbortController();
    const timer = this.#options.clock.after((probe.timeoutSeconds ?? 1) * 1000, () => timeout.abort(new Error('timeout')));
    try {
      return await check(probe, this.#container, this.#options.runtime, AbortSignal.any([timeout.signal, this.#abort.signal]));
    } finally {
      timer.cancel();
    }
  }

  #lookForWildcards(ports: readonly number[], round: number): void {
    const delay = LOOK_FOR_WILDCARDS_MS[round];
    if (delay === undefined) return;
    this.#after(delay, 'wildcards', async () => {
      const found = await this.#options.runtime.wildcardPorts(this.#container.podUid, ports);
      if (this.#abort.signal.aborted) return;
      if (found.join() !== (this.#results.wildcardPorts ?? []).join()) this.#tell({ wildcardPorts: found });
      // One that was found is watched until it is gone.
      this.#lookForWildcards(ports, found.length > 0 ? Math.min(round + 1, LOOK_FOR_WILDCARDS_MS.length - 1) : round + 1);
    });
  }

  #tell(news: ProbeResults): void {
    this.#results = { ...this.#results, ...news };
    this.#options.changed(this.#container.podUid);
  }

  #after(ms: Millis, name: string, work: () => Promise<void>): void {
    this.#timers.set(
      name,
      this.#options.clock.after(ms, () => void work()),
    );
  }
}

function periodOf(probe: Probe): Millis {
  return (probe.periodSeconds ?? 10) * 1000;
}
