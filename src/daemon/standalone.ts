import { hostname } from 'node:os';
import { messageOf, Scope, UserError, type Clock, type Log, type Millis, type Random } from '../base/index.ts';
import { httpClient, loadKubeconfig, type Client } from '../client/index.ts';
import { chosenControllers, startControllers, type Controller, type ServedKinds } from '../controllers/index.ts';
import {
  apiVersionOf,
  BUILT_IN_KINDS,
  CUSTOM_RESOURCE_DEFINITIONS,
  NODES,
  resourceName,
  type CustomResourceDefinition,
  type KindRef,
  type KubeObject,
} from '../model/index.ts';
import { SCHEDULER_READS, startScheduler } from '../scheduler/index.ts';
import { recorder } from '../status/index.ts';
import { becomeLeader, type Leadership } from './leader.ts';

export interface StandaloneOptions {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
}

/**
 * Runs controllers against any API server, as a process of their own. Each has a lease, so that one process acts for it,
 * whatever else others are told to run. Resolves once this one acts for the first of them.
 */
export async function runControllers(options: StandaloneOptions, only?: readonly string[]): Promise<Leadership> {
  const client = connect(options);
  const kinds = await servedKinds(client);
  const names = await runnableNames(chosenControllers({ ...options, client, kinds, only }), client, options.log, only !== undefined);
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  const { promise: leads, resolve: lead } = Promise.withResolvers<void>();
  const identity = identityOf(options);
  const scopes = names.map((name) => new Scope(name));
  options.scope.defer(async () => void (await Promise.all(scopes.map((scope) => scope.close()))));
  for (const [n, name] of names.entries()) {
    const scope = scopes[n]!;
    const act = async () => {
      const leadership = await becomeLeader({ ...options, client, name: `slipway-controller-${name}`, identity, scope });
      void leadership.lost.then(lose);
      startControllers({ ...options, client, kinds, scope, only: [name] });
      lead();
    };
    scope.spawn(act, (error) => options.log.error({ controller: name, error: messageOf(error) }, 'controller not started'));
  }
  await leads;
  return { lost };
}

/** The same for the scheduler. */
export async function runScheduler(options: StandaloneOptions, name = 'default-scheduler'): Promise<Leadership> {
  const client = connect(options);
  // Says that the server is not there, or lets nobody in, before anything waits for it.
  await client.list(NODES, { limit: 1 });
  const obstacle = await obstacleTo(SCHEDULER_READS, client);
  if (obstacle) throw new UserError(`the scheduler cannot run there: ${obstacle}`);
  const { clock, random } = options;
  const leadership = await becomeLeader({ ...options, client, name: `slipway-scheduler-${name}`, identity: identityOf(options) });
  startScheduler({
    ...options,
    client,
    name,
    recorder: options.scope.use(recorder(client, name, clock, random, { instance: `${name}-${hostname()}` })),
  });
  return leadership;
}

/** Who was asked for by name must run; of all of them, those that can. */
async function runnableNames(asked: readonly Controller[], client: Client, log: Log, isNamed: boolean): Promise<readonly string[]> {
  const found = await Promise.all(asked.map(async ({ name, reads }) => ({ name, obstacle: await obstacleTo(reads, client) })));
  for (const { name, obstacle } of found) {
    if (obstacle && isNamed) throw new UserError(`the controller ${name} cannot run there: ${obstacle}`);
    if (obstacle) log.warn({ controller: name }, `not started: ${obstacle}`);
  }
  return found.flatMap(({ name, obstacle }) => (obstacle ? [] : [name]));
}

/** A cache of a kind that is not served is never filled: who reads it would wait for ever. */
async function obstacleTo(reads: readonly KindRef<unknown>[], client: Client): Promise<string | undefined> {
  const isServed = await Promise.all(reads.map((kind) => serves(client, kind)));
  const missing = reads.filter((_, n) => !isServed[n]).map((kind) => `${kind.kind} of ${apiVersionOf(kind)}`);
  return missing.length > 0 ? `the server does not serve ${missing.join(', ')}` : undefined;
}

const serves = async (client: Client, kind: KindRef<unknown>) => (await client.kindOf(apiVersionOf(kind), kind.kind)) !== undefined;

const identityOf = ({ random }: StandaloneOptions) => `${hostname()}_${random.hex(16)}`;

function connect({ kubeconfig, context, clock, random, log, scope }: StandaloneOptions): Client {
  const interrupted = (kind: KindRef, error: unknown, retryMs: Millis) =>
    log.warn({ kind: kind.kind, error: messageOf(error), retryMs: Math.round(retryMs) }, 'the watch was interrupted, is begun again');
  const client = httpClient(loadKubeconfig({ path: kubeconfig }, context), { clock, random, manager: 'slipway', interrupted });
  scope.defer(() => client.close());
  return client;
}

/** What a server serves: of the kinds that come with it, those that discovery names, and those that definitions add. */
async function servedKinds(client: Client): Promise<ServedKinds> {
  const found = await Promise.all(BUILT_IN_KINDS.map(async (kind) => ((await serves(client, kind)) ? [kind] : [])));
  const builtIn: readonly KindRef<KubeObject>[] = found
    .flat()
    .filter(({ verbs }) => ['list', 'watch'].every((verb) => verbs.includes(verb)));
  if (!builtIn.some((kind) => resourceName(kind) === resourceName(CUSTOM_RESOURCE_DEFINITIONS))) {
    return { all: () => builtIn, follow: () => ({ close: () => undefined }) };
  }
  const definitions = client.informer(CUSTOM_RESOURCE_DEFINITIONS);
  await definitions.synced;
  return {
    all: () => [...builtIn, ...definitions.list().flatMap(kindOf)],
    follow: (note) =>
      definitions.subscribe(({ before, after }) => {
        for (const added of after ? kindOf(after) : []) note({ added });
        for (const removed of before && !after ? kindOf(before) : []) note({ removed });
      }),
  };
}

/** Nothing until its names are accepted. */
function kindOf({ spec, status }: CustomResourceDefinition): readonly KindRef<KubeObject>[] {
  const isServed = status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
  const version = spec.versions.find(({ served }) => served);
  if (!isServed || !version) return [];
  const { kind, plural } = spec.names;
  return [{ group: spec.group, version: version.name, kind, plural, namespaced: spec.scope === 'Namespaced' }];
}
