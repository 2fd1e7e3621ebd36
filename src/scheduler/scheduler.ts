import { isStatus, messageOf, type Clock, type Log, type MetricFamily, type Random, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { NODES, PODS, SELECTED_NODE, type KindRef, type Pod } from '../model/index.ts';
import type { EventRecorder } from '../status/index.ts';
import { chooseNode } from './choose.ts';
import { explain, type Diagnosis } from './diagnosis.ts';
import { SchedulerMetrics } from './metrics.ts';
import { DEFAULT_SCHEDULER, News } from './news.ts';
import type { NodeView } from './nodeview.ts';
import type { Plugins } from './plugin.ts';
import { DEFAULT_PLUGINS } from './plugins/index.ts';
import { PodQueue, type QueuedPod } from './podqueue.ts';
import type { PodView } from './podview.ts';
import { evict } from './makeroom.ts';
import { choosePreemption, type Preemption } from './preempt.ts';
import { requestVolumes } from './provision.ts';
import { bind, writeNomination, writeNotScheduled } from './report.ts';
import { ClusterSnapshot } from './snapshot.ts';
import { ClusterSurroundings, SURROUNDING_KINDS } from './surroundings.ts';
import { claimsOf, provide, type Provision } from './volumes.ts';

/** The kinds that a server must serve. */
export const SCHEDULER_READS: readonly KindRef<unknown>[] = [PODS, NODES, ...SURROUNDING_KINDS];

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
  readonly recorder?: EventRecorder;
  /** Places the pods whose `schedulerName` this is. */
  readonly name?: string;
  readonly plugins?: Plugins;
}

export interface SchedulerCounts {
  readonly ready: number;
  readonly backingOff: number;
  readonly waiting: number;
  /** Nobody may place them yet. */
  readonly gated: number;
  readonly binding: number;
}

export interface Scheduler {
  counts(): SchedulerCounts;
  readonly families: readonly MetricFamily[];
}

const MOST_BINDINGS = 256;
/** How many nodes one turn looks at before others get theirs; each look takes about a microsecond. */
const LOOKS_A_TURN = 10_000;
/** What a cycle costs beyond its looks at nodes: an API in the same process writes the binding at once. */
const LOOKS_A_CYCLE = 250;

export function startScheduler(options: SchedulerOptions): Scheduler {
  return options.scope.use(new Placing(options));
}

/**
 * In its turn it reads the news and places one pod after the other. Placing is synchronous; bindings run beside it, and
 * what they will do is assumed in the snapshot from the start.
 */
