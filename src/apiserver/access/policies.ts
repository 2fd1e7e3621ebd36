import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type KubeObject,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type Subject,
} from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { accountUser, type Identity } from '../auth/index.ts';
import { StoreInformer } from '../local/informer.ts';

type RoleRef = RoleBinding['roleRef'];

/** A binding that speaks of somebody, and the subject that does. */
export interface Grant {
  readonly binding: RoleBinding;
  readonly subject: Subject;
}

/** Who is bound to what: all that is asked when a request is judged. */
export interface Policies {
  /** Those of the whole cluster first. Without a namespace only they count. */
  grantsOf(who: Identity, namespace: string | undefined): readonly Grant[];
  /** Undefined: there is no such role. */
  rulesOf(role: RoleRef, namespace: string | undefined): readonly PolicyRule[] | undefined;
}

const BY_SUBJECT = 'subject';

/** Follows the roles and bindings of a store: what is written counts for the next request. */
export function followPolicies(store: Store): Policies & { close(): void } {
  const roles = new StoreInformer(store, ROLES);
  const clusterRoles = new StoreInformer(store, CLUSTER_ROLES);
  const bindings = new StoreInformer(store, ROLE_BINDINGS);
  const clusterBindings = new StoreInformer(store, CLUSTER_ROLE_BINDINGS);
  for (const informer of [bindings, clusterBindings]) informer.index(BY_SUBJECT, subjectKeys);
  return {
    grantsOf: (who, namespace) => {
      const everywhere = grants(clusterBindings, who, '');
      return namespace ? [...everywhere, ...grants(bindings, who, namespace)] : everywhere;
    },
    rulesOf: ({ kind, name }, namespace) => {
      const role: Role | undefined = kind === CLUSTER_ROLES.kind ? clusterRoles.get(name) : roles.get(`${namespace}/${name}`);
      return role && (role.rules ?? []);
    },
    close: () => {
      for (const informer of [roles, clusterRoles, bindings, clusterBindings]) informer.close();
    },
  };
}

export const roleName = ({ kind, name }: RoleRef) => `${kind.toLowerCase()}.${ROLES.group} ${JSON.stringify(name)}`;

/** Somebody may be bound in many namespaces: only those of one are looked at. */
function grants(bindings: StoreInformer<RoleBinding>, who: Identity, namespace: string): readonly Grant[] {
  const keys = [`${namespace}/User ${who.user}`, ...who.groups.map((group) => `${namespace}/Group ${group}`)];
  const found = new Set(keys.flatMap((key) => bindings.by(BY_SUBJECT, key)));
  return [...found].map((binding) => ({
    binding,
    subject: binding.subjects!.find((subject) => keys.includes(subjectKey(subject, binding)))!,
  }));
}

const subjectKeys = (object: KubeObject) => ((object as RoleBinding).subjects ?? []).map((subject) => subjectKey(subject, object));

/** A service account is the user of that name; without a namespace it is one of the binding's own. */
function subjectKey({ kind, name, namespace }: Subject, { metadata: { namespace: within = '' } }: KubeObject): string {
  return `${within}/${kind === 'ServiceAccount' ? `User ${accountUser(namespace || within, name)}` : `${kind} ${name}`}`;
}
