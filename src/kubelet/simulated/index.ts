/** Pods that run on the clock alone: no processes, no sockets, no timer for a pod that just runs. For tests, forecasts and scale. */
import type { Clock, Millis, Random, Timer } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import { AddressPool } from '../addresses.ts';
import {
  UnknownContainerError,
  type ContainerRef,
  type ContainerSpec,
  type ContainerUsage,
  type Environment,
  type Images,
  type LogRequest,
  type RunState,
  type Runtime,
  type RuntimeContainer,
  type RuntimeFeatures,
  type RuntimePod,
  type Sandbox,
  type SandboxSpec,
} from '../runtime.ts';
import { tasksOf, type Tasks } from '../tasks.ts';
import { simulatedImages } from './images.ts';
import { lifetimeOf, saysWhenItStarts, startsAfter, stopsAfter, usageSaid } from './lifetime.ts';
import { containerId, reportedContainers } from './reported.ts';

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly startDelayMs?: Millis;
  readonly podCidr?: string;
}

interface SimulatedPod extends RuntimePod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly tasks: Tasks | undefined;
}

/** Of a container whose end is known or waited for. */
interface Ending {
  readonly ended: PromiseWithResolvers<void>;
  due?: { readonly at: Millis; readonly timer: Timer };
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
  /** By container id. */
  readonly #endings = new Map<string, Ending>();
  readonly #subscribers = new Set<(podUid: string) => void>();

  constructor({ clock, random, startDelayMs = 0, podCidr = '10.64.0.0/10' }: SimulatedRuntimeOptions) {
    this.#clock = clock;
    this.#startDelayMs = startDelayMs;
    const starts: RuntimeFeatures['starts'] = (annotations) => (startDelayMs > 0 || saysWhenItStarts(annotations) ? 'late' : 'atOnce');
    this.features = {
      images: true,
      volumes: 'ignored',
      network: false,
      sharedPorts: false,
      recursiveReadOnly: true,
      strictGroups: true,
      starts,
    };
    this.#addresses = new AddressPool(podCidr, random);
  }

