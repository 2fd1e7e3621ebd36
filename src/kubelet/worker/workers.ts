import { equalJson, isStatus, messageOf, WorkQueue, type Log, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { PODS, type Container, type Pod, type PodStatus } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import type { SourceKey } from '../environment/sources.ts';
import { Prober } from '../probes/prober.ts';
import { ImagePuller } from '../images/puller.ts';
import type { RuntimePod } from '../runtime.ts';
import type { Tokens } from '../volumes/tokens.ts';
import { decide, decideOrphan, type Action, type Decision, type StopCause } from './decide.ts';
import { emptyMemory, having, NO_NAMES, NOTHING, outdate, showsOldFields, without, type PodMemory } from './memory.ts';
import { PodHooks, type PodHooksOptions } from './podhooks.ts';
import { PodVolumes } from './podvolumes.ts';
import { sandboxSpecOf, type SandboxParts } from './sandboxspec.ts';
import { startContainer, type StartParts } from './starting.ts';
import { noticesOf } from './transitions.ts';
import type { PodView } from './view.ts';

export interface WorkersOptions extends StartParts {
  readonly client: Client;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly tokens: Tokens;
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
  readonly sandbox: SandboxParts;
  /** There is an image more on the machine. */
  readonly imagePulled: () => void;
}

/** Workers that run at the same time. */
const CONCURRENCY = 16;

/** A turn takes at most this many steps before it reports what it has. */
const STEPS = 32;

/** One worker a pod: a key in a queue, and little memory. */
export class PodWorkers {
  readonly #options: WorkersOptions;
  readonly #queue: WorkQueue<string>;
  readonly #prober: Prober;
  readonly #memories = new Map<string, PodMemory>();
  readonly #hooks: PodHooks;
  readonly #volumes: PodVolumes;
  readonly #puller: ImagePuller | undefined;

  constructor(options: WorkersOptions) {
    const { clock, random, runtime, log } = options;
    this.#options = options;
    const tell: PodHooksOptions['tell'] = (pod, type, reason, message, container) => this.#tell(pod, type, reason, message, container);
    this.#hooks = new PodHooks({ runtime, clock, log, tell });
    this.#volumes = new PodVolumes({ ...options, touch: (uid) => this.touch(uid) });
    const { secret } = options.sources;
    this.#puller = runtime.images && new ImagePuller({ images: runtime.images, clock, secret, tell, done: (uid) => this.#pulled(uid) });
    this.#queue = new WorkQueue({
      clock,
      random,
      concurrency: CONCURRENCY,
      handle: (uid, signal) => this.#turn(uid, signal),
      failed: (uid, error, retryMs) => {
        if (!isStatus(error, 'Conflict')) log.warn({ podUid: uid, error: messageOf(error), retryMs }, 'pod worker failed');
      },
    });
    this.#prober = new Prober({
      clock,
      random,
      runtime,
      changed: (uid) => this.touch(uid),
      failed: ({ podUid, container }, kind, message) => {
        const pod = options.pod(podUid);
        if (pod)
          this.#tell(pod, 'Warning', 'Unhealthy', `${kind[0]!.toUpperCase()}${kind.slice(1)} probe failed: ${message}`, container.name);
      },
    });
  }

  /** Something about this pod may have changed. */
  touch(uid: string): void {
    this.#queue.add(uid);
  }

  /** A ConfigMap, Secret or claim is there, or has changed: who waited for it tries again, who has its files gets the new ones. */
  sourceChanged(key: SourceKey): void {
    for (const uid of this.#volumes.usersOf(key)) {
      const memory = this.#memories.get(uid);
      if (!memory) continue;
      memory.failures = NOTHING;
      outdate(memory);
      this.touch(uid);
    }
  }

  /** The node is short of what this pod takes. */
  evict(uid: string, message: string): void {
    const memory = this.#memoryOf(uid);
    memory.doom ??= { reason: 'Evicted', message, isPressing: true };
    this.touch(uid);
  }

  async close(): Promise<void> {
    this.#hooks.close();
    this.#puller?.close();
    for (const memory of this.#memories.values()) {
      memory.measuring?.cancel();
      delete memory.measuring;
    }
    this.#prober.close();
    await this.#queue.close();
  }

  async #turn(uid: string, signal: AbortSignal): Promise<Millis | undefined> {
    const memory = this.#memoryOf(uid);
    const cached = this.#options.pod(uid);
    if (!cached) return this.#endOrphan(uid, memory);
    let pod = newer(cached, memory.written);
    if (pod === cached) memory.written = undefined;
    if (showsOldFields(memory, pod)) outdate(memory);
    let decision: Decision;
    let steps = 0;
    do {
      const [running] = await this.#options.runtime.list(uid);
      const view = this.#view(pod, running, memory);
      this.#probe(view, memory);
      decision = decide(view);
      // That it has been taken on is to be seen before it runs, as on any node, where that takes its time.
      const isNew = !pod.status?.containerStatuses && decision.actions.length > 0;
      if (isNew && !this.#options.runtime.features.startsAtOnce) pod = (await this.#report(pod, decision.status(), memory)) ?? pod;
    } while (++steps < STEPS && decision.actions.length > 0 && (await this.#act(pod, decision.actions, memory, signal)) && !signal.aborted);
    if (signal.aborted) return undefined;
    await this.#report(pod, decision.status(), memory);
    if (decision.finished && !memory.deleted) await this.#release(pod, memory);
    return decision.dueAt === undefined ? undefined : Math.max(1, decision.dueAt - this.#options.clock.now());
  }

  #memoryOf(uid: string): PodMemory {
    const known = this.#memories.get(uid);
    if (known) return known;
    const made = emptyMemory();
    this.#memories.set(uid, made);
    return made;
  }

  #view(pod: Pod, runtimePod: RuntimePod | undefined, memory: PodMemory): PodView {
    const { runtime, hostIP, clock } = this.#options;
    return {
      pod,
      runtime: runtimePod,
      runtimeName: runtime.name,
      features: runtime.features,
      probes: (id) => this.#prober.results(id),
      memory,
      hostIP,
      now: clock.now(),
    };
  }

  /** Lets the running containers be asked, and those that have ended no more. */
  #probe({ pod, runtime }: PodView, memory: PodMemory): void {
    if (!this.#options.runtime.features.network || !runtime) return;
    for (const { id, name, state } of runtime.containers) {
      if (state.kind === 'exited') {
        if (!memory.probed.includes(id)) continue;
        memory.probed = memory.probed.filter((each) => each !== id);
        this.#prober.forget(id);
        continue;
      }
      const container = containerOf(pod, name);
      if (!container || memory.probed.includes(id)) continue;
      memory.probed = [...memory.probed, id];
      this.#prober.follow({ id, podUid: runtime.sandbox.podUid, ip: runtime.sandbox.ip, container, startedAt: state.startedAt });
    }
  }

  /** True when something was done whose outcome is to be decided upon at once. */
  async #act(pod: Pod, actions: readonly Action[], memory: PodMemory, signal: AbortSignal): Promise<boolean> {
    // What this pod asks for must be on disk before the world sees it.
    await this.#options.client.durable(pod.metadata.resourceVersion ?? '0');
    let again = false;
    for (const action of actions) {
      if (signal.aborted) return false;
      if (action.do === 'stop') {
        this.#stop(pod, action, memory);
      } else {
        await this.#do(pod, action, memory, signal);
        again = true;
      }
    }
    return again;
  }

  async #do(pod: Pod, action: Exclude<Action, { do: 'stop' }>, memory: PodMemory, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#options;
    switch (action.do) {
      case 'sandbox':
        return this.#ensureSandbox(pod, signal);
      case 'volumes':
        return this.#layVolumes(pod, memory);
      case 'start':
        return this.#start(pod, action, memory, signal);
      case 'remove':
        return runtime.remove(action.id);
    }
  }

  async #ensureSandbox(pod: Pod, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.runtime.ensureSandbox(sandboxSpecOf(pod, this.#options.sandbox), signal);
    } catch (error) {
      if (!signal.aborted) this.#tell(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
      throw error;
    }
  }

  async #start(
    pod: Pod,
    { container: name, attempt, backoff }: Extract<Action, { do: 'start' }>,
    memory: PodMemory,
    signal: AbortSignal,
  ): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const [running] = await this.#options.runtime.list(uid);
    const container = containerOf(pod, name);
    if (!running || !container) return;
    const image = (await this.#puller?.ensure(pod, container, attempt)) ?? 'ready';
    if (image !== 'ready') {
      if (image === 'pulling') memory.pulling = new Set(memory.pulling).add(name);
      else memory.failures = having(memory.failures, name, image);
      return;
    }
    const started = await startContainer(this.#options, pod, container, attempt, running.sandbox, memory.places, signal);
    if (!started.ok) {
      memory.failures = having(memory.failures, name, started.failure);
      if (started.waitsFor) this.#volumes.use(uid, [started.waitsFor]);
      return;
    }
    memory.failures = without(memory.failures, name);
    if (backoff) memory.backoffs = having(memory.backoffs, name, backoff);
    this.#tell(pod, 'Normal', 'Created', 'Container created', name);
    const [now] = await this.#options.runtime.list(uid);
    const state = now?.containers.find(({ id }) => id === started.id)?.state;
    if (state?.kind === 'exited' && state.reason === 'StartError') {
      this.#tell(pod, 'Warning', 'Failed', `Error: ${state.message ?? ''}`, name);
    } else {
      this.#tell(pod, 'Normal', 'Started', 'Container started', name);
    }
    if (state?.kind === 'running' && container.lifecycle?.postStart) void this.#postStart(pod, container, started.id, memory);
  }

  #pulled(uid: string): void {
    const memory = this.#memories.get(uid);
    if (memory) memory.pulling = NO_NAMES;
    this.#options.imagePulled();
    this.touch(uid);
  }

  async #layVolumes(pod: Pod, memory: PodMemory): Promise<void> {
    const problem = await this.#volumes.lay(pod, memory);
    if (problem !== undefined) this.#tell(pod, 'Warning', 'FailedMount', problem);
  }

  /** It is not awaited here: until it has done, the container counts as not started. */
  async #postStart(pod: Pod, container: Container, id: string, memory: PodMemory): Promise<void> {
    memory.hooks = having(memory.hooks, id, 'running');
    const done = await this.#hooks.postStart(pod, container, id);
    memory.hooks = done ? without(memory.hooks, id) : having(memory.hooks, id, 'failed');
    if (!this.#hooks.closed) this.touch(pod.metadata.uid ?? '');
  }

  /** The end is not awaited here: the runtime tells of it. */
  #stop(pod: Pod, { id, container, graceMs, cause }: Extract<Action, { do: 'stop' }>, memory: PodMemory): void {
    const first = !memory.stopping.has(id);
    if (first) this.#tell(pod, 'Normal', 'Killing', stopMessage(container, cause), container);
    const uid = pod.metadata.uid ?? '';
    const spec = containerOf(pod, container);
    if (!first || !spec?.lifecycle?.preStop || graceMs === 0) return this.#stopById(uid, id, graceMs, memory);
    memory.stopping = having(memory.stopping, id, this.#options.clock.now() + graceMs);
    void this.#hooks.preStop(pod, spec, id, graceMs).then((leftMs) => this.#stopById(uid, id, leftMs, memory));
  }

  #stopById(uid: string, id: string, graceMs: Millis, memory: PodMemory): void {
    const { runtime, clock, log } = this.#options;
    if (this.#hooks.closed) return;
    memory.stopping = having(memory.stopping, id, clock.now() + graceMs);
    const forget = () => {
      memory.stopping = without(memory.stopping, id);
      this.touch(uid);
    };
    runtime.stop(id, graceMs).then(forget, (error: unknown) => {
      log.warn({ container: id, error: messageOf(error) }, 'a container could not be stopped');
      forget();
    });
  }

  async #endOrphan(uid: string, memory: PodMemory): Promise<undefined> {
    const { runtime } = this.#options;
    const [pod] = await runtime.list(uid);
    const { stop, remove } = pod ? decideOrphan(pod, memory.stopping) : { stop: [], remove: true };
    for (const { id, graceMs } of stop) this.#stopById(uid, id, graceMs, memory);
    if (!remove) return;
    for (const id of memory.probed) this.#prober.forget(id);
    if (pod) await runtime.removeSandbox(uid);
    this.#memories.delete(uid);
    this.#puller?.forget(uid);
    this.#volumes.forget(uid, memory);
  }

  /** The pod as it was written; undefined when nothing had to be. */
  async #report(pod: Pod, status: PodStatus, memory: PodMemory): Promise<Pod | undefined> {
    if (equalJson(pod.status ?? {}, status)) return undefined;
    const notices = noticesOf(pod, status);
    try {
      memory.written = await this.#options.client.updateStatus(PODS, { ...pod, status });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      return undefined;
    }
    for (const { type, reason, message } of notices) this.#tell(pod, type, reason, message);
    return memory.written;
  }

  /** The last word: the pod goes from the API, this very one and no successor of its name. */
  async #release(pod: Pod, memory: PodMemory): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await this.#options.client.delete(
        { kind: PODS, name, ...(namespace ? { namespace } : {}) },
        { gracePeriodSeconds: 0, preconditions: uid ? { uid } : {} },
      );
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
    memory.deleted = true;
  }

  #tell(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const fieldPath = container === undefined ? undefined : containerPath(pod, container);
    this.#options.events.event({ kind: PODS, object: pod, fieldPath }, type, reason, message);
  }
}

/** As events name the part of a pod that they are about. */
function containerPath({ spec }: Pod, name: string): string {
  const lists = ['initContainers', 'ephemeralContainers'] as const;
  return `spec.${lists.find((list) => spec[list]?.some((container) => container.name === name)) ?? 'containers'}{${name}}`;
}

function containerOf({ spec }: Pod, name: string): Container | undefined {
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  return all.find((container) => container.name === name);
}

function newer(cached: Pod, written: Pod | undefined): Pod {
  const isAhead = written && Number(written.metadata.resourceVersion) > Number(cached.metadata.resourceVersion);
  return isAhead && written.metadata.uid === cached.metadata.uid ? written : cached;
}

function stopMessage(container: string, cause: StopCause): string {
  switch (cause) {
    case 'startupProbe':
      return `Container ${container} failed startup probe, will be restarted`;
    case 'livenessProbe':
      return `Container ${container} failed liveness probe, will be restarted`;
    case 'postStartHook':
      return 'FailedPostStartHook';
    case 'podDeleted':
    case 'podEnded':
      return `Stopping container ${container}`;
  }
}
