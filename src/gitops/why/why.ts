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
  type InventoryItem,
  type Manifest,
} from '../../model/index.ts';
import { DesiredBuilder, type DesiredObject } from '../desired/desired.ts';
import { formatTarget, identityOf } from '../desired/identity.ts';
import { KindLookup } from '../desired/kinds.ts';
import { builtInKind, parseField } from '../lint/faults.ts';
import { fieldsOfEntry } from '../plan/ignore.ts';
import { liveOf } from '../plan/live.ts';
import { RenderCache } from '../render/cache.ts';
import type { Commit } from '../source/snapshot.ts';
import type { Source } from '../source/source.ts';
import { toKnown } from '../sync/applications.ts';
import { Intake } from '../sync/intake.ts';
import { Veil } from '../veil.ts';
import { blameLine } from './blame.ts';

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
  /** Absent where the manifest does not say it. */
  readonly origin?: { readonly file: string; readonly line: number; readonly commit: Commit | undefined };
  /** Who owns the field in the cluster. */
  readonly managers: readonly { readonly manager: string; readonly time: string | undefined }[];
}

export async function findReason(options: WhyOptions): Promise<Reason> {
  const { client, source, random } = options;
  const applications = (await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE })).items;
  const { application, item } = findItem(applications, options);
  const kinds = new KindLookup(client);
  const kind = await kinds.find(item);
  const veil = new Veil(random.hex(32));
  const present = kind && (await liveOf(client).read({ kind, namespace: item.namespace, name: item.name }));
  const live = present && veil.cover(present);
  const asked = await findDesired(application, item, options, new DesiredBuilder(kinds, veil));
  const path = options.field === undefined ? undefined : resolveField(live ?? asked?.object, options.field);
  const [value, wanted] = path && asked ? [getPath(live, path), getPath(veil.cover(asked.object), path)] : [undefined, undefined];
  const origin = asked && (await originOf(asked, path, source, application.status!.revision!));
  return {
    object: formatTarget({ kind: item, namespace: item.namespace, name: item.name }),
    application: application.metadata.name,
    ...(path ? { field: formatPath(path), value: getPath(live, path) } : {}),
    ...(wanted !== undefined && !equalJson(wanted, value) ? { asked: wanted } : {}),
    ...(origin ? { origin } : {}),
    managers: live ? managersOf(live, path) : [],
  };
}

function findItem(
  applications: readonly Application[],
  { object, namespace }: WhyOptions,
): { application: Application; item: InventoryItem } {
  const [kind, name, ...rest] = object.split('/');
  if (!kind || !name || rest.length > 0) throw new UserError(`${object}: expected KIND/NAME, such as deployment/web`);
  const found = applications.flatMap((application) =>
    (application.status?.inventory ?? [])
      .filter((item) => item.name === name && isCalled(item, kind) && (namespace === undefined || item.namespace === namespace))
      .map((item) => ({ application, item })),
  );
  if (found.length === 0)
    throw new UserError(`no application owns ${object}${namespace ? ` in ${namespace}` : ''}: nothing in Git says why it is as it is`);
  if (found.length > 1)
    throw new UserError(`${object} is in ${found.map(({ item }) => item.namespace).join(' and ')}: name one with --namespace`);
  return found[0]!;
}

function isCalled({ apiVersion, kind }: InventoryItem, name: string): boolean {
  const known = builtInKind(apiVersion, kind);
  const names = known ? [known.singular, known.plural, ...known.shortNames] : [kind.toLowerCase(), `${kind.toLowerCase()}s`];
  return names.includes(name.toLowerCase());
}

async function findDesired(
  application: Application,
  item: InventoryItem,
  { source, client }: WhyOptions,
  builder: DesiredBuilder,
): Promise<DesiredObject | undefined> {
  const { revision } = application.status ?? {};
  if (!revision) return undefined;
  const known = (await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE })).items.map(toKnown);
  const wanted = await new Intake(builder, new RenderCache()).take(await source.snapshot(revision), known);
  const identity = identityOf(item);
  return wanted.flatMap(({ desired }) => desired.objects).find((object) => object.identity === identity);
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
