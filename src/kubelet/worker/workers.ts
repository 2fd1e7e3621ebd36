import { equalJson, isStatus, messageOf, WorkQueue, type Log, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { PODS, type Container, type Pod, type PodStatus } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import type { SourceKey } from '../environment/resolve.ts';
import { Prober } from '../probes/prober.ts';
import type { RuntimePod } from '../runtime.ts';
import type { Backoff } from './backoff.ts';
import { decide, decideOrphan, type Action, type Decision, type StopCause } from './decide.ts';
import { startContainer, type StartParts } from './starting.ts';
import { noticesOf } from './transitions.ts';
import type { PodView, StartFailure } from './view.ts';

export interface WorkersOptions extends StartParts {
  readonly client: Client;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventRecorder;
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
}

/** Workers that run at the same time. */
const CONCURRENCY = 16;

/** A turn takes at most this many steps before it reports what it has. */
const STEPS = 32;

interface PodMemory {
  readonly backoffs: Map<string, Backoff>;
  readonly failures: Map<string, StartFailure>;
  readonly stopping: Map<string, Millis>;
  readonly probed: Set<string>;
  /** The last status that was written: the cache may be behind it. */
  written?: Pod;
  deleted: boolean;
}

/** One worker a pod: a key in a queue, and little memory. */
export class PodWorkers {
  readonly #options: WorkersOptions;
  readonly #queue: WorkQueue<string>;
  readonly #prober: Prober;
  readonly #memories = new Map<string, PodMemory>();
  readonly #waiting = new Map<SourceKey, Set<string>>();

  constructor(options: WorkersOptions) {
    const { clock, random, runtime, log } = options;
    this.#options = options;
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
      failed: ({ podUid }, kind, message) => {
        const pod = options.pod(podUid);
        if (pod) this.#tell(pod, 'Warning', 'Unhealthy', `${kind[0]!.toUpperCase()}${kind.slice(1)} probe failed: ${message}`);
      },
    });
  }

  /** Something about this pod may have changed. */
  touch(uid: string): void {
    this.#queue.add(uid);
  }

  /** A ConfigMap or Secret is there, or has changed: who waited for it tries again. */
  sourceChanged(key: SourceKey): void {
    for (const uid of this.#waiting.get(key) ?? []) {
      this.#memories.get(uid)?.failures.clear();
      this.touch(uid);
    }
    this.#waiting.delete(key);
  }

  async close(): Promise<void> {
    this.#prober.close();
    await this.#queue.close();
  }

  async #turn(uid: string, signal: AbortSignal): Promise<Millis | undefined> {
    const memory = this.#memoryOf(uid);
    const cached = this.#options.pod(uid);
    if (!cached) return this.#endOrphan(uid, memory);
    const pod = newer(cached, memory.written);
    let decision: Decision;
    let steps = 0;
    do {
      const [running] = await this.#options.runtime.list(uid);
      const view = this.#view(pod, running, memory);
      this.#probe(view, memory);
      decision = decide(view);
    } while (++steps < STEPS && (await this.#act(pod, decision.actions, memory, signal)) && !signal.aborted);
    if (signal.aborted) return undefined;
    await this.#report(pod, decision.status, memory);
    if (decision.finished && !memory.deleted) await this.#release(pod, memory);
    return decision.dueAt === undefined ? undefined : Math.max(1, decision.dueAt - this.#options.clock.now());
  }

  #memoryOf(uid: string): PodMemory {
    const known = this.#memories.get(uid);
    if (known) return known;
    const made: PodMemory = { backoffs: new Map(), failures: new Map(), stopping: new Map(), probed: new Set(), deleted: false };
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
        if (memory.probed.delete(id)) this.#prober.forget(id);
        continue;
      }
      const container = containerOf(pod, name);
      if (!container || memory.probed.has(id)) continue;
      memory.probed.add(id);
      this.#prober.follow({ id, podUid: runtime.sandbox.podUid, ip: runtime.sandbox.ip, container, startedAt: state.startedAt });
    }
  }

  /** True when something was done whose outcome is to be decided upon at once. */
  async #act(pod: Pod, actions: readonly Action[], memory: PodMemory, signal: AbortSignal): Promise<boolean> {
    if (actions.length === 0) return false;
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
      case 'sandbox': {
        const { uid = '', namespace = 'default', name, annotations = {} } = pod.metadata;
        await runtime.ensureSandbox({ podUid: uid, namespace, name, annotations }, signal);
        return;
      }
      case 'start':
        return this.#start(pod, action, memory, signal);
      case 'remove':
        return runtime.remove(action.id);
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
    const started = await startContainer(this.#options, pod, container, attempt, running.sandbox, signal);
    if (!started.ok) {
      memory.failures.set(name, started.failure);
      this.#waitFor(uid, started.waitsFor);
      return;
    }
    memory.failures.delete(name);
    if (backoff) memory.backoffs.set(name, backoff);
    this.#tell(pod, 'Normal', 'Created', 'Container created');
    const [now] = await this.#options.runtime.list(uid);
    const state = now?.containers.find(({ id }) => id === started.id)?.state;
    if (state?.kind === 'exited' && state.reason === 'StartError') this.#tell(pod, 'Warning', 'Failed', `Error: ${state.message ?? ''}`);
    else this.#tell(pod, 'Normal', 'Started', 'Container started');
  }

  #waitFor(uid: string, key: SourceKey | undefined): void {
    if (!key) return;
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(uid));
  }

  /** The end is not awaited here: the runtime tells of it. */
  #stop(pod: Pod, { id, container, graceMs, cause }: Extract<Action, { do: 'stop' }>, memory: PodMemory): void {
    if (!memory.stopping.has(id)) this.#tell(pod, 'Normal', 'Killing', stopMessage(container, cause));
    this.#stopById(pod.metadata.uid ?? '', id, graceMs, memory);
  }

  #stopById(uid: string, id: string, graceMs: Millis, memory: PodMemory): void {
    const { runtime, clock, log } = this.#options;
    memory.stopping.set(id, clock.now() + graceMs);
    const forget = () => {
      memory.stopping.delete(id);
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
    for (const waiting of this.#waiting.values()) waiting.delete(uid);
  }

  async #report(pod: Pod, status: PodStatus, memory: PodMemory): Promise<void> {
    if (equalJson(pod.status ?? {}, status)) return;
    const notices = noticesOf(pod, status);
    try {
      memory.written = await this.#options.client.updateStatus(PODS, { ...pod, status });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      return;
    }
    for (const { type, reason, message } of notices) this.#tell(pod, type, reason, message);
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

  #tell(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.events.event({ kind: PODS, object: pod }, type, reason, message);
  }
}

function containerOf({ spec }: Pod, name: string): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find((container) => container.name === name);
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
    case 'podDeleted':
    case 'podEnded':
      return `Stopping container ${container}`;
  }
}
