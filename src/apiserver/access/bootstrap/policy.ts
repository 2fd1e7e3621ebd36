import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type ClusterRole,
  type KindRef,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type Subject,
} from '../../../model/index.ts';
import { COMPONENTS } from './components.ts';
import { CONTROLLERS, rulesOfController } from './controllers.ts';
import { readRules } from './notation.ts';
import { AGGREGATED, PEOPLE } from './people.ts';

/** The roles and bindings that every cluster begins with. */

const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const SYSTEM = 'kube-system';

const head = (ref: KindRef, name: string, labels: Readonly<Record<string, string>> = {}, namespace?: string) => ({
  apiVersion: `${ref.group}/${ref.version}`,
  kind: ref.kind,
  metadata: { name, ...(namespace ? { namespace } : {}), labels: { ...LABELS, ...labels }, annotations: ANNOTATIONS },
});

export function bootstrapClusterRoles(): readonly ClusterRole[] {
  const controllers = Object.entries(CONTROLLERS).map(([name, rules]) => [`system:controller:${name}`, rulesOfController(rules)] as const);
  const plain = [...Object.entries(PEOPLE), ...Object.entries(COMPONENTS), ...controllers].map(([name, rules]): ClusterRole => ({
    ...head(CLUSTER_ROLES, name, lent(name)),
    rules: readRules(rules),
  }));
  const rulesOf = (name: string): readonly PolicyRule[] => plain.find(({ metadata }) => metadata.name === name)!.rules!;
  const view = rulesOf('system:aggregate-to-view');
  const edit = [...rulesOf('system:aggregate-to-edit'), ...view];
  // In the order in which they are gathered later, by the names of the roles: so there is nothing to gather at first.
  const gathered: Record<string, readonly PolicyRule[]> = { view, edit, admin: [...edit, ...rulesOf('system:aggregate-to-admin')] };
  const aggregated = Object.entries(AGGREGATED).map(([name, { gathers, lendsTo }]): ClusterRole => ({
    ...head(CLUSTER_ROLES, name, lendsTo ? { [lendsTo]: 'true' } : {}),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [gathers]: 'true' } }] },
    rules: gathered[name]!,
  }));
  return [...plain, ...aggregated];
}

const AGGREGATES = 'system:aggregate-to-';

/** The label by which a role's rules are gathered into another. */
const lent = (name: string): Readonly<Record<string, string>> =>
  name.startsWith(AGGREGATES) ? { [`rbac.authorization.k8s.io/${name.slice('system:'.length)}`]: 'true' } : {};

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: ROLES.group, name });
const user = (name: string): Subject => ({ kind: 'User', apiGroup: ROLES.group, name });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: SYSTEM });

const EVERYBODY = group('system:authenticated');

/** Nodes are bound to their role by their group: there is no authorizer of their own that knows what runs on each. */
const BOUND: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:basic-user': [EVERYBODY],
  'system:discovery': [EVERYBODY],
  'system:public-info-viewer': [EVERYBODY, group('system:unauthenticated')],
  'system:monitoring': [group('system:monitoring')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:node': [group('system:nodes')],
  'system:node-proxier': [user('system:kube-proxy')],
};

export function bootstrapClusterRoleBindings(): readonly RoleBinding[] {
  const controllers = Object.keys(CONTROLLERS).map((name) => [`system:controller:${name}`, [account(name)]] as const);
  return [...Object.entries(BOUND), ...controllers].map(([name, subjects]) => ({
    ...head(CLUSTER_ROLE_BINDINGS, name),
    subjects,
    roleRef: { apiGroup: ROLES.group, kind: CLUSTER_ROLES.kind, name },
  }));
}

const SYSTEM_ROLES: Readonly<Record<string, { readonly rules: string; readonly subjects: readonly Subject[] }>> = {
  'extension-apiserver-authentication-reader': {
    rules: 'read core configmaps extension-apiserver-authentication',
    subjects: [],
  },
  'system::leader-locking-kube-controller-manager': {
    rules: `
      watch core configmaps
      get,update core configmaps kube-controller-manager`,
    subjects: [user('system:kube-controller-manager'), account('kube-controller-manager')],
  },
  'system::leader-locking-kube-scheduler': {
    rules: `
      watch core configmaps
      get,update core configmaps kube-scheduler`,
    subjects: [user('system:kube-scheduler'), account('kube-scheduler')],
  },
  'system:controller:token-cleaner': {
    rules: `
      delete,get,list,watch core secrets
      create,patch,update core|events.k8s.io events`,
    subjects: [account('token-cleaner')],
  },
};

export function bootstrapRoles(): readonly Role[] {
  return Object.entries(SYSTEM_ROLES).map(([name, { rules }]) => ({ ...head(ROLES, name, {}, SYSTEM), rules: readRules(rules) }));
}

export function bootstrapRoleBindings(): readonly RoleBinding[] {
  return Object.entries(SYSTEM_ROLES)
    .filter(([, { subjects }]) => subjects.length > 0)
    .map(([name, { subjects }]) => ({
      ...head(ROLE_BINDINGS, name, {}, SYSTEM),
      subjects,
      roleRef: { apiGroup: ROLES.group, kind: ROLES.kind, name },
    }));
}
