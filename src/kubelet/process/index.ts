/** Pods as processes of this machine: a container is a process group that a small shell script holds, so that it outlives the daemon. */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { UserError, messageOf, type Clock, type Log, type Millis, type Random } from '../../base/index.ts';
import { AddressPool } from '../addresses.ts';
import { memoryPlace, removeMemoryPlace } from '../podfiles/memoryplace.ts';
import {
  StartRefusedError,
  UnknownContainerError,
  type ContainerRef,
  type ContainerSpec,
  type ContainerStorage,
  type ContainerUsage,
  type Environment,
  type ExecStreams,
  type Limits,
  type LogRequest,
  type MachineUsage,
  type Runtime,
  type RuntimeFeatures,
  type RuntimePod,
  type Sandbox,
  type SandboxSpec,
} from '../runtime.ts';
import { rootProblem } from '../security.ts';
import { bytesBelow, bytesOf } from '../volumes/usage.ts';
import { adoptPods, writePodFile, type Adopted } from './adopt.ts';
import { probeCgroups, removeGroups, resizeGroups } from './cgroups.ts';
import { execBeside } from './exec.ts';
import { factsOf } from './facts.ts';
import type { HeldContainer } from './held.ts';
import { feedInput } from './input.ts';
import { Layout, idOf } from './layout.ts';
import { wildcardListeners } from './listeners.ts';
import { MemoryWatch } from './memorywatch.ts';
import { nameMounts, writeNameFiles } from './namefiles.ts';
import { NO_MOUNTING, probeMounting, systemProgram } from './namespace.ts';
import { capabilitiesIn, privilegesOf, type PrivilegeMeans } from './privileges.ts';
import { readIfThere } from './procfs.ts';
import { readLog } from './readlog.ts';
import { readSettings, writeSettings } from './settings.ts';
import { SharedProcesses } from './shared.ts';
import { SHIM, startHeld, type Means } from './start.ts';
import { machineUsageIn, usageOf } from './usage.ts';
import { machineUser } from './users.ts';

export interface ProcessRuntimeOptions {
  /** Where pods, their logs and their state lie. */
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A range of loopback addresses, such as 127.64.0.0/12. */
  readonly podCidr: string;
  /** All that a container inherits of the machine's environment. */
  readonly inherited?: Environment;
  /** Of what this machine is able to do, what is not to be used. */
  readonly without?: readonly ('namespaces' | 'cgroups')[] | undefined;
}

export async function processRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const addresses = new AddressPool(options.podCidr, options.random);
  await probeAddress(addresses, options.podCidr);
  const layout = new Layout(options.dir);
  const { without = [] } = options;
  const mounting = without.includes('namespaces') ? NO_MOUNTING : await probeMounting(SHIM);
  const means: Means = {
    mounting,
    cgroups: without.includes('cgroups') ? undefined : probeCgroups(),
    privileges: privilegeMeans(mounting.by === 'none' ? mounting.because : undefined),
  };
  const adopted = await adoptPods(layout, options.clock);
  if (adopted.length > 0) {
    const running = adopted.flatMap(({ containers }) => containers).filter(({ state }) => state.kind === 'running').length;
    options.log.info({ pods: adopted.length, running }, 'pods adopted');
  }
  return new ProcessRuntime(options, layout, addresses, means, adopted);
}

class ProcessRuntime implements Runtime {
  readonly name = 'process';
  readonly version = '0.1';
  readonly features: RuntimeFeatures;
  readonly facts: Readonly<Record<string, string>>;
  readonly #means: Means;
  readonly #watch: MemoryWatch;
  readonly #options: ProcessRuntimeOptions;
  readonly #layout: Layout;
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, { sandbox: Sandbox; containers: Map<string, HeldContainer> }>();
  readonly #subscribers = new Set<(podUid: string) => void>();
  #closed = false;

  constructor(options: ProcessRuntimeOptions, layout: Layout, addresses: AddressPool, means: Means, adopted: readonly Adopted[]) {
    const mounted = means.mounting.by === 'namespace';
    this.features = {
      images: false,
      volumes: mounted ? 'mounted' : 'underRoot',
      network: true,
      sharedPorts: true,
      strictGroups: means.privileges.uid === 0,
    };
    this.facts = factsOf(means);
    this.#means = means;
    this.#watch = new MemoryWatch(options.clock);
    this.#options = options;
    this.#layout = layout;
    this.#addresses = addresses;
    for (const { sandbox, containers } of adopted) {
      addresses.claim(sandbox.ip);
      this.#pods.set(sandbox.podUid, { sandbox, containers: new Map() });
      for (const held of containers) this.#hold(held);
    }
  }

