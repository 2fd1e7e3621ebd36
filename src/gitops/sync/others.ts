import { NAMESPACES, type Application, type KindRef, type Manifest } from '../../model/index.ts';
import { identityOf } from '../desired/identity.ts';
import { liveOf } from '../plan/live.ts';
import type { Wanted } from './wanted.ts';
import type { SyncTools } from './tools.ts';

type Others = Pick<SyncTools, 'applications' | 'intake' | 'client'>;

/** What must be there before an application is applied, as long as it is not: its dependencies, and namespaces that others make. */
export async function whatIsToCome(wanted: Wanted, { spec }: Application, tools: Others): Promise<string | undefined> {
  const { dependsOn = [] } = wanted.spec ?? spec;
  return (await unready(dependsOn, tools)) ?? namespaceToCome(wanted, tools);
}

async function unready(names: readonly string[], { applications, intake }: Others): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const present = new Map((await applications.list()).map((application) => [application.metadata.name, application.status] as const));
  for (const name of names) {
    const status = present.get(name);
    const commit = intake.get(name)?.commit.oid;
    if (status?.sync !== 'Synced' || (commit !== undefined && status.revision !== commit))
      return `waits until ${name}, which it depends on, is synced`;
    if (status.health !== 'Healthy') {
      return `waits until ${name}, which it depends on, is healthy: it is ${status.health ?? 'Unknown'}${status.healthMessage ? ` (${status.healthMessage.split('\n', 1)[0]})` : ''}`;
    }
  }
  return undefined;
}

const NAMESPACE_KIND = NAMESPACES as unknown as KindRef<Manifest>;

async function namespaceToCome({ name, desired }: Wanted, { intake, client }: Others): Promise<string | undefined> {
  const elsewhere = intake.elsewhere(name);
  for (const namespace of new Set(desired.objects.map((object) => object.namespace))) {
    if (namespace === undefined) continue;
    const maker = elsewhere.claimant(identityOf({ apiVersion: 'v1', kind: 'Namespace', name: namespace }));
    if (maker === undefined || (await liveOf(client).read({ kind: NAMESPACE_KIND, name: namespace }))) continue;
    return `waits for the namespace ${namespace}, which ${maker} makes`;
  }
  return undefined;
}
