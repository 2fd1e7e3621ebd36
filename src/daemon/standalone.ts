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
  const names = await namesOfServed(chosenControllers({ ...options, client, kinds, only }), client, only ? undefined : options.log);
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
  const missing = await unserved(client, SCHEDULER_READS);
  if (missing.length > 0) throw new UserError(`the scheduler cannot run there: ${missingOn(missing)}`);
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

/** A cache of a kind that is not served is never filled: who reads it would wait for ever. Without a log each of them must run. */
async function namesOfServed(asked: readonly Pick<Controller, 'name' | 'reads'>[], client: Client, log?: Log): Promise<readonly string[]> {
  const found = await Promise.all(asked.map(async ({ name, reads }) => ({ name, missing: await unserved(client, reads) })));
  for (const { name, missing } of found) {
    if (missing.length === 0) continue;
    if (!log) throw new UserError(`the controller ${name} cannot run there: ${missingOn(missing)}`);
    log.warn({ controller: name }, `not started: ${missingOn(missing)}`);
  }
  return found.flatMap(({ name, missing }) => (missing.length === 0 ? [name] : []));
}

async function unserved(client: Client, kinds: readonly KindRef<unknown>[]): Promise<readonly string[]> {
  const named = kinds.map(async (kind) =>
    (await client.kindOf(apiVersionOf(kind), kind.kind)) ? [] : [`${kind.kind} of ${apiVersionOf(kind)}`],
  );
  return (await Promise.all(named)).flat();
}

const missingOn = (kinds: readonly string[]) => `the server does not serve ${kinds.join(', ')}`;

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
  const found = await Promise.all(BUILT_IN_KINDS.map(async (kind) => ((await client.kindOf(apiVersionOf(kind), kind.kind)) ? [kind] : [])));
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