  async list(podUid?: string): Promise<readonly RuntimePod[]> {
    const pods = podUid === undefined ? [...this.#pods.values()] : [this.#pods.get(podUid)].filter((pod) => pod !== undefined);
    return pods.map(({ sandbox, containers }) => ({ sandbox, containers: [...containers.values()].map((held) => held.view) }));
  }

  subscribe(changed: (podUid: string) => void): { close(): void } {
    this.#subscribers.add(changed);
    return { close: () => this.#subscribers.delete(changed) };
  }

  async ensureSandbox(spec: SandboxSpec): Promise<Sandbox> {
    const { podUid, namespace, name, processes } = spec;
    const known = this.#pods.get(podUid);
    if (known) return known.sandbox;
    const memoryVolumes = memoryPlace(podUid);
    const places = { volumes: this.#layout.volumes(podUid), ...(memoryVolumes ? { memoryVolumes } : {}) };
    const sandbox: Sandbox = { podUid, namespace, name, ip: this.#addresses.take(), ...places, ...(processes ? { processes } : {}) };
    try {
      writePodFile(this.#layout, sandbox);
      writeNameFiles(this.#layout.pod(podUid), spec, sandbox.ip);
    } catch (error) {
      this.#addresses.release(sandbox.ip);
      throw error;
    }
    this.#pods.set(podUid, { sandbox, containers: new Map() });
    return sandbox;
  }

  async removeSandbox(podUid: string): Promise<void> {
    const pod = this.#pods.get(podUid);
    if (!pod) return;
    const running = [...pod.containers.values()].find((held) => held.state.kind === 'running');
    if (running) throw new Error(`pod ${podUid} cannot be removed: its container ${running.ref.name} is running`);
    this.#pods.delete(podUid);
    this.#shared(podUid).end();
    for (const { paths } of pod.containers.values()) removeGroups(readIfThere(paths.cgroups) ?? '');
    // Without its file the pod is gone, however much of the rest a crash leaves.
    await rm(this.#layout.podFile(podUid), { force: true });
    if (pod.sandbox.memoryVolumes) await removeMemoryPlace(pod.sandbox.memoryVolumes);
    await rm(this.#layout.pod(podUid), { recursive: true, force: true });
    this.#addresses.release(pod.sandbox.ip);
  }

  variables(container: ContainerRef, { ip }: Sandbox): Environment {
    const root = this.#means.mounting.by === 'namespace' ? '/' : this.#layout.attempt(container).root;
    return { ...this.#inherited, POD_IP: ip, HOST: ip, SLIPWAY_ROOT: root };
  }

  get #inherited(): Environment {
    const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
    return this.#options.inherited ?? { PATH, HOME };
  }

  async start(spec: ContainerSpec): Promise<string> {
    const pod = this.#pods.get(spec.podUid);
    if (!pod) throw new Error(`pod ${spec.podUid} has no sandbox`);
    const id = idOf(spec);
    if (pod.containers.has(id)) throw new Error(`container ${id} was started before`);
    const as = this.#privileges(spec, pod.sandbox);
    const processes = await this.#processes(pod.sandbox, spec.target);
    const env = { ...this.variables(spec, pod.sandbox), ...spec.env };
    const { user } = spec.security ?? {};
    if (user !== undefined && env['HOME'] === this.#inherited['HOME']) env['HOME'] = machineUser(user).home;
    const names = this.#means.mounting.by === 'namespace' ? nameMounts(this.#layout.pod(spec.podUid), spec.mounts) : [];
    const mounts = [...names, ...spec.mounts];
    const held = await startHeld({ ...spec, env, mounts }, this.#layout.attempt(spec), this.#options.clock, this.#means, { as, processes });
    // A runtime that was closed meanwhile leaves the container to its successor.
    if (this.#closed) held.close();
    else this.#hold(held);
    return id;
  }

  async resize(id: string, limits: Limits): Promise<void> {
    const held = this.#find(id);
    if (held.state.kind !== 'running') throw new Error(`container ${id} is not running`);
    const groups = readIfThere(held.paths.cgroups);
    if (groups) return resizeGroups(groups, limits);
    if (limits.memoryBytes === undefined) return;
    writeSettings(held.paths, { ...readSettings(held.paths), watchedBytes: limits.memoryBytes });
    this.#watchMemory(held);
  }

  async stop(id: string, graceMs: Millis): Promise<void> {
    await this.#find(id).stop(graceMs);
  }

  async remove(id: string): Promise<void> {
    const held = this.#find(id);
    if (held.state.kind === 'running') throw new Error(`container ${id} cannot be removed: it is running`);
    this.#pods.get(held.ref.podUid)?.containers.delete(id);
    const { directory, log, aside, times } = held.paths;
    // The log first: an attempt without its directory is not found again.
    for (const path of [log, aside, times, directory]) await rm(path, { recursive: true, force: true });
  }

  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const held = this.#find(id);
    return readLog(held.paths, held.log, request, this.#options.clock, signal);
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    const { identity, state, paths } = this.#find(id);
    if (!identity || state.kind !== 'running') throw new Error(`container ${id} is not running`);
    return execBeside({ identity, cgroups: paths.cgroups, ...readSettings(paths) }, command, streams, signal);
  }

  async feed(id: string, stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const held = this.#find(id);
    if (held.state.kind !== 'running') throw new Error(`container ${id} is not running`);
    await feedInput(held.paths.input, stdin, signal);
    held.endInput();
  }

  async wildcardPorts(podUid: string, ports: readonly number[]): Promise<readonly number[]> {
    const running = [...(this.#pods.get(podUid)?.containers.values() ?? [])].filter((held) => held.state.kind === 'running');
    return wildcardListeners(
      running.map((held) => held.identity).filter((identity) => identity !== undefined),
      ports,
    );
  }

  async usage(podUids: readonly string[]): Promise<readonly ContainerUsage[]> {
    const running = podUids
      .flatMap((uid) => [...(this.#pods.get(uid)?.containers.values() ?? [])])
      .filter(({ state }) => state.kind === 'running');
    return running.flatMap(({ ref, identity, paths }) =>
      identity ? [{ ...ref, at: this.#options.clock.now(), ...usageOf(identity, readIfThere(paths.cgroups)) }] : [],
    );
  }

  /** What a container writes to the paths of the machine is the machine's. */
  storage(podUid: string): Promise<readonly ContainerStorage[]> {
    const all = [...(this.#pods.get(podUid)?.containers.values() ?? [])];
    const running = all.filter(({ state }) => state.kind === 'running');
    return Promise.all(
      running.map(async ({ ref, paths }) => {
        const logs = all.flatMap((each) => (each.ref.name === ref.name ? [each.paths.log, each.paths.aside] : []));
        const bytes = await Promise.all([bytesBelow(paths.directory), ...logs.map(bytesOf)]);
        return { ...ref, bytes: bytes.reduce((sum, each) => sum + each, 0) };
      }),
    );
  }

  async machineUsage(): Promise<MachineUsage> {
    const found = machineUsageIn(readIfThere('/proc/stat') ?? '', readIfThere('/proc/meminfo') ?? '');
    return { at: this.#options.clock.now(), ...found };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    this.#subscribers.clear();
    for (const { containers } of this.#pods.values()) for (const held of containers.values()) held.close();
  }

  #hold(held: HeldContainer): void {
    this.#pods.get(held.ref.podUid)?.containers.set(held.id, held);
    // Also of one that has ended before its start was over.
    void held.ended.then(() => {
      this.#endShared(held.ref.podUid);
      for (const changed of this.#subscribers) changed(held.ref.podUid);
    });
    if (held.state.kind === 'running') this.#watchMemory(held);
  }

  #watchMemory(held: HeldContainer): void {
    const { watchedBytes } = readSettings(held.paths);
    if (watchedBytes !== undefined && held.identity) this.#watch.follow(held.identity, watchedBytes, held.paths.oom, held.ended);
  }

  /** The words that make a container's command run as who it should. */
  #privileges({ name, podUid, security }: ContainerSpec, sandbox: Sandbox): readonly string[] {
    if (!security) return [];
    const { privileges } = this.#means;
    const root = rootProblem(security, privileges, { podUid, namespace: sandbox.namespace, podName: sandbox.name, container: name });
    if (root !== undefined) throw new StartRefusedError('CreateContainerConfigError', root);
    const found = privilegesOf(security, privileges, machineUser);
    if (found.ok) return found.words;
    throw new StartRefusedError(
      'CreateContainerError',
      `the runtime process cannot give container ${name} what it asks for: ${found.problem}`,
    );
  }

  /** The command by which a container comes to its PID namespace. */
  async #processes({ podUid, processes: scope = 'container' }: Sandbox, target: string | undefined): Promise<string> {
    const { mounting } = this.#means;
    if (scope === 'host' || mounting.by === 'none' || mounting.processes.by === 'none') return '-';
    const { unshare, join } = mounting.processes;
    const seen = target && this.#find(target).identity;
    if (seen) return join(seen.pid);
    return scope === 'pod' ? join(await this.#shared(podUid).begin(unshare)) : unshare;
  }

  #shared(podUid: string): SharedProcesses {
    return new SharedProcesses(this.#layout.shared(podUid));
  }

  /** Once nothing of the pod runs, nothing has to be shared. */
  #endShared(podUid: string): void {
    const pod = this.#pods.get(podUid);
    if (pod?.sandbox.processes !== 'pod') return;
    if ([...pod.containers.values()].every((held) => held.state.kind === 'exited')) this.#shared(podUid).end();
  }

  #find(id: string): HeldContainer {
    const [podUid = ''] = id.split('/');
    const held = this.#pods.get(podUid)?.containers.get(id);
    if (!held) throw new UnknownContainerError(id);
    return held;
  }
}

function privilegeMeans(noMounts: string | undefined): PrivilegeMeans {
  const capabilities = capabilitiesIn(readIfThere('/proc/self/status') ?? '');
  return { uid: process.getuid?.() ?? 0, setpriv: systemProgram('setpriv'), noMounts, capabilities };
}

/** The addresses of the range must be this machine's own: on Linux all of 127.0.0.0/8 is, elsewhere it is not. */
async function probeAddress(addresses: AddressPool, cidr: string): Promise<void> {
  const address = addresses.take();
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  } catch (error) {
    throw new UserError(
      `pods cannot have addresses of ${cidr} on this machine (${messageOf(error)}): give a range of 127.0.0.0/8, on Linux`,
    );
  } finally {
    server.close();
    addresses.release(address);
  }
}
