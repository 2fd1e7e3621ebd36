import { isStatus } from '../../../base/index.ts';
import type { Client } from '../../../client/index.ts';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  keyOf,
  ROLE_BINDINGS,
  ROLES,
  type ClusterRole,
  type KindRef,
  type KubeObject,
} from '../../../model/index.ts';
import { uncovered } from '../covers.ts';
import { bootstrapClusterRoleBindings, bootstrapClusterRoles, bootstrapRoleBindings, bootstrapRoles } from './policy.ts';

/** Adds what is missing of the first roles and bindings. Where nothing is, nothing is written. */
export async function ensureBootstrapPolicy(client: Client): Promise<void> {
  const roles = await ensure(client, CLUSTER_ROLES, bootstrapClusterRoles());
  for (const { present, wanted } of roles) await complete(client, present, wanted);
  await ensure(client, CLUSTER_ROLE_BINDINGS, bootstrapClusterRoleBindings());
  await ensure(client, ROLES, bootstrapRoles());
  await ensure(client, ROLE_BINDINGS, bootstrapRoleBindings());
}

/** Creates what is not there, and gives what was. */
async function ensure<T extends KubeObject>(client: Client, kind: KindRef<T>, wanted: readonly T[]) {
  const { items } = await client.list(kind);
  const present = new Map(items.map((object) => [keyOf(object), object]));
  for (const object of wanted) if (!present.has(keyOf(object))) await create(client, kind, object);
  return wanted.flatMap((object) => {
    const found = present.get(keyOf(object));
    return found ? [{ present: found, wanted: object }] : [];
  });
}

async function create<T extends KubeObject>(client: Client, kind: KindRef<T>, object: T): Promise<void> {
  try {
    await client.create(kind, object);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!isStatus(error, 'AlreadyExists')) throw error;
  }
}

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** A role gets back the rules that it lacks, and keeps those that were added, unless its owner said to leave it alone. */
async function complete(client: Client, present: ClusterRole, { rules, aggregationRule }: ClusterRole): Promise<void> {
  if (aggregationRule || present.metadata.annotations?.[AUTOUPDATE] !== 'true') return;
  const missing = uncovered(present.rules ?? [], rules ?? []);
  if (missing.length > 0) await client.update(CLUSTER_ROLES, { ...present, rules: [...(present.rules ?? []), ...missing] });
}
