import { messageOf, UserError, WorkQueue, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client, Informer, InformerChange } from '../client/index.ts';
import {
  APPLICATIONS,
  CUSTOM_RESOURCE_DEFINITIONS,
  SYSTEM_NAMESPACE,
  type Application,
  type CustomResourceDefinition,
} from '../model/index.ts';
import { isEstablished } from './desired/definitions.ts';
import { DesiredBuilder } from './desired/desired.ts';
import { isLeftToItself } from './desired/directives.ts';
import { identityOf } from './desired/identity.ts';
import { KindLookup } from './desired/kinds.ts';
import { History } from './history/history.ts';
import { MANAGER } from './plan/changes.ts';
import { RenderArchive } from './render/archive.ts';
import { RenderCache } from './render/cache.ts';
import { CommitRefused } from './source/snapshot.ts';
import type { Source } from './source/source.ts';
import { ApplicationObjects, ORDERS, toKnown } from './sync/applications.ts';
import { Backoff } from './sync/backoff.ts';
import { answerDrift } from './sync/drift.ts';
import { explain, type LastLine } from './sync/explain.ts';
import { HealPace } from './sync/heal.ts';
import { Intake } from './sync/intake.ts';
import { SyncLoop } from './sync/loop.ts';
import { remember } from './sync/remember.ts';
import { SourceNote } from './sync/sourcenote.ts';
import { tellCommit, tellOrders } from './sync/tell.ts';
import type { PipelineEntry, PipelineObserver, SyncTools } from './sync/tools.ts';
import { ObjectWatch, type Drift } from './sync/watch.ts';
import { Veil } from './veil.ts';

export interface PipelineOptions {
  readonly source: Source;
  /** Validates what it writes: manifests come from outside. */
  readonly client: Client;
  /** Writes what the pipeline itself says of applications and plans, which needs no validation; `client` where it is left out. */
  readonly own?: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends the pipeline when it closes. */
  readonly scope: Scope;
  /** Into the journal. */
  readonly record: (entry: PipelineEntry) => void;
  readonly observer?: PipelineObserver;
  /** The last line that a pod wrote, to say why it fails. */
  readonly lastLine?: LastLine;
  /** Keys the marks that stand for Secrets; with one that is kept, they survive a restart. */
  readonly maskKey?: string;
  /** Where rendered files are kept, so that a restart need not read them again. */
  readonly renderArchive?: string;
}

export interface Pipeline {
  /** Resolves once every application of the first commit was tried, or when there is none that can be read. */
  readonly ready: Promise<void>;
}

/** How long health may move before it is written. */
const HEALTH_DELAY = 50;
/** Of manifests whose parsed form is kept in memory. */
const RENDER_BYTES = 64 * 1024 * 1024;
const SNAPSHOT_KEY = 'snapshot';

