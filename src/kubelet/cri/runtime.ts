import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Clock, Log, Millis } from '../../base/index.ts';
import { hostsFile } from '../podfiles/hosts.ts';
import { removeMemoryPlace } from '../podfiles/memoryplace.ts';
import type {
  ContainerSpec,
  ContainerStorage,
  ContainerUsage,
  Environment,
  ExecStreams,
  Images,
  Limits,
  LogRequest,
  MachineUsage,
  Runtime,
  RuntimeFeatures,
  RuntimePod,
  Sandbox,
  SandboxSpec,
} from '../runtime.ts';
import { CriError, unlessGone, type Connection } from './connection.ts';
import { resourcesOf } from './containerconfig.ts';
import type { HeldContainer, HeldPod } from './held.ts';
import { criImages } from './images.ts';
import { sandboxOf, writeConfig, type InventoryParts } from './inventory.ts';
import type { Layout } from './layout.ts';
import { logFiles, LogRotation } from './logrotation.ts';
import { HeldPods } from './pods.ts';
import { readLog } from './readlog.ts';
import { sandboxConfig } from './sandboxconfig.ts';
import { makeContainer, startContainer } from './starting.ts';
import { carryCommand, carryConnection, carryInput } from './streams.ts';
import { machineUsage, storageOf, usageOf } from './usage.ts';
import { watchRuntime } from './watch.ts';

export interface CriRuntimeOptions {
  /** The runtime's socket. */
  readonly socket: string;
  /** Where logs, volumes and what else a pod has on this machine lie. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The address of pods that use the machine's network. */
  readonly hostIP: string;
}

export class CriRuntime implements Runtime {
  readonly name: string;
  readonly version: string;
  readonly features: RuntimeFeatures;
  readonly facts: Readonly<Record<string, string>>;
  readonly images: Images;
  readonly #parts: InventoryParts;
  readonly #connection: Connection;
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #rotation: LogRotation;
  readonly #closing = new AbortController();
  readonly #pods: HeldPods;
  readonly #watching: Promise<void>;

