import { UserError } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { apiVersionOf, controllerOf, type Application, type InventoryItem, type KindRef, type Manifest } from '../../model/index.ts';
import { formatTarget, identityOf, identityOfItem } from '../desired/identity.ts';
import type { KindLookup } from '../desired/kinds.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import { builtInKind, builtInKindNamed } from '../lint/faults.ts';
import { liveOf } from '../plan/live.ts';

export type Item = Pick<InventoryItem, 'apiVersion' | 'kind' | 'namespace' | 'name'>;

/** What was asked for, who made it, who made that one, up to the object that a manifest made. */
export interface Lineage {
  readonly application: Application;
  readonly items: readonly [Item, ...Item[]];
}

interface Asked {
  /** `KIND/NAME`, kinds as kubectl takes them. */
  readonly object: string;
  readonly namespace?: string;
}

interface Cluster {
  readonly client: Client;
  readonly kinds: KindLookup;
  readonly applications: readonly Application[];
}

/** Longer than any chain of owners that controllers make. */
const MOST_ITEMS = 10;

/** Finds an object among those that applications own, or what it is made by there. */
export async function lineageOf(asked: Asked, cluster: Cluster): Promise<Lineage> {
  const { object, namespace } = asked;
  const [kind, name, ...rest] = object.split('/');
  if (!kind || !name || rest.length > 0) throw new UserError(`${object}: expected KIND/NAME, such as deployment/web`);
  const owned = cluster.applications.flatMap((application) =>
    (application.status?.inventory ?? [])
      .filter((item) => item.name === name && isCalled(item, kind) && (namespace === undefined || item.namespace === namespace))
      .map((item) => ({ application, item })),
  );
  if (owned.length > 0) {
    const { application, item } = theOnly(
      owned,
      object,
      owned.map((one) => one.item.namespace),
    );
    return { application, items: [item] };
  }
  return climb(await findLive(builtInKindNamed(kind), name, asked, cluster.client), cluster);
}

function isCalled({ apiVersion, kind }: Item, name: string): boolean {
  const known = builtInKind(apiVersion, kind);
  const names = known ? [known.singular, known.plural, ...known.shortNames] : [kind.toLowerCase(), `${kind.toLowerCase()}s`];
  return names.includes(name.toLowerCase());
}

function theOnly<T>(found: readonly T[], object: string, namespaces: readonly (string | undefined)[]): T {
  if (found.length > 1) throw new UserError(`${object} is in ${namespaces.join(' and ')}: name one with --namespace`);
  return found[0]!;
}

async function findLive(
  kind: KindRef<Manifest> | undefined,
  name: string,
  { object, namespace }: Asked,
  client: Client,
): Promise<Manifest> {
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  if (!kind) throw new UserError(`no application owns ${object}${where}: nothing in Git says why it is as it is`);
  const { items } = await client.list(kind, { fieldSelector: `metadata.name=${name}`, ...(namespace === undefined ? {} : { namespace }) });
  if (items.length === 0) throw new UserError(`no application owns ${object}${where}, and the cluster has none`);
  const found = theOnly(
    items,
    object,
    items.map(({ metadata }) => metadata.namespace),
  );
  // The items of a list do not say what they are.
  return { ...found, apiVersion: apiVersionOf(kind), kind: kind.kind };
}

/** From owner to owner, each by its uid: one that was made anew under the same name made nothing of this. */
async function climb(from: Manifest, { client, kinds, applications }: Cluster): Promise<Lineage> {
  const items: [Item, ...Item[]] = [itemOf(from)];
  for (let at = from; ;) {
    const application = applicationOf(at, applications);
    if (application) return { application, items };
    const owner = controllerOf(at) ?? at.metadata.ownerReferences?.[0];
    if (!owner || items.length === MOST_ITEMS)
      throw new UserError(`${describe(items)}: no application owns it, so nothing in Git says why it is as it is`);
    const kind = await kinds.find(owner);
    const namespace = kind?.namespaced ? at.metadata.namespace : undefined;
    const present = kind && (await liveOf(client).read({ kind, namespace, name: owner.name }));
    const item = { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, ...(namespace === undefined ? {} : { namespace }) };
    items.push(item);
    if (present?.metadata.uid !== owner.uid)
      throw new UserError(`${describe(items)}, which is gone: nothing in Git says why it is as it is`);
    at = present!;
  }
}

/** Hooks are in no inventory, and carry the label as all that an application brings. */
function applicationOf(object: Manifest, applications: readonly Application[]): Application | undefined {
  const identity = identityOf(itemOf(object));
  const owning = applications.find(({ status }) => status?.inventory?.some((item) => identityOfItem(item) === identity));
  return owning ?? applications.find(({ metadata }) => metadata.name === object.metadata.labels?.[APPLICATION_LABEL]);
}

function itemOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): Item {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

export const formatItem = (item: Item) => formatTarget({ kind: item, namespace: item.namespace, name: item.name });

const describe = (items: readonly Item[]) => items.map(formatItem).join(' is made by ');
