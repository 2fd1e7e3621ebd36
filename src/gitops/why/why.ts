import { equalJson, isRecord, UserError, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  APPLICATIONS,
  formatPath,
  getPath,
  SYSTEM_NAMESPACE,
  type Application,
  type FieldPath,
  type FieldStep,
  type Manifest,
} from '../../model/index.ts';
import { DesiredBuilder, type DesiredObject } from '../desired/desired.ts';
import { identityOf } from '../desired/identity.ts';
import { KindLookup } from '../desired/kinds.ts';
import { parseField } from '../lint/faults.ts';
import { fieldsOfEntry } from '../plan/ignore.ts';
import { liveOf } from '../plan/live.ts';
import { RenderCache } from '../render/cache.ts';
import type { Commit } from '../source/snapshot.ts';
import type { Source } from '../source/source.ts';
import { toKnown } from '../sync/applications.ts';
import { Intake } from '../sync/intake.ts';
import { isSecret, Veil } from '../veil.ts';
import { blameLine } from './blame.ts';
import { inheritedFrom } from './inherited.ts';
import { formatItem, lineageOf, type Item, type Lineage } from './lineage.ts';

export interface WhyOptions {
  readonly source: Source;
  readonly client: Client;
  readonly random: Random;
  /** `KIND/NAME`, kinds as kubectl takes them. */
  readonly object: string;
  readonly namespace?: string;
  /** `spec.replicas`, `spec.template.spec.containers[server].image`. */
  readonly field?: string;
}

/** Where an object, or one of its values, comes from. */
export interface Reason {
  readonly object: string;
  readonly application: string;
  readonly field?: string;
  /** As it is in the cluster; a mark for what is secret. */
  readonly value?: unknown;
  /** As Git has it, where that is something else. */
  readonly asked?: unknown;
  /** Who made it, and who made that one, up to the object that a manifest made; each with the field that the value comes from. */
  readonly through?: readonly { readonly object: string; readonly field?: string }[];
  /** Absent where the manifest does not say it. */
  readonly origin?: { readonly file: string; readonly line: number; readonly commit: Commit | undefined };
  /** Who owns the field in the cluster. */
  readonly managers: readonly { readonly manager: string; readonly time: string | undefined }[];
}

export async function findReason(options: WhyOptions): Promise<Reason> {
  const { client, source, random, field } = options;
  const applications = (await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE })).items;
  const kinds = new KindLookup(client);
  const { application, items } = await lineageOf(options, { client, kinds, applications });
  const [item, ...owners] = items;
  const kind = await kinds.find(item);
  const veil = new Veil(random.hex(32));
  const present = kind && (await liveOf(client).read({ kind, namespace: item.namespace, name: item.name }));
  const live = present && veil.cover(present);
  const manifest = await findDesired(application, items.at(-1)!, { source, applications }, new DesiredBuilder(kinds, veil));
  const path = field === undefined ? undefined : asKept(item, resolveField(live ?? manifest?.desired.object, field));
  const through = pathsThrough(items, path);
  const asked = path && manifest && (owners.length === 0 ? path : through.at(-1));
  const [value, wanted] = [path && getPath(live, path), asked && getPath(veil.cover(manifest!.desired.object), asked)];
  const isSaid = manifest && (path === undefined || asked !== undefined);
  const origin = isSaid ? await originOf(manifest.desired, asked, source, manifest.revision) : undefined;
  return {
    object: formatItem(item),
    application: application.metadata.name,
    ...(path ? { field: formatPath(path), value } : {}),
    ...(wanted !== undefined && !equalJson(wanted, value) ? { asked: wanted } : {}),
    ...(origin ? { origin } : {}),
    ...(owners.length > 0
      ? { through: owners.map((owner, i) => ({ object: formatItem(owner), ...(through[i] ? { field: formatPath(through[i]) } : {}) })) }
      : {}),
    managers: live ? managersOf(live, path) : [],
  };
}

/** The field in each of the owners, as far as it comes from them. */
function pathsThrough([item, ...owners]: Lineage['items'], path: FieldPath | undefined): readonly (FieldPath | undefined)[] {
  const paths: (FieldPath | undefined)[] = [];
  let [made, at] = [item, path];
  for (const owner of owners) {
    at = at && inheritedFrom(owner, made, at);
    paths.push(at);
    made = owner;
  }
  return paths;
}

interface Found {
  readonly desired: DesiredObject;
  readonly revision: string;
}

/** As it was applied last. What runs now for a newer commit, such as a hook, is found there. */
async function findDesired(
  { status }: Application,
  item: Item,
  { source, applications }: { source: Source; applications: readonly Application[] },
  builder: DesiredBuilder,
): Promise<Found | undefined> {
  const identity = identityOf(item);
  // A history that was rewritten may not have the commit any more, and has what stayed as it was.
  const atTheTip = (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    return source.snapshot();
  };
  for (const revision of new Set([status?.revision, status?.observedRevision])) {
    if (!revision) continue;
    const snapshot = await source.snapshot(revision).catch(atTheTip);
    const wanted = await new Intake(builder, new RenderCache()).take(snapshot, applications.map(toKnown));
    const all = wanted.flatMap(({ desired: { objects, hooks } }) => [...objects, ...hooks]);
    const desired = all.find((object) => object.identity === identity);
    if (desired) return { desired, revision: snapshot.commit.oid };
  }
  return undefined;
}

/** What a Secret is given as `stringData` it has as `data`. */
function asKept(item: Item, path: FieldPath): FieldPath {
  const [member, ...rest] = path;
  return isSecret(item) && member === 'stringData' ? ['data', ...rest] : path;
}

/** Items of a list by number, or by what names them: `containers[server]`, `ports[containerPort=80]`. */
function resolveField(object: Manifest | undefined, text: string): FieldPath {
  const path: FieldStep[] = [];
  let at: unknown = object;
  for (const step of parseField(text)) {
    const [, key = 'name', wanted] = /^(?:(\w+)=)?(.*)$/s.exec(String(step))!;
    const index = Array.isArray(at) && typeof step === 'string' ? at.findIndex((one) => isRecord(one) && String(one[key]) === wanted) : -1;
    const found = index >= 0 ? index : step;
    path.push(found);
    at = (at as Record<FieldStep, unknown> | undefined)?.[found];
  }
  return path;
}

async function originOf(
  { object, origin }: DesiredObject,
  path: FieldPath | undefined,
  source: Source,
  revision: string,
): Promise<Reason['origin']> {
  if (path && getPath(object, path) === undefined) return undefined;
  const line = path ? ((await origin.find([path]))[0]?.line ?? origin.line) : origin.line;
  return { file: origin.file, line, commit: await blameLine(source.versions(revision, origin.file), line) };
}

function managersOf(live: Manifest, path: FieldPath | undefined): Reason['managers'] {
  const entries = live.metadata.managedFields ?? [];
  const text = path && formatPath(path);
  const isAsked = (field: string) => field === text || field.startsWith(`${text}.`);
  const owning = entries.filter((entry) => text === undefined || fieldsOfEntry(entry, live).some((field) => isAsked(formatPath(field))));
  return [...new Map(owning.map(({ manager, time }) => [manager, { manager, time }] as const)).values()];
}