  constructor(
    { socket, clock, log }: CriRuntimeOptions,
    parts: InventoryParts,
    { name, version, features }: Pick<Runtime, 'name' | 'version' | 'features'>,
    pods: ReadonlyMap<string, HeldPod>,
  ) {
    this.name = name;
    this.version = version;
    this.features = features;
    this.facts = { 'cri-socket': socket };
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#layout = parts.layout;
    this.#clock = clock;
    this.images = criImages(parts.connection);
    this.#pods = new HeldPods(parts, pods, this.#closing.signal);
    this.#rotation = new LogRotation({
      clock,
      logs: () => this.#pods.running().map(({ id, ref }) => ({ id, path: this.#layout.log(ref) })),
      reopen: (id) => this.#connection.runtime.reopenContainerLog({ id }),
    });
    if (this.#pods.running().length > 0) this.#rotation.wake();
    this.#watching = watchRuntime({
      connection: parts.connection,
      clock,
      log,
      signal: this.#closing.signal,
      ended: (id) => void this.#pods.heardOf(id),
      relist: () => this.#pods.relist(),
    });
  }

  async list(podUid?: string): Promise<readonly RuntimePod[]> {
    return this.#pods.list(podUid);
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    return this.#pods.subscribe(changed);
  }

  async ensureSandbox(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox> {
    const known = this.#pods.get(spec.podUid);
    if (known && !known.broken) return known.sandbox;
    const { runtime } = this.#connection;
    const paths = this.#layout.pod(spec.podUid);
    const attempt = known ? known.config.metadata.attempt + 1 : 0;
    const config = sandboxConfig(spec, attempt, paths.logs, this.#parts.owner);
    if (known) await runtime.stopPodSandbox({ id: known.sandboxIds[0] });
    writeConfig(this.#layout, config);
    const { id } = await runtime.runPodSandbox({ config, ...(spec.handler ? { runtimeHandler: spec.handler } : {}) }, { signal });
    const sandbox = await sandboxOf(this.#parts, id, config);
    if (!sandbox.ip) throw new Error(`the container runtime gave pod ${spec.namespace}/${spec.name} no address`);
    writeFileSync(paths.hosts, hostsFile(spec, sandbox.ip, readFileSync('/etc/hosts', 'utf8')));
    this.#pods.put({
      sandbox,
      config,
      sandboxIds: [id, ...(known?.sandboxIds ?? [])],
      broken: false,
      containers: known?.containers ?? new Map(),
    });
    return sandbox;
  }

  async removeSandbox(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (!pod) return;
    const running = [...pod.containers.values()].find(({ finished }) => !finished);
    if (running) throw new Error(`pod ${podUid} cannot be removed: its container ${running.ref.name} is running`);
    const { runtime } = this.#connection;
    for (const id of pod.sandboxIds) {
      await runtime.stopPodSandbox({ id });
      await runtime.removePodSandbox({ id });
    }
    this.#pods.delete(podUid);
    if (pod.sandbox.memoryVolumes) await removeMemoryPlace(pod.sandbox.memoryVolumes);
    await rm(this.#layout.pod(podUid).directory, { recursive: true, force: true });
  }

  /** A container has an address of its own: nothing needs to tell it. */
  variables(): Environment {
    return {};
  }

  async start(spec: ContainerSpec): Promise<string> {
    const id = await makeContainer(this.#parts, spec, this.#pods.withSandbox(spec.podUid));
    await this.#pods.start(id, () => startContainer(this.#parts, id, spec.podUid));
    this.#rotation.wake();
    return id;
  }

  async resize(id: string, limits: Limits): Promise<void> {
    this.#pods.findRunning(id);
    await this.#connection.runtime.updateContainerResources({ containerId: id, linux: resourcesOf(limits) });
  }

  async stop(id: string, graceMs: Millis): Promise<void> {
    const held = this.#pods.find(id);
    if (held.finished) return;
    const patience = await this.#signal(held, graceMs);
    await this.#connection.runtime.stopContainer({ id, timeout: Math.ceil(patience / 1000) }).catch(unlessGone);
    await this.#pods.heardOf(id);
  }

  async remove(id: string): Promise<void> {
    const held = this.#pods.find(id);
    if (!held.finished) throw new Error(`container ${id} cannot be removed: it is running`);
    await this.#connection.runtime.removeContainer({ id });
    this.#pods.forget(held);
    for (const path of [...logFiles(this.#layout.log(held.ref)), this.#layout.lastWord(held.ref)]) await rm(path, { force: true });
  }

  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const held = this.#pods.find(id);
    return readLog(this.#layout.log(held.ref), held, request, signal);
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    this.#pods.findRunning(id);
    const { runtime } = this.#connection;
    if (streams.atEnd) {
      const { stdout, stderr, exitCode } = await runtime.execSync({ containerId: id, cmd: command }, { signal });
      await streams.stdout(stdout);
      await streams.stderr(stderr);
      return exitCode;
    }
    const tty = streams.terminal !== undefined;
    const stdin = streams.stdin !== undefined;
    const { url } = await runtime.exec({ containerId: id, cmd: command, tty, stdin, stdout: true, stderr: !tty }, { signal });
    return carryCommand(url, streams, signal);
  }

  async attach(id: string, streams: ExecStreams, signal: AbortSignal): Promise<void> {
    this.#pods.findRunning(id);
    const tty = streams.terminal !== undefined;
    const stdin = streams.stdin !== undefined;
    const { url } = await this.#connection.runtime.attach({ containerId: id, tty, stdin, stdout: true, stderr: !tty }, { signal });
    await carryCommand(url, streams, signal);
  }

  async feed(id: string, stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.#pods.findRunning(id);
    const { url } = await this.#connection.runtime.attach({ containerId: id, tty: false, stdin: true, stdout: false, stderr: false });
    await carryInput(url, stdin, signal);
  }

  async dial(podUid: string, port: number): Promise<Duplex> {
    const { sandboxIds } = this.#pods.withSandbox(podUid);
    const { url } = await this.#connection.runtime.portForward({ podSandboxId: sandboxIds[0], port: [port] });
    return carryConnection(url, port);
  }

  usage(podUids: readonly string[]): Promise<readonly ContainerUsage[]> {
    return usageOf(this.#connection, this.#parts.owner, podUids);
  }

  storage(podUid: string): Promise<readonly ContainerStorage[]> {
    const own = this.#pods.running().filter(({ ref }) => ref.podUid === podUid);
    return storageOf(this.#parts, podUid, own);
  }

  async machineUsage(): Promise<MachineUsage> {
    return { at: this.#clock.now(), ...machineUsage() };
  }

  async wildcardPorts(): Promise<readonly number[]> {
    return [];
  }

  async halt(): Promise<void> {
    const idle = this.#pods.all().filter(({ containers }) => [...containers.values()].every(({ finished }) => finished));
    await Promise.all(idle.flatMap(({ sandboxIds }) => sandboxIds.map((id) => this.#connection.runtime.stopPodSandbox({ id }))));
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the runtime is closed'));
    this.#rotation.close();
    this.#connection.close();
    await this.#watching;
  }

  /** Sends another signal than the runtime would, where the container asks for one; gives what is left of the grace. */
  async #signal({ id, remembered, end }: HeldContainer, graceMs: Millis): Promise<Millis> {
    const number = constants.signals[remembered.stopSignal as NodeJS.Signals];
    if (number === undefined || graceMs === 0) return graceMs;
    try {
      await this.#connection.kill(id, number);
    } catch (error) {
      if (error instanceof CriError && error.code === 'Unimplemented') return graceMs;
      unlessGone(error);
    }
    const over = new AbortController();
    await Promise.race([end.then(() => over.abort()), this.#clock.sleep(graceMs, over.signal).catch(() => {})]);
    return 0;
  }
}
