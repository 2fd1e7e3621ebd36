import { NAMESPACES, type Application, type KindRef, type Manifest } from '../../model/index.ts';
import { kindName } from '../desired/definitions.ts';
import { identityOf } from '../desired/identity.ts';
import { isFoundation } from '../desired/stages.ts';
import { liveOf } from '../plan/live.ts';
import type { Lack, Wanted } from './wanted.ts';
import type { SyncTools } from './tools.ts';

type Others = Pick<SyncTools, 'applications' | 'intake' | 'client' | 'kinds'>;

/** What must be there before an application is applied, as long as it is not: its dependencies, and what others make. */
export async function whatIsToCome(wanted: Wanted, { spec }: Application, tools: Others): Promise<Lack | undefined> {
  const { dependsOn = [] } = wanted.spec ?? spec;
  const dependency = await unready(dependsOn, tools);
  if (dependency !== undefined) return { reason: 'WaitsForOthers', message: dependency, isMutual: false };
  const needs = await needsOf(wanted, tools);
  if (needs.length === 0) return undefined;
  const isMutual = await isWaitedFor(wanted, needs, tools);
  const kinds = needs.filter(({ kind }) => kind === 'definition');
  const namespace = needs.find(({ kind }) => kind === 'namespace');
  if (kinds.length === 0) {
    return { reason: 'WaitsForOthers', message: `waits for the namespace ${namespace!.name}, which ${namespace!.maker} makes`, isMutual };
  }
  const names = kinds.map(({ name }) => name).join(', ');
  const makers = [...new Set(kinds.map(({ maker }) => maker ?? 'another application of the commit'))].join(', ');
  return { reason: 'WaitsForDefinition', message: `waits until the cluster serves ${names}, which ${makers} defines`, isMutual };
}

/** What somebody else makes, and has not made yet. */
interface Need {
  readonly kind: 'definition' | 'namespace';
  readonly name: string;
  readonly maker: string | undefined;
}

const NAMESPACE_KIND = NAMESPACES as unknown as KindRef<Manifest>;

async function needsOf({ name, desired }: Wanted, { intake, client, kinds }: Others): Promise<readonly Need[]> {
  const needs: Need[] = [];
  const kindOf = await kinds.resolve(desired.objects.map(({ object }) => object));
  for (const missing of new Set(desired.objects.flatMap(({ object }) => (kindOf(object) ? [] : [kindName(object)])))) {
    const maker = intake.definerOf(missing);
    if (maker !== name) needs.push({ kind: 'definition', name: missing, maker });
  }
  const elsewhere = intake.elsewhere(name);
  for (const namespace of new Set(desired.objects.map((object) => object.namespace))) {
    if (namespace === undefined) continue;
    const maker = elsewhere.claimant(identityOf({ apiVersion: 'v1', kind: 'Namespace', name: namespace }));
    if (maker === undefined || (await liveOf(client).read({ kind: NAMESPACE_KIND, name: namespace }))) continue;
    needs.push({ kind: 'namespace', name: namespace, maker });
  }
  return needs;
}

/** Whether those that it waits for wait for it in turn, be it by way of others: then all would wait for good. */
async function isWaitedFor({ name }: Wanted, needs: readonly Need[], tools: Others): Promise<boolean> {
  const seen = new Set<string>();
  const ahead = [...needs];
  for (let need = ahead.pop(); need !== undefined; need = ahead.pop()) {
    const { maker } = need;
    if (maker === name) return true;
    const other = maker === undefined || seen.has(maker) ? undefined : tools.intake.get(maker);
    if (!other) continue;
    seen.add(other.name);
    ahead.push(...(await needsOf(other, tools)));
  }
  return false;
}

/** What others may wait for: it needs nothing of theirs. */
export function foundationsOf(wanted: Wanted, lack: Lack): Wanted {
  const { desired } = wanted;
  return { ...wanted, lack, desired: { ...desired, objects: desired.objects.filter(({ kind }) => isFoundation(kind)), hooks: [] } };
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
