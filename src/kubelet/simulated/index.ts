/** Pods that run on the clock alone: no processes, no sockets, no timer for a pod that just runs. For tests, forecasts and scale. */
import type { Clock, Millis, Random, Timer } from '../../base/index.ts';
import { AddressPool } from '../addresses.ts';
import {
  UnknownContainerError,
  type ContainerRef,
  type ContainerSpec,
  type ContainerUsage,
  type Environment,
  type LogRequest,
  type RunState,
  type Runtime,
  type RuntimeContainer,
  type RuntimeFeatures,
  type RuntimePod,
  type Sandbox,
  type SandboxSpec,
} from '../runtime.ts';
import { lifetimeOf, startsAfter, stopsAfter, usageSaid } from './lifetime.ts';

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly startDelayMs?: Millis;
  readonly podCidr?: string;
}

interface SimulatedContainer {
  readonly ref: ContainerRef;
  readonly ended: Promise<void>;
  readonly end: () => void;
  state: RunState;
  /** When it ends, if that is known. */
  ending?: { at: Millis; timer: Timer };
}

interface SimulatedPod {
  readonly sandbox: Sandbox;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: Map<string, SimulatedContainer>;
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): Runtime {
  return new SimulatedRuntime(options);
}

class SimulatedRuntime implements Runtime {
  readonly name = 'simulated';
  readonly version = '0.1';
  readonly features: RuntimeFeatures;
  readonly facts = {};
  readonly #clock: Clock;
  readonly #startDelayMs: Millis;
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #subscribers = new Set<(podUid: string) => void>();

  constructor({ clock, random, startDelayMs = 0, podCidr = '10.64.0.0/10' }: SimulatedRuntimeOptions) {
    this.#clock = clock;
    this.#startDelayMs = startDelayMs;
    this.features = { images: true, volumes: 'ignored', network: false, sharedPorts: false, startsAtOnce: startDelayMs === 0 };
    this.#addresses = new AddressPool(podCidr, random);
  }

  async list(podUid?: string): Promise<readonly RuntimePod[]> {
    const pods = podUid === undefined ? [...this.#pods.values()] : [this.#pods.get(podUid)].filter((pod) => pod !== undefined);
    return pods.map(({ sandbox, containers }) => ({
      sandbox,
      containers: [...containers].map(([id, container]) => viewOf(id, container)),
    }));
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    this.#subscribers.add(changed);
    return { close: () => this.#subscribers.delete(changed) };
  }

  async ensureSandbox({ podUid, namespace, name, annotations }: SandboxSpec): Promise<Sandbox> {
    const known = this.#pods.get(podUid);
    if (known) return known.sandbox;
    const sandbox: Sandbox = { podUid, namespace, name, ip: this.#addresses.take() };
    this.#pods.set(podUid, { sandbox, annotations, containers: new Map() });
    return sandbox;
  }

  async removeSandbox(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (!pod) return;
    for (const { ref, state } of pod.containers.values()) {
      if (state.kind === 'running') throw new Error(`pod ${podUid} cannot be removed: its container ${ref.name} is running`);
    }
    this.#pods.delete(podUid);
    this.#addresses.release(pod.sandbox.ip);
  }

  variables(_container: ContainerRef, { ip }: Sandbox): Environment {
    return { POD_IP: ip, HOST: ip };
  }

  async start({ podUid, name, attempt }: ContainerSpec, signal?: AbortSignal): Promise<string> {
    const pod = this.#pods.get(podUid);
    if (!pod) throw new Error(`pod ${podUid} has no sandbox`);
    const id = `${podUid}/${name}/${attempt}`;
    if (pod.containers.has(id)) throw new Error(`container ${id} was started before`);
    const delayMs = startsAfter(pod.annotations, name) ?? this.#startDelayMs;
    if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    const state: RunState = { kind: 'running', startedAt: this.#clock.now() };
    const container: SimulatedContainer = { ref: { podUid, name, attempt }, ended: promise, end: resolve, state };
    pod.containers.set(id, container);
    const life = lifetimeOf(pod.annotations, name);
    if (life) this.#endAfter(container, life.ms, life.exitCode);
    return id;
  }

  async stop(id: string, graceMs: Millis): Promise<void> {
    const container = this.#find(id);
    const { annotations } = this.#pods.get(container.ref.podUid)!;
    const needs = stopsAfter(annotations, container.ref.name);
    if (graceMs === 0 || needs > graceMs) this.#endAfter(container, graceMs, 137);
    else this.#endAfter(container, needs, 143);
    await container.ended;
  }

  async remove(id: string): Promise<void> {
    const container = this.#find(id);
    if (container.state.kind === 'running') throw new Error(`container ${id} cannot be removed: it is running`);
    this.#pods.get(container.ref.podUid)?.containers.delete(id);
  }

  async *logs(id: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { ended } = this.#find(id);
    yield Buffer.from('This container is simulated: it writes no log.\n');
    if (!request.follow || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([ended, promise]);
  }

  async exec(id: string): Promise<number> {
    if (this.#find(id).state.kind !== 'running') throw new Error(`container ${id} is not running`);
    return 0;
  }

  async feed(id: string): Promise<void> {
    if (this.#find(id).state.kind !== 'running') throw new Error(`container ${id} is not running`);
  }

  async wildcardPorts(): Promise<readonly number[]> {
    return [];
  }

  async usage(podUids: readonly string[]): Promise<readonly ContainerUsage[]> {
    const pods = podUids.map((uid) => this.#pods.get(uid)).filter((pod) => pod !== undefined);
    const at = this.#clock.now();
    return pods.flatMap(({ annotations, containers }) =>
      [...containers.values()].flatMap(({ ref, state }) => {
        const { cores, memoryBytes } = usageSaid(annotations, ref.name);
        return state.kind === 'running' ? [{ ...ref, at, cpuNanos: cores * (at - state.startedAt) * 1e6, memoryBytes }] : [];
      }),
    );
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
    for (const { containers } of this.#pods.values()) for (const { ending } of containers.values()) ending?.timer.cancel();
  }

  /** The earliest end counts. */
  #endAfter(container: SimulatedContainer, ms: Millis, exitCode: number): void {
    const at = this.#clock.now() + ms;
    if (container.ending && container.ending.at <= at) return;
    container.ending?.timer.cancel();
    if (ms === 0) return this.#end(container, exitCode);
    container.ending = { at, timer: this.#clock.after(ms, () => this.#end(container, exitCode)) };
  }

  #end(container: SimulatedContainer, exitCode: number): void {
    const { state } = container;
    if (state.kind === 'exited') return;
    container.state = { kind: 'exited', startedAt: state.startedAt, finishedAt: this.#clock.now(), exitCode };
    container.end();
    for (const changed of this.#subscribers) changed(container.ref.podUid);
  }

  #find(id: string): SimulatedContainer {
    const [podUid = ''] = id.split('/');
    const container = this.#pods.get(podUid)?.containers.get(id);
    if (!container) throw new UnknownContainerError(id);
    return container;
  }
}

function viewOf(id: string, { ref, state }: SimulatedContainer): RuntimeContainer {
  return { ...ref, id, state };
}
