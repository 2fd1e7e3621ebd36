import { isStatus, messageOf, WorkQueue, type Log, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { Node, Pod } from '../../model/index.ts';
import { isAsMade, isConditionTrue, type EventRecorder } from '../../status/index.ts';
import type { SourceKey } from '../environment/sources.ts';
import { Prober, type ProberOptions } from '../probes/prober.ts';
import type { RuntimePod } from '../runtime.ts';
import type { Tokens } from '../volumes/tokens.ts';
import { decide, decideOrphan, type Action, type Decision } from './decide.ts';
import { Grants } from './grants.ts';
import { emptyMemory, isSettled, NO_NAMES, NOTHING, noteSpec, outdate, showsOldFields, without, type PodMemory } from './memory.ts';
import { ALL_RESTARTING } from './podconditions.ts';
import { PodHooks } from './podhooks.ts';
import { PodResizes } from './podresizes.ts';
import { PodStarts } from './podstarts.ts';
import { PodStops } from './podstops.ts';
import { PodStorage } from './podstorage.ts';
import { PodVolumes } from './podvolumes.ts';
import { release, report } from './reporting.ts';
import { grantedBefore, sameSizes } from './resize.ts';
import type { SandboxParts } from './sandboxspec.ts';
import { startingOf, type StartParts } from './starting.ts';
import { tellerOf, type Tell } from './telling.ts';
import { grantNotice, type Notice } from './transitions.ts';
import { containerOf, type PodView } from './view.ts';

export interface WorkersOptions extends StartParts {
  readonly client: Client;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly tokens: Tokens;
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
  /** All pods of this node. */
  readonly pods: () => readonly Pod[];
  readonly ownNode: () => Node | undefined;
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
  readonly #tell: Tell;
  readonly #hooks: PodHooks;
  readonly #volumes: PodVolumes;
  readonly #storage: PodStorage;
  readonly #starts: PodStarts;
  readonly #stops: PodStops;
  readonly #resizes: PodResizes;
  readonly #grants: Grants;

  constructor(options: WorkersOptions) {
    const { clock, random, runtime, log } = options;
    const touch = (uid: string) => this.touch(uid);
    const tell = tellerOf(options.events);
    this.#options = options;
    this.#tell = tell;
    this.#hooks = new PodHooks({ runtime, clock, log, tell });
    this.#volumes = new PodVolumes(options);
    this.#storage = new PodStorage({ ...options, touch });
    const parts = { ...options, hooks: this.#hooks, tell, touch };
    this.#starts = new PodStarts({ ...parts, volumes: this.#volumes, pulled: (uid) => this.#pulled(uid) });
    this.#stops = new PodStops(parts);
    this.#resizes = new PodResizes(parts);
    this.#grants = new Grants({ ...options, granted: (uid) => this.#memories.get(uid)?.granted });
    this.#queue = new WorkQueue({
      clock,
      random,
      concurrency: CONCURRENCY,
      handle: (uid, signal) => this.#turn(uid, signal),
      failed: (uid, error, retryMs) => {
        if (!isStatus(error, 'Conflict')) log.warn({ podUid: uid, error: messageOf(error), retryMs }, 'pod worker failed');
      },
    });
    const tellOf =
      (reason: string, what: string): ProberOptions['failed'] =>
      ({ podUid, container }, kind, message) => {
        const pod = options.pod(podUid);
        if (pod) tell(pod, 'Warning', reason, `${kind[0]!.toUpperCase()}${kind.slice(1)} probe ${what}: ${message}`, container.name);
      };
    this.#prober = new Prober({
      clock,
      random,
      runtime,
      changed: touch,
      failed: tellOf('Unhealthy', 'failed'),
      warned: tellOf('ProbeWarning', 'warning'),
    });
  }

  /** The pod itself is other than it was, be it only by what is reported of it. */
  podChanged(uid: string): void {
    this.#queue.add(uid);
    for (const other of this.#grants.deferredBy(uid)) this.touch(other);
  }

  /** Something else about this pod may have changed. */
  touch(uid: string): void {
    const memory = this.#memories.get(uid);
    if (memory) memory.isStirred = true;
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
    memory.doom ??= { reason: 'Evicted', message, isPressing: true, isDisrupted: true };
    this.touch(uid);
  }

  async close(): Promise<void> {
    this.#hooks.close();
    this.#starts.close();
    for (const memory of this.#memories.values()) this.#storage.stop(memory);
    this.#prober.close();
    await this.#queue.close();
  }

  async #turn(uid: string, signal: AbortSignal): Promise<Millis | undefined> {
    const { runtime, client } = this.#options;
    const memory = this.#memoryOf(uid);
    const cached = this.#options.pod(uid);
    if (!cached) return this.#endOrphan(uid, memory);
    let pod = newer(cached, memory.written);
    if (pod === cached) memory.written = undefined;
    if (isSettled(memory, pod, this.#options.clock.now())) return this.#untilDue(memory);
    memory.settledAt = undefined;
    if (showsOldFields(memory, pod)) outdate(memory);
    noteSpec(memory, pod);
    let decision: Decision;
    let steps = 0;
    let isMoving: boolean;
    do {
      memory.isStirred = false;
      const [running] = await runtime.list(uid);
      const view = this.#view(pod, running, memory);
      this.#probe(view, memory);
      this.#storage.follow(pod, running, memory);
      decision = decide(view);
      this.#noteGrant(pod, memory, decision);
      // That it has been taken on, or begins anew, is to be seen before it runs, as on any node, where this turn takes its time.
      const begins = decision.actions.length > 0 && (!pod.status?.containerStatuses || beginsAnew(pod, decision));
      if (begins && startingOf(runtime, pod) === 'soon') pod = (await report(client, this.#tell, pod, decision.status(), memory)) ?? pod;
      const goesOn = decision.actions.length > 0 && (await this.#act(pod, running, decision.actions, memory, signal));
      // What has changed meanwhile is looked at before anything is told.
      isMoving = goesOn || memory.isStirred;
    } while (isMoving && ++steps < STEPS && !signal.aborted);
    if (signal.aborted) return undefined;
    const reported = (await report(client, this.#tell, pod, decision.status(), memory)) ?? pod;
    this.#noteDone(reported, memory, decision);
    if (decision.finished && !memory.deleted) await release(client, pod, memory);
    memory.settledAt = isMoving ? undefined : reported.metadata.resourceVersion;
    memory.dueAt = decision.dueAt;
    return this.#untilDue(memory);
  }

  /** In the same turn as the decision: what one pod is granted no other can be. What runs already keeps what it has for now. */
  #noteGrant(pod: Pod, memory: PodMemory, { grant, sizes }: Decision): void {
    this.#grants.note(pod.metadata.uid ?? '', grant?.refusal);
    if (!grant || memory.granted === grant.spec) return;
    if (!isAsMade(pod) && !sameSizes(grantedBefore({ pod, memory }), grant.spec)) {
      memory.sizes = sizes();
      memory.isResizing = true;
      this.#notify(pod, grantNotice(pod, 'ResizeStarted'));
    }
    memory.granted = grant.spec;
  }

  #noteDone(pod: Pod, memory: PodMemory, { isResizing, finished }: Decision): void {
    if (!memory.isResizing || isResizing || finished) return;
    memory.isResizing = false;
    this.#notify(pod, grantNotice(pod, 'ResizeCompleted'));
  }

  #notify(pod: Pod, { type, reason, message }: Notice): void {
    this.#tell(pod, type, reason, message);
  }

  #untilDue({ dueAt }: PodMemory): Millis | undefined {
    return dueAt === undefined ? undefined : Math.max(1, dueAt - this.#options.clock.now());
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
      probes: this.#results,
      memory,
      hostIP,
      share: this.#grants.share,
      node: this.#options.ownNode,
      now: clock.now(),
    };
  }

  readonly #results: PodView['probes'] = (id) => this.#prober.results(id);

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
  async #act(
    pod: Pod,
    running: RuntimePod | undefined,
    actions: readonly Action[],
    memory: PodMemory,
    signal: AbortSignal,
  ): Promise<boolean> {
    // What this pod asks for must be on disk before the world sees it.
    await this.#options.client.durable(pod.metadata.resourceVersion ?? '0');
    let again = false;
    for (const action of actions) {
      if (signal.aborted) return false;
      if (action.do === 'stop') this.#stops.stop(pod, action, memory);
      else await this.#do(pod, running, action, memory, signal);
      again ||= action.do !== 'stop';
    }
    return again;
  }

  #do(
    pod: Pod,
    running: RuntimePod | undefined,
    action: Exclude<Action, { do: 'stop' }>,
    memory: PodMemory,
    signal: AbortSignal,
  ): Promise<void> | undefined {
    switch (action.do) {
      case 'sandbox':
        return this.#starts.ensureSandbox(pod, signal);
      case 'volumes':
        return this.#starts.layVolumes(pod, memory);
      case 'start':
        return running && this.#starts.start(pod, action, running.sandbox, memory, signal);
      case 'resize':
        return this.#resizes.resize(pod, action, memory);
      case 'renew':
        memory.replaced = action.ended;
        memory.reset = action.reset;
        return undefined;
      case 'remove':
        memory.sizes = without(memory.sizes, action.id);
        return this.#options.runtime.remove(action.id);
    }
  }

  #pulled(uid: string): void {
    const memory = this.#memories.get(uid);
    if (memory) memory.pulling = NO_NAMES;
    this.#options.imagePulled();
    this.touch(uid);
  }

  async #endOrphan(uid: string, memory: PodMemory): Promise<undefined> {
    const { runtime } = this.#options;
    const [pod] = await runtime.list(uid);
    const { stop, remove } = pod ? decideOrphan(pod, memory.stopping) : { stop: [], remove: true };
    for (const { id, graceMs } of stop) this.#stops.stopById(uid, id, graceMs, memory);
    if (!remove) return;
    for (const id of memory.probed) this.#prober.forget(id);
    if (pod) await runtime.removeSandbox(uid);
    this.#memories.delete(uid);
    this.#grants.forget(uid);
    this.#starts.forget(uid);
    this.#volumes.forget(uid);
    this.#storage.stop(memory);
  }
}

function beginsAnew({ status }: Pod, { actions }: Decision): boolean {
  return actions[0]?.do === 'renew' || isConditionTrue(status?.conditions, ALL_RESTARTING);
}

function newer(cached: Pod, written: Pod | undefined): Pod {
  const isAhead = written && Number(written.metadata.resourceVersion) > Number(cached.metadata.resourceVersion);
  return isAhead && written.metadata.uid === cached.metadata.uid ? written : cached;
}
