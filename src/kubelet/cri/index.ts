/** Pods as real containers, by a runtime that speaks the Container Runtime Interface: containerd or CRI-O. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { UserError, messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import {
  StartRefusedError,
  UnknownContainerError,
  type ContainerSpec,
  type ContainerUsage,
  type Environment,
  type ExecStreams,
  type Images,
  type LogRequest,
  type MachineUsage,
  type Runtime,
  type RuntimeFeatures,
  type RuntimePod,
  type Sandbox,
  type SandboxSpec,
} from '../runtime.ts';
import { rootProblem } from '../security.ts';
import { connectRuntime, CriError, unlessGone, type Connection } from './connection.ts';
import { containerConfig } from './containerconfig.ts';
import { noteCriSocket } from './find.ts';
import { endsIn, HeldContainer, lostState, runningIn, type HeldPod } from './held.ts';
import { criImages } from './images.ts';
import { sandboxOf, takeInventory, writeConfig, type InventoryParts } from './inventory.ts';
import { Layout } from './layout.ts';
import { LogRotation } from './logrotation.ts';
import { readLog } from './readlog.ts';
import { hostsFile, sandboxConfig } from './sandboxconfig.ts';
import { carryCommand, carryConnection, carryInput } from './streams.ts';
import { machineUsage, usageOf } from './usage.ts';
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

/** How long a runtime may take to say what it is. */
const PATIENCE_MS: Millis = 5000;

/** Where Kubernetes looks for the seccomp profiles that pods name. */
const SECCOMP_FOLDER = '/var/lib/kubelet/seccomp/';

export async function criRuntime(options: CriRuntimeOptions): Promise<Runtime> {
  const connection = await connectRuntime(options.socket);
  try {
    const { runtimeName, runtimeVersion } = await connection.runtime.version({}, { signal: AbortSignal.timeout(PATIENCE_MS) });
    noteCriSocket(options.dir, options.socket);
    const layout = new Layout(options.dir);
    const owner = createHash('sha256').update(options.dir).digest('hex').slice(0, 16);
    const parts: InventoryParts = { connection, layout, owner, hostIP: options.hostIP };
    const pods = await takeInventory(parts, new Map());
    if (pods.size > 0) options.log.info({ pods: pods.size, running: runningIn(pods).length }, 'pods adopted');
    return new CriRuntime(options, parts, { name: runtimeName, version: runtimeVersion }, pods);
  } catch (error) {
    connection.close();
    throw new UserError(`the container runtime at ${options.socket} cannot be used: ${messageOf(error)}`);
  }
}

class CriRuntime implements Runtime {
  readonly name: string;
  readonly version: string;
  readonly features: RuntimeFeatures = { images: true, volumes: 'mounted', network: true, sharedPorts: false };
  readonly facts: Readonly<Record<string, string>>;
  readonly images: Images;
  readonly #parts: InventoryParts;
  readonly #connection: Connection;
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #rotation: LogRotation;
  readonly #subscribers = new Set<(podUid: string) => void>();
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  #pods: Map<string, HeldPod>;
  /** Containers that are being started, and those of them that have ended already. */
  readonly #starting = new Set<string>();
  readonly #endedEarly = new Set<string>();