  async list(podUid?: string): Promise<readonly RuntimePod[]> {
    if (podUid === undefined) return [...this.#pods.values()];
    const pod = this.#pods.get(podUid);
    return pod ? [pod] : NO_PODS;
  }

  adopt(pod: Pod): void {
    const { uid = '', namespace = 'default', name, annotations = {} } = pod.metadata;
    const containers = reportedContainers(pod, this.#clock.now());
    if (containers.length === 0 || this.#pods.has(uid)) return;
    const known = pod.status?.podIP;
    const ip = known && this.#addresses.claim(known) ? known : this.#addresses.take();
    const adopted: SimulatedPod = { sandbox: { podUid: uid, namespace, name, ip }, annotations, tasks: tasksOf(pod), containers };
    this.#pods.set(uid, adopted);
    for (const container of containers) this.#live(container, adopted);
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    this.#subscribers.add(changed);
    return { close: () => this.#subscribers.delete(changed) };
  }

  async ensureSandbox({ podUid, namespace, name, annotations, tasks }: SandboxSpec): Promise<Sandbox> {
    const known = this.#pods.get(podUid);
    if (known) return known.sandbox;
    const sandbox: Sandbox = { podUid, namespace, name, ip: this.#addresses.take() };
    this.#pods.set(podUid, { sandbox, annotations, tasks, containers: [] });
    return sandbox;
  }

  async removeSandbox(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (!pod) return;
    for (const { name, state } of pod.containers) {
      if (state.kind === 'running') throw new Error(`pod ${podUid} cannot be removed: its container ${name} is running`);
    }
    this.#pods.delete(podUid);
    this.#addresses.release(pod.sandbox.ip);
  }

  imagesFor(annotations: Readonly<Record<string, string>>, container: string): Images | undefined {
    return simulatedImages(annotations, container, this.#clock);
  }

  variables(_container: ContainerRef, { ip }: Sandbox): Environment {
    return { POD_IP: ip, HOST: ip };
  }

  async start({ podUid, name, attempt, image }: ContainerSpec, signal?: AbortSignal): Promise<string> {
    const { annotations, containers } = this.#podOf(podUid);
    const id = containerId(podUid, name, attempt);
    if (containers.some((each) => each.id === id)) throw new Error(`container ${id} was started before`);
    const delayMs = startsAfter(annotations, name) ?? this.#startDelayMs;
    if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
    const state: RunState = { kind: 'running', startedAt: this.#clock.now() };
    const container: RuntimeContainer = { id, podUid, name, attempt, asked: image, state };
    const pod = this.#podOf(podUid);
    this.#show(pod, pod.containers.concat(container));
    this.#live(container, pod);
    return id;
  }

  async resize(id: string): Promise<void> {
    if (this.#find(id).state.kind !== 'running') throw new Error(`container ${id} is not running`);
  }

  async stop(id: string, graceMs: Millis): Promise<void> {
    const container = this.#find(id);
    const needs = stopsAfter(this.#podOf(container.podUid).annotations, container.name);
    if (graceMs === 0 || needs > graceMs) this.#endAfter(container, graceMs, 137);
    else this.#endAfter(container, needs, 143);
    await this.#ended(id);
  }

  async remove(id: string): Promise<void> {
    const { podUid, state } = this.#find(id);
    if (state.kind === 'running') throw new Error(`container ${id} cannot be removed: it is running`);
    const pod = this.#podOf(podUid);
    this.#show(
      pod,
      pod.containers.filter((each) => each.id !== id),
    );
  }

  async *logs(id: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const ended = this.#ended(id);
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
      containers.flatMap(({ podUid, name, attempt, state }) => {
        const { cores, memoryBytes } = usageSaid(annotations, name);
        return state.kind === 'running' ? [{ podUid, name, attempt, at, cpuNanos: cores * (at - state.startedAt) * 1e6, memoryBytes }] : [];
      }),
    );
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
    for (const { due } of this.#endings.values()) due?.timer.cancel();
  }

  #live(container: RuntimeContainer, { annotations, tasks }: SimulatedPod): void {
    const life = lifetimeOf(annotations, container.name, tasks?.get(container.name));
    if (life) this.#endAfter(container, Math.max(0, container.state.startedAt + life.ms - this.#clock.now()), life.exitCode);
  }

  /** The earliest end counts. */
  #endAfter(container: RuntimeContainer, ms: Millis, exitCode: number): void {
    if (container.state.kind === 'exited') return;
    const ending = this.#endingOf(container.id);
    const at = this.#clock.now() + ms;
    if (ending.due && ending.due.at <= at) return;
    ending.due?.timer.cancel();
    if (ms === 0) return this.#end(container, exitCode);
    ending.due = { at, timer: this.#clock.after(ms, () => this.#end(container, exitCode)) };
  }

  #end(container: RuntimeContainer, exitCode: number): void {
    const pod = this.#podOf(container.podUid);
    const state: RunState = { kind: 'exited', startedAt: container.state.startedAt, finishedAt: this.#clock.now(), exitCode };
    this.#show(
      pod,
      pod.containers.map((each) => (each.id === container.id ? { ...each, state } : each)),
    );
    this.#endings.get(container.id)?.ended.resolve();
    this.#endings.delete(container.id);
    for (const changed of this.#subscribers) changed(container.podUid);
  }

  #ended(id: string): Promise<void> {
    return this.#find(id).state.kind === 'running' ? this.#endingOf(id).ended.promise : Promise.resolve();
  }

  #endingOf(id: string): Ending {
    const known = this.#endings.get(id);
    if (known) return known;
    const made: Ending = { ended: Promise.withResolvers<void>() };
    this.#endings.set(id, made);
    return made;
  }

  #show(pod: SimulatedPod, containers: readonly RuntimeContainer[]): void {
    this.#pods.set(pod.sandbox.podUid, { ...pod, containers });
  }

  #podOf(podUid: string): SimulatedPod {
    const pod = this.#pods.get(podUid);
    if (!pod) throw new Error(`pod ${podUid} has no sandbox`);
    return pod;
  }

  #find(id: string): RuntimeContainer {
    const [podUid = ''] = id.split('/');
    const container = this.#pods.get(podUid)?.containers.find((each) => each.id === id);
    if (!container) throw new UnknownContainerError(id);
    return container;
  }
}

const NO_PODS: readonly RuntimePod[] = [];