/** Follows the repository and keeps the cluster as its last commit says. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const archive = options.renderArchive === undefined ? undefined : await RenderArchive.open(options.renderArchive);
  const pipeline = new RunningPipeline(options, new RenderCache(RENDER_BYTES, archive));
  await pipeline.start(options.scope);
  return pipeline;
}

class RunningPipeline implements Pipeline {
  readonly ready: Promise<void>;
  readonly #tools: SyncTools;
  readonly #informer: Informer<Application>;
  readonly #snapshots: WorkQueue<typeof SNAPSHOT_KEY>;
  readonly #syncs: SyncLoop;
  readonly #cache: RenderCache;
  readonly #healPace: HealPace;
  readonly #note: SourceNote;
  readonly #untried = new Set<string>();
  #seen: string | undefined;
  #failure: string | undefined;
  #becomeReady: () => void = () => {};
  readonly #end = new AbortController();

  constructor(options: PipelineOptions, cache: RenderCache) {
    const { source, clock, random, log, record, observer = {}, maskKey } = options;
    this.#cache = cache;
    const client = options.client.as(MANAGER);
    const own = options.own?.as(MANAGER) ?? client;
    const veil = new Veil(maskKey ?? random.hex(32));
    const kinds = new KindLookup(client);
    this.#tools = {
      source,
      clock,
      random,
      log,
      record,
      client,
      observer,
      kinds,
      veil,
      intake: new Intake(new DesiredBuilder(kinds, veil), cache, () => clock.now()),
      history: new History(own, clock, random),
      applications: new ApplicationObjects(own),
      backoff: new Backoff(),
      explain: (targets) => explain(targets, { client, log, lastLine: options.lastLine ?? (async () => undefined) }),
      watch: new ObjectWatch(client, {
        drifted: (drift) => this.#drifted(drift),
        unsettled: (name) => this.#syncs.look(name, HEALTH_DELAY),
        moved: (name) => this.#syncs.request(name, HEALTH_DELAY),
      }),
    };
    this.#informer = client.informer(APPLICATIONS);
    this.#healPace = new HealPace(clock);
    this.#note = new SourceNote(this.#tools.applications, log);
    this.#snapshots = new WorkQueue({
      clock,
      random,
      handle: () => this.#take(),
      failed: (_key, error) => void this.#unreadable(error),
      firstRetryMs: 500,
    });
    this.#syncs = new SyncLoop({
      tools: this.#tools,
      present: (name) => this.#informer.get(`${SYSTEM_NAMESPACE}/${name}`),
      failed: (error, name) => this.#failed(error, name),
      tried: (name) => this.#tried(name),
      signal: this.#end.signal,
    });
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));
  }

  async start(scope: Scope): Promise<void> {
    scope.defer(() => this.#close());
    await this.#tools.applications.ensureNamespace();
    await remember(this.#tools, this.#informer.synced);
    scope.use(this.#informer.follow((change) => this.#applicationChanged(change)));
    const definitions = this.#tools.client.informer(CUSTOM_RESOURCE_DEFINITIONS);
    scope.use(definitions.follow((change) => this.#definitionChanged(change)));
    const changes = scope.use(
      this.#tools.source.changes(
        () => {
          this.#note.succeeded('following');
          this.#snapshots.add(SNAPSHOT_KEY);
        },
        (error) => {
          if (!this.#end.signal.aborted) this.#note.failed('following', error);
          this.#failed(error);
        },
      ),
    );
    await changes.ready;
    try {
      if ((await this.#tools.source.tip()) !== undefined) return;
      this.#tools.observer.empty?.();
      this.#becomeReady();
    } catch (error) {
      await this.#unreadable(error);
    }
  }

  async #take(): Promise<undefined> {
    const { source, intake } = this.#tools;
    const snapshot = await source.snapshot().catch(async (error: unknown) => {
      if (!(error instanceof CommitRefused)) throw error;
      await this.#unreadable(error);
    });
    if (!snapshot) return undefined;
    const { commit } = snapshot;
    if (commit.oid !== this.#seen) tellCommit(commit, this.#tools);
    const changed = await intake.take(snapshot, this.#informer.list(SYSTEM_NAMESPACE).map(toKnown));
    if (this.#seen === undefined) for (const { name } of changed) this.#untried.add(name);
    this.#seen = commit.oid;
    this.#failure = undefined;
    this.#note.succeeded('reading');
    for (const { name } of changed) this.#syncs.renew(name);
    this.#tried();
    await this.#cache.flush().catch((error: unknown) => this.#tools.log.warn({ error: messageOf(error) }, 'rendered files not kept'));
    return undefined;
  }

  #drifted(drift: Drift): void {
    const wanted = this.#tools.intake.get(drift.application);
    if (this.#end.signal.aborted || !wanted) return;
    const { name } = wanted;
    const identity = identityOf(drift.item);
    const isLeft = drift.after !== undefined && (isLeftToItself(drift.after) || !this.#tools.intake.isWritten(identity));
    const isOurs = this.#tools.intake.wants(identity, name) && !isLeft;
    this.#syncs.request(name, answerDrift(drift, isOurs, this.#syncs.policyOf(name), this.#healPace, this.#tools));
  }

  /** A person changed what is wanted of an application, or agreed to a plan. */
  #applicationChanged({ before, after }: InformerChange<Application>): void {
    if ((after ?? before)!.metadata.namespace !== SYSTEM_NAMESPACE || this.#seen === undefined) return;
    // What somebody writes into the cluster may divide the manifests anew.
    if (JSON.stringify(before && toKnown(before)) !== JSON.stringify(after && toKnown(after))) this.#snapshots.add(SNAPSHOT_KEY);
    if (!before) return;
    if (hasProgressed(before, after)) this.#syncs.wake(before.metadata.name);
    const orders = (object: Application | undefined) => JSON.stringify(ORDERS.map((name) => object?.metadata.annotations?.[name]));
    if (!after || JSON.stringify(before.spec) !== JSON.stringify(after.spec) || orders(before) !== orders(after)) {
      if (after) tellOrders(before, after, this.#tools);
      this.#syncs.renew(before.metadata.name);
    }
  }

  /** What a new definition makes may be what a commit waits for, or what was refused as unknown. */
  #definitionChanged({ before, after }: InformerChange<CustomResourceDefinition>): void {
    this.#tools.kinds.forget((after ?? before)!.spec.group);
    if (this.#end.signal.aborted || this.#seen === undefined || !after || !isEstablished(after)) return;
    if (before && isEstablished(before) && before.metadata.generation === after.metadata.generation) return;
    this.#snapshots.add(SNAPSHOT_KEY);
    this.#syncs.wake();
  }

  #failed(error: unknown, application?: string): void {
    const { record, observer, log } = this.#tools;
    if (this.#end.signal.aborted) return;
    const message = `${application ? `${application}: ` : ''}${messageOf(error)}`;
    if (error instanceof UserError) log.warn({ application }, message);
    else log.error({ application, err: error }, 'the pipeline failed and tries again');
    if (message === this.#failure) return;
    this.#failure = message;
    record({ event: 'failed', message, fields: application ? { application } : {} });
    observer.failed?.(message);
  }

  /** Whoever waits for the first commit must not wait for one that cannot be read. */
  async #unreadable(error: unknown): Promise<void> {
    const tip = error instanceof UserError ? await this.#tip() : undefined;
    if (!this.#end.signal.aborted) this.#note.failed('reading', error, tip);
    this.#failed(error);
    this.#becomeReady();
  }

  /** As far as anything can be read. */
  async #tip(): Promise<string | undefined> {
    try {
      return await this.#tools.source.tip();
    } catch {
      return undefined;
    }
  }

  #tried(application?: string): void {
    if (application !== undefined) this.#untried.delete(application);
    if (this.#seen !== undefined && this.#untried.size === 0) this.#becomeReady();
  }

  async #close(): Promise<void> {
    this.#end.abort();
    await this.#snapshots.close();
    await this.#syncs.close();
    await this.#note.settled();
    this.#tools.watch.close();
  }
}

/** It is synced to something else, or fares otherwise. */
function hasProgressed({ status: was }: Application, after: Application | undefined): boolean {
  const is = after?.status;
  return was?.revision !== is?.revision || was?.sync !== is?.sync || was?.health !== is?.health;
}
