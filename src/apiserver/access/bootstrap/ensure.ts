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
  type RoleBinding,
  type Subject,
} from '../../../model/index.ts';
import { uncovered } from '../covers.ts';
import { bootstrapClusterRoleBindings, bootstrapClusterRoles, bootstrapRoleBindings, bootstrapRoles } from './policy.ts';

/** Adds what is missing of the first roles and bindings. Where nothing is missing, nothing is written. */
export async function ensureBootstrapPolicy(client: Client): Promise<void> {
  await ensure(client, CLUSTER_ROLES, bootstrapClusterRoles(), withRules);
  await ensure(client, CLUSTER_ROLE_BINDINGS, bootstrapClusterRoleBindings(), withSubjects);
  await ensure(client, ROLES, bootstrapRoles(), withRules);
  await ensure(client, ROLE_BINDINGS, bootstrapRoleBindings(), withSubjects);
}

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** An object gets back what it lacks and keeps what was added, unless its owner said to leave it alone. */
async function ensure<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  wanted: readonly T[],
  complete: (present: T, wanted: T) => T,
): Promise<void> {
  const { items } = await client.list(kind);
  const present = new Map(items.map((object) => [keyOf(object), object]));
  for (const object of wanted) {
    const found = present.get(keyOf(object));
    if (!found) await create(client, kind, object);
    else if (found.metadata.annotations?.[AUTOUPDATE] !== 'false') {
      const completed = complete(found, object);
      if (completed !== found) await client.update(kind, completed);
    }
  }
}

async function create<T extends KubeObject>(client: Client, kind: KindRef<T>, object: T): Promise<void> {
  try {
    await client.create(kind, object);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!isStatus(error, 'AlreadyExists')) throw error;
  }
}

/** What a role gathers from others comes to it by itself. */
function withRules<T extends Pick<ClusterRole, 'rules' | 'aggregationRule'>>(present: T, { rules, aggregationRule }: T): T {
  const missing = aggregationRule ? [] : uncovered(present.rules ?? [], rules ?? []);
  return missing.length > 0 ? { ...present, rules: [...(present.rules ?? []), ...missing] } : present;
}

function withSubjects(present: RoleBinding, { subjects = [] }: RoleBinding): RoleBinding {
  const there = present.subjects ?? [];
  const missing = subjects.filter((subject) => !there.some((other) => isSame(subject, other)));
  return missing.length > 0 ? { ...present, subjects: [...there, ...missing] } : present;
}

const isSame = (a: Subject, b: Subject) => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