  constructor(
    { socket, clock, log }: CriRuntimeOptions,
    parts: InventoryParts,
    { name, version }: { readonly name: string; readonly version: string },
    pods: ReadonlyMap<string, HeldPod>,
  ) {
    this.name = name;
    this.version = version;
    this.facts = { 'cri-socket': socket };
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#layout = parts.layout;
    this.#clock = clock;
    this.images = criImages(parts.connection);
    this.#pods = new Map(pods);
    this.#rotation = new LogRotation({
      clock,
      logs: () => runningIn(this.#pods).map(({ id, ref }) => ({ id, path: this.#layout.log(ref) })),
      reopen: (id) => this.#connection.runtime.reopenContainerLog({ id }),
    });
    if (runningIn(pods).length > 0) this.#rotation.wake();
    this.#watching = watchRuntime({
      connection: parts.connection,
      clock,
      log,
      signal: this.#closing.signal,
      ended: (id) => void this.#heardOf(id),
      relist: () => this.#relist(),
    });
  }

  async list(podUid?: string): Promise<readonly RuntimePod[]> {
    const pods = podUid === undefined ? [...this.#pods.values()] : [this.#pods.get(podUid)].filter((pod) => pod !== undefined);
    return pods.map(({ sandbox, broken, containers }) => ({
      sandbox,
      ...(broken ? { broken } : {}),
      containers: [...containers.values()].map(({ view }) => view),
    }));
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    this.#subscribers.add(changed);
    return { close: () => this.#subscribers.delete(changed) };
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
    this.#pods.set(spec.podUid, {
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
    if (pod.sandbox.memoryVolumes) await rm(pod.sandbox.memoryVolumes, { recursive: true, force: true });
    await rm(this.#layout.pod(podUid).directory, { recursive: true, force: true });
  }

  /** A container has an address of its own: nothing needs to tell it. */
  variables(): Environment {
    return {};
  }

  async start(spec: ContainerSpec): Promise<string> {
    const pod = this.#pods.get(spec.podUid);
    if (!pod) throw new Error(`pod ${spec.podUid} has no sandbox`);
    const there = [...pod.containers.values()].find(({ ref }) => ref.name === spec.name && ref.attempt === spec.attempt);
    if (there) throw new Error(`container ${there.id} was started before`);
    await this.#refuseRoot(spec, pod.sandbox);
    const { runtime } = this.#connection;
    const { id } = await runtime.createContainer({
      podSandboxId: pod.sandboxIds[0],
      config: containerConfig(spec, pod.config, this.#ownMounts(spec), SECCOMP_FOLDER),
      sandboxConfig: pod.config,
    });
    this.#starting.add(id);
    try {
      const refusal = await runtime.startContainer({ id }).then(
        () => undefined,
        (error: unknown) => error,
      );
      const { status } = await runtime.containerStatus({ id });
      if (refusal && status.state !== 'CONTAINER_EXITED') {
        await runtime.removeContainer({ id });
        throw refusal;
      }
      this.#hold(new HeldContainer(status, spec.podUid, this.#layout));
    } finally {
      this.#starting.delete(id);
    }
    if (this.#endedEarly.delete(id)) await this.#heardOf(id);
    return id;
  }

  async stop(id: string, graceMs: Millis): Promise<void> {
    const held = this.#find(id);
    if (held.finished) return;
    const patience = await this.#signal(held, graceMs);
    await this.#connection.runtime.stopContainer({ id, timeout: Math.ceil(patience / 1000) }).catch(unlessGone);
    await this.#heardOf(id);
  }

  async remove(id: string): Promise<void> {
    const held = this.#find(id);
    if (!held.finished) throw new Error(`container ${id} cannot be removed: it is running`);
    await this.#connection.runtime.removeContainer({ id });
    const pod = this.#pods.get(held.ref.podUid);
    if (pod) this.#pods.set(held.ref.podUid, { ...pod, containers: new Map([...pod.containers].filter(([other]) => other !== id)) });
    for (const path of [this.#layout.log(held.ref), this.#layout.lastWord(held.ref)]) await rm(path, { force: true });
  }

  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const held = this.#find(id);
    return readLog(this.#layout.log(held.ref), held, request, signal);
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    this.#findRunning(id);
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
    this.#findRunning(id);
    const tty = streams.terminal !== undefined;
    const stdin = streams.stdin !== undefined;
    const { url } = await this.#connection.runtime.attach({ containerId: id, tty, stdin, stdout: true, stderr: !tty }, { signal });
    await carryCommand(url, streams, signal);
  }

  async feed(id: string, stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.#findRunning(id);
    const { url } = await this.#connection.runtime.attach({ containerId: id, tty: false, stdin: true, stdout: false, stderr: false });
    await carryInput(url, stdin, signal);
  }

  async dial(podUid: string, port: number): Promise<Duplex> {
    const pod = this.#pods.get(podUid);
    if (!pod) throw new Error(`pod ${podUid} has no sandbox`);
    const { url } = await this.#connection.runtime.portForward({ podSandboxId: pod.sandboxIds[0], port: [port] });
    return carryConnection(url, port);
  }

  usage(podUids: readonly string[]): Promise<readonly ContainerUsage[]> {
    return usageOf(this.#connection, this.#parts.owner, podUids);
  }

  async machineUsage(): Promise<MachineUsage> {
    return { at: this.#clock.now(), ...machineUsage() };
  }

  async wildcardPorts(): Promise<readonly number[]> {
    return [];
  }

  async halt(): Promise<void> {
    const idle = [...this.#pods.values()].filter(({ containers }) => [...containers.values()].every(({ finished }) => finished));
    await Promise.all(idle.flatMap(({ sandboxIds }) => sandboxIds.map((id) => this.#connection.runtime.stopPodSandbox({ id }))));
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the runtime is closed'));
    this.#subscribers.clear();
    this.#rotation.close();
    this.#connection.close();
    await this.#watching;
  }

  async #refuseRoot({ podUid, name, image, security = {} }: ContainerSpec, { namespace, name: podName }: Sandbox): Promise<void> {
    if (!security.mustNotBeRoot) return;
    const found = await this.#connection.images.imageStatus({ image: { image } });
    const user = found.image?.username ? { name: found.image.username } : { uid: found.image?.uid?.value ?? 0 };
    const problem = rootProblem(security, user, { podUid, namespace, podName, container: name });
    if (problem !== undefined) throw new StartRefusedError('CreateContainerConfigError', problem);
  }

  /** What every container has beside its volumes: the names of its pod, and a place for a last word. */
  #ownMounts(spec: ContainerSpec) {
    const word = this.#layout.lastWord(spec);
    mkdirSync(dirname(this.#layout.log(spec)), { recursive: true });
    // Whoever the container runs as may write to it.
    if (spec.lastWord) writeFileSync(word, '', { mode: 0o666, flush: false });
    const mount = (hostPath: string, containerPath: string) => ({ hostPath, containerPath, readonly: false });
    return [mount(this.#layout.pod(spec.podUid).hosts, '/etc/hosts'), ...(spec.lastWord ? [mount(word, spec.lastWord.path)] : [])];
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

  #hold(held: HeldContainer): void {
    const pod = this.#pods.get(held.ref.podUid);
    if (!pod) return;
    this.#pods.set(held.ref.podUid, { ...pod, containers: new Map([...pod.containers, [held.id, held]]) });
    this.#rotation.wake();
  }

  /** The runtime said that this container or sandbox has ended; its own records follow a moment later. */
  async #heardOf(id: string): Promise<void> {
    if (this.#starting.has(id)) return void this.#endedEarly.add(id);
    const held = this.#lookUp(id);
    if (!held) return this.#sandboxEnded(id);
    for (let delay = 2; !held.finished && delay < LONGEST_DELAY_MS; delay *= 2) {
      const state = await this.#stateOf(held);
      if (state && held.take(state)) return this.#tell(held.ref.podUid);
      await this.#clock.sleep(delay, this.#closing.signal).catch(() => {});
      if (this.#closing.signal.aborted) return;
    }
  }

  async #stateOf(held: HeldContainer) {
    try {
      const { status } = await this.#connection.runtime.containerStatus({ id: held.id });
      return new HeldContainer(status, held.ref.podUid, this.#layout).view.state;
    } catch (error) {
      if (error instanceof CriError && error.code === 'NotFound') return lostState(held, this.#clock.now());
      return undefined;
    }
  }

  #sandboxEnded(id: string): void {
    const pod = [...this.#pods.values()].find(({ sandboxIds }) => sandboxIds[0] === id);
    if (!pod) return;
    this.#pods.set(pod.sandbox.podUid, { ...pod, broken: true });
    this.#tell(pod.sandbox.podUid);
  }

  /** What changed unseen is told; what is being made or removed meanwhile is left to who does it. */
  async #relist(): Promise<void> {
    const before = this.#pods;
    const finished = new Map([...before].map(([uid, pod]) => [uid, endsIn(pod)]));
    const found = await takeInventory(this.#parts, before);
    for (const [uid, pod] of before) {
      const now = found.get(uid);
      if (this.#pods.get(uid) !== pod || !now) continue;
      const containers = new Map([...pod.containers].filter(([id]) => now.containers.has(id)));
      const lost = containers.size < pod.containers.size;
      if (lost || pod.broken !== now.broken) this.#pods.set(uid, { ...pod, broken: now.broken, containers });
      if (lost || pod.broken !== now.broken || finished.get(uid) !== endsIn(pod)) this.#tell(uid);
    }
  }

  #tell(podUid: string): void {
    for (const changed of this.#subscribers) changed(podUid);
  }

  #lookUp(id: string): HeldContainer | undefined {
    for (const { containers } of this.#pods.values()) {
      const held = containers.get(id);
      if (held) return held;
    }
    return undefined;
  }

  #find(id: string): HeldContainer {
    const held = this.#lookUp(id);
    if (!held) throw new UnknownContainerError(id);
    return held;
  }

  #findRunning(id: string): HeldContainer {
    const held = this.#find(id);
    if (held.finished) throw new Error(`container ${id} is not running`);
    return held;
  }
}

const LONGEST_DELAY_MS: Millis = 5000;