class Placing implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #client: Client;
  readonly #plugins: Plugins;
  readonly #queue: PodQueue;
  readonly #snapshot: ClusterSnapshot;
  readonly #surroundings: ClusterSurroundings;
  readonly #news: News;
  readonly #metrics: SchedulerMetrics;
  readonly #writes = new Set<Promise<void>>();
  #binding = 0;
  #looks = 0;
  /** What this turn has chosen so far. */
  readonly #chosen: { readonly queued: QueuedPod; readonly node: string }[] = [];
  #state: 'filling' | 'idle' | 'awake' | 'closed' = 'filling';

  constructor(options: SchedulerOptions) {
    const { clock, log, name: schedulerName = DEFAULT_SCHEDULER, plugins = DEFAULT_PLUGINS } = options;
    const wake = () => this.#wake();
    const client = options.client.as('kube-scheduler');
    const queue = new PodQueue(clock, wake);
    const surroundings = new ClusterSurroundings(client, () => this.#news?.surroundingsChanged());
    const snapshot = new ClusterSnapshot(surroundings);
    this.#options = options;
    this.#client = client;
    this.#plugins = plugins;
    this.#queue = queue;
    this.#snapshot = snapshot;
    this.#surroundings = surroundings;
    this.#news = new News({ client, snapshot, surroundings, queue, plugins, schedulerName, wake });
    this.#metrics = new SchedulerMetrics(schedulerName, () => this.counts());
    this.#news.complete().then(
      () => this.#begin(),
      (error: unknown) => log.error({ error: messageOf(error) }, 'scheduler cannot read pods and nodes'),
    );
  }

  counts(): SchedulerCounts {
    return { ...this.#queue.count(), gated: this.#news.gated, binding: this.#binding };
  }

  get families(): readonly MetricFamily[] {
    return this.#metrics.families;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#news.close();
    this.#surroundings.close();
    this.#queue.close();
    await Promise.all(this.#writes);
  }

  #begin(): void {
    if (this.#state !== 'filling') return;
    this.#state = 'idle';
    this.#wake();
  }

  /** In a microtask, so that a burst of changes is read as one. */
  #wake(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'awake';
    queueMicrotask(() => this.#turn());
  }

  #turn(): void {
    if (this.#state !== 'awake') return;
    const done = this.#news.read() && this.#placeSome();
    this.#bindChosen();
    // A binding may be seen while it is being sent: such news is read in the next turn.
    if (done && !this.#news.isUnread) this.#state = 'idle';
    else setImmediate(() => this.#turn());
  }

  /** Says whether nothing is left to do now. */
  #placeSome(): boolean {
    for (let looks = 0; looks < LOOKS_A_TURN;) {
      if (this.#binding >= MOST_BINDINGS) return true;
      const queued = this.#queue.take((each) => this.#news.helps(each));
      if (!queued) return true;
      looks += LOOKS_A_CYCLE + this.#place(queued);
    }
    return false;
  }

  #place(queued: QueuedPod): number {
    const draw = { seed: Math.floor(this.#options.random.fraction() * 2 ** 32), start: this.#looks };
    const choice = chooseNode(queued.pod, this.#snapshot, this.#plugins, draw);
    this.#looks += choice.examined;
    if (choice.kind === 'refused') this.#refuse(queued, choice.diagnosis);
    else this.#take(queued, choice.node);
    return choice.examined;
  }

  #refuse(queued: QueuedPod, diagnosis: Diagnosis): void {
    this.#metrics.attempted('unschedulable');
    const { pod } = queued;
    const wide =
      diagnosis.nodes === 0 ||
      diagnosis.nowhere !== undefined ||
      this.#plugins.filters.some(({ name, scope }) => scope === 'cluster' && diagnosis.refusedBy.has(name));
    this.#queue.refused(queued, wide);
    const preemption = diagnosis.nodes === 0 ? undefined : choosePreemption(pod, diagnosis, this.#snapshot, this.#plugins);
    if (preemption && 'victims' in preemption) return this.#preempt(pod, preemption, diagnosis);
    // The room that was made for it is others' now.
    if (!preemption || preemption.isFutile) this.#news.dropNomination(pod.key);
    const nominated = this.#snapshot.nominationOf(pod.key);
    const message = explain(diagnosis, preemption?.why, pod.deviceClaims.length > 0);
    this.#report(pod.pod, { reason: 'Unschedulable', message, nominated });
  }

  /** The room that the victims leave is kept for the pod. */
  #preempt(pod: PodView, preemption: Preemption, diagnosis: Diagnosis): void {
    const { clock, log, recorder } = this.#options;
    const { node, victims } = preemption;
    this.#displace(this.#snapshot.nominated(node.name).filter((other) => other.priority < pod.priority));
    this.#snapshot.nominate(pod, node.name);
    this.#metrics.preempted(victims.length);
    this.#report(pod.pod, { reason: 'Unschedulable', message: explain(diagnosis), nominated: node.name });
    log.info({ pod: pod.key, node: node.name, victims: victims.map(({ key }) => key) }, 'pods make room for one of higher priority');
    const gone = evict(preemption, pod, this.#client, clock, recorder).catch((error: unknown) => {
      this.#snapshot.dropNomination(pod.key);
      this.#news.surroundingsChanged();
      log.warn({ pod: pod.key, error: messageOf(error) }, 'no room made');
    });
    this.#own(gone);
  }

  /** Those for whom room was made on a node that another takes now look for it elsewhere. */
  #displace(pods: readonly PodView[]): void {
    for (const { key, pod } of pods) {
      this.#snapshot.dropNomination(key);
      this.#queue.retry(key);
      this.#tellNomination(pod);
    }
  }

  #tellNomination(pod: Pod, node?: string): void {
    const written = writeNomination(this.#client, pod, node).catch((error: unknown) =>
      this.#notWritten(pod, 'nomination not written', error),
    );
    this.#own(written);
  }

  #take(queued: QueuedPod, node: NodeView): void {
    const claims = claimsOf(queued.pod, this.#surroundings);
    const provisions = typeof claims === 'string' ? undefined : provide(claims.waiting, node, this.#surroundings);
    if (provisions?.length) this.#awaitVolumes(queued, provisions, node.name);
    else this.#assume(queued, node);
  }

  /** The pod goes there once the volumes are there; room is kept for it until then. */
  #awaitVolumes(queued: QueuedPod, provisions: readonly Provision[], node: string): void {
    const { pod } = queued;
    const { log } = this.#options;
    this.#snapshot.nominate(pod, node);
    this.#queue.refused(queued, true);
    if (pod.pod.status?.nominatedNodeName !== node) this.#tellNomination(pod.pod, node);
    const isAsked = provisions.every(({ claim, volume }) => !volume && claim.metadata.annotations?.[SELECTED_NODE] === node);
    if (isAsked) return;
    const asked = requestVolumes(provisions, node, this.#client).catch((error: unknown) => {
      log.warn({ pod: pod.key, node, error: messageOf(error) }, 'volumes not requested');
    });
    this.#own(asked);
  }

  #assume(queued: QueuedPod, node: NodeView): void {
    this.#queue.placed(queued);
    this.#snapshot.place(queued.pod, node.name, 'assumed');
    this.#binding++;
    this.#chosen.push({ queued, node: node.name });
  }

  /** Those for whom this turn chose a node, all together: that is faster than between one choice and the next. */
  #bindChosen(): void {
    for (const { queued, node } of this.#chosen.splice(0)) this.#own(this.#bind(queued, node));
  }

  async #bind(queued: QueuedPod, node: string): Promise<void> {
    const { pod, key, uid } = queued.pod;
    const { log, recorder } = this.#options;
    try {
      await bind(this.#client, pod, node);
    } catch (error) {
      if (this.#state === 'closed') return;
      this.#news.takeBack(key, uid);
      this.#queue.failed(queued);
      // The pod has gone or has a node from elsewhere: the news will say so.
      if (isStatus(error, 'NotFound', 'Conflict')) return;
      this.#metrics.attempted('error');
      const message = `cannot assign the pod to ${node}: ${messageOf(error)}`;
      return this.#report(pod, { reason: 'SchedulerError', message, nominated: undefined });
    } finally {
      this.#binding--;
      this.#wake();
    }
    log.debug({ pod: key, node }, 'pod assigned');
    this.#metrics.attempted('scheduled');
    recorder?.event({ kind: PODS, object: pod }, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${node}`, { action: 'Binding' });
  }

  #report(pod: Pod, why: Parameters<typeof writeNotScheduled>[3]): void {
    const { clock, recorder } = this.#options;
    recorder?.event({ kind: PODS, object: pod }, 'Warning', 'FailedScheduling', why.message, { action: 'Scheduling' });
    const written = writeNotScheduled(this.#client, clock, pod, why).catch((error: unknown) =>
      this.#notWritten(pod, 'pod condition not written', error),
    );
    this.#own(written);
  }

  #notWritten({ metadata: { namespace, name: pod } }: Pod, what: string, error: unknown): void {
    // The pod has gone, and another may have its name.
    if (isStatus(error, 'NotFound', 'Conflict', 'Invalid')) return;
    this.#options.log.warn({ pod, namespace, error: messageOf(error) }, what);
  }

  /** Closing waits for what is being written. */
  #own(write: Promise<void>): void {
    this.#writes.add(write);
    void write.finally(() => this.#writes.delete(write));
  }
}
