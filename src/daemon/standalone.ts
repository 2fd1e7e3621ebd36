import type { Clock, Log, Random, Scope } from '../base/index.ts';
import { httpClient, loadKubeconfig, type Client } from '../client/index.ts';
import { startControllers, type ServedKinds } from '../controllers/index.ts';
import {
  apiVersionOf,
  BUILT_IN_KINDS,
  CUSTOM_RESOURCE_DEFINITIONS,
  resourceName,
  type CustomResourceDefinition,
  type KindRef,
  type KubeObject,
} from '../model/index.ts';

export interface StandaloneOptions {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly only?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
}

/** Runs controllers against any API server, as a process of their own. */
export async function runControllers({ kubeconfig, context, only, ...parts }: StandaloneOptions): Promise<void> {
  const client = httpClient(loadKubeconfig({ path: kubeconfig }, context), { ...parts, manager: 'slipway' });
  parts.scope.defer(() => client.close());
  startControllers({ ...parts, client, kinds: await servedKinds(client), only });
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
