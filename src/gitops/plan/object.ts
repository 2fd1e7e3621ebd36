import { createHash } from 'node:crypto';
import { canonicalJson, equalJson } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { IgnoreRule, InventoryItem, Manifest } from '../../model/index.ts';
import type { DesiredObject } from '../desired/desired.ts';
import { isLeftToItself, type Directives } from '../desired/directives.ts';
import type { KindLookup } from '../desired/kinds.ts';
import type { Problem } from '../problem.ts';
import type { Veil } from '../veil.ts';
import { changesBetween, comparable, ownership } from './changes.ts';
import { withWhatIsFilledIn } from './filledin.ts';
import { withoutIgnored } from './ignore.ts';
import type { Live } from './live.ts';
import { NAMESPACE_KIND } from './namespaces.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import { immutableFieldOf, refusalOf } from './refusal.ts';
import type { FieldChange, Step } from './steps.ts';
import { isInSync } from './synced.ts';

export interface PlanTools {
  /** Writes as the manager under which desired state is applied. */
  readonly client: Pick<Client, 'apply' | 'update' | 'create'>;
  readonly live: Live;
  readonly kinds: KindLookup;
  readonly veil: Veil;
  /** Fields that are left to others. */
  readonly ignore?: readonly IgnoreRule[];
}

/** A step, or why there is none. */
export type Planned =
  | { /** Undefined: it is not there, and is left so. */ readonly step: Step | undefined }
  | { readonly problems: readonly Problem[] };

/** A change to the ownership of fields alone still is one: a field that we do not own would stay when Git drops it. */
const OWNERSHIP_PATH = ['metadata', 'managedFields'];
const MOST_PLACES = 20;

/** Unchanged input against an unchanged object needs no dry run. */
export function keepUnasked(desired: DesiredObject, item: InventoryItem | undefined, live: Live): Step | undefined {
  const seen = item && live.glimpse(desired);
  if (!seen || seen.metadata.deletionTimestamp || !isInSync(item, seen, desired.digest)) return undefined;
  return { op: 'keep', target: desired, desired, live: seen };
}

/** Asks the server what applying the manifest would change. `coming` are the namespaces that the same plan makes. */
export async function planObject(asked: DesiredObject, coming: ReadonlySet<string>, tools: PlanTools): Promise<Planned> {
  // Its definition comes with the same commit, so there is nobody yet to ask.
  if (!(await tools.kinds.find(asked.object))) return { step: createOf(asked, tools.veil) };
  const live = await tools.live.read(asked);
  // Without a digest it is looked at again: it may be otherwise than its manifest, and be left to us later.
  if (isLeftAlone(asked.directives, live)) return { step: live && { op: 'keep', target: asked, desired: { ...asked, digest: '' }, live } };
  const desired = live ? { ...asked, object: withoutIgnored(asked.object, live, tools.ignore ?? []) } : asked;
  // An object on its way out takes no change; its end is seen, and planned then.
  if (live?.metadata.deletionTimestamp) return { step: { op: 'keep', target: desired, desired, live } };
  if (!live && (await waitsForNamespace(desired, coming, tools.live))) return { step: createOf(desired, tools.veil) };
  try {
    const preview = await previewOf(desired, live, tools.client);
    return { step: live ? await compare(desired, live, preview, tools.veil) : createOf(desired, tools.veil) };
  } catch (error) {
    const immutable = live && immutableFieldOf(error);
    if (immutable) return { step: { ...(await replaceOf(desired, live, immutable, tools.veil)), agreed: desired.directives.force } };
    const problems = await refusalOf(error, desired, tools.veil);
    if (problems === undefined) throw error;
    return { problems };
  }
}

/** A dry run in a namespace that is still to be made would be refused. */
export async function waitsForNamespace({ namespace }: DesiredObject, coming: ReadonlySet<string>, live: Live): Promise<boolean> {
  if (namespace === undefined || !coming.has(namespace)) return false;
  return (await live.read({ kind: NAMESPACE_KIND, name: namespace })) === undefined;
}

function createOf(desired: DesiredObject, veil: Veil): Step {
  return { op: 'create', target: desired, desired, after: veil.cover(desired.object), change: `create ${desired.digest}` };
}

/** Nobody is asked to write it: so says its manifest, or a person who marked the object itself. */
function isLeftAlone({ apply }: Directives, live: Manifest | undefined): boolean {
  if (apply === 'never') return true;
  return live !== undefined && (apply === 'once' || isLeftToItself(live));
}

/** What writing the manifest would make of the object. */
export function previewOf(
  { kind, object, directives }: DesiredObject,
  live: Manifest | undefined,
  client: Pick<Client, 'apply' | 'update'>,
): Promise<Manifest> {
  if (live && directives.replace) {
    return client.update(kind, atRevision(object, live.metadata.resourceVersion!), { dryRun: true, fieldValidation: 'Strict' });
  }
  return client.apply(kind, object, { dryRun: true, force: true, fieldValidation: 'Strict' });
}

export function atRevision(object: Manifest, resourceVersion: string): Manifest {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

async function replaceOf(desired: DesiredObject, live: Manifest, because: string, veil: Veil): Promise<Extract<Step, { op: 'replace' }>> {
  const before = veil.cover(live);
  const after = withWhatIsFilledIn(veil.cover(desired.object), before);
  const fields = await placed(changesBetween(comparable(before), comparable(after)), desired);
  const { uid = '', resourceVersion = '' } = live.metadata;
  return {
    op: 'replace',
    target: desired,
    desired,
    before,
    after,
    fields,
    uid,
    resourceVersion,
    because,
    change: `replace ${uid} ${desired.digest}`,
  };
}

async function placed(fields: readonly FieldChange[], desired: DesiredObject): Promise<readonly FieldChange[]> {
  const places = await desired.origin.find(fields.slice(0, MOST_PLACES).map(({ path }) => path));
  return fields.map((field, i) => ({ ...field, line: places[i]?.line }));
}

async function compare(desired: DesiredObject, live: Manifest, preview: Manifest, veil: Veil): Promise<Step> {
  const [before, after] = [veil.cover(live), veil.cover(preview)];
  const fields = changesToObject(before, after);
  if (fields.length === 0) return { op: 'keep', target: desired, desired, live };
  const owner = live.metadata.labels?.[APPLICATION_LABEL];
  const from = owner !== undefined && owner !== desired.object.metadata.labels?.[APPLICATION_LABEL] ? { from: owner } : {};
  const { uid = '', resourceVersion = '' } = live.metadata;
  return {
    op: 'update',
    target: desired,
    desired,
    before,
    after,
    fields: await placed(fields, desired),
    uid,
    resourceVersion,
    change: digestOfChange(uid, fields),
    ...from,
  };
}

/** What a write would change. Both sides are covered, so the values of Secrets are marks. */
export function changesToObject(before: Manifest, after: Manifest): readonly FieldChange[] {
  const changes = changesBetween(comparable(before), comparable(after));
  if (changes.length > 0 || equalJson(ownership(before), ownership(after))) return changes;
  return [{ path: OWNERSHIP_PATH, before: undefined, after: 'owned' }];
}

/** Of the object and the change, not of the revision: a status write must not void it. */
export function digestOfChange(uid: string, fields: readonly FieldChange[]): string {
  return shortDigest([uid, fields.map(({ path, before, after }) => [path, before ?? null, after ?? null])]);
}

export function shortDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 24);
}
