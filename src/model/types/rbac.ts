import type { KindRef, KubeObject, LabelSelector } from '../meta/index.ts';

/** May do these verbs to these resources, or to these paths. `*` stands for all. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
}

export interface ClusterRole extends Role {
  /** Its rules are those of the cluster roles that these select. */
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

export interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Gives subjects a role: a RoleBinding in its namespace, a ClusterRoleBinding everywhere. */
export interface RoleBinding extends KubeObject {
  readonly subjects?: readonly Subject[];
  readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
}

export type ClusterRoleBinding = RoleBinding;

const rbac = <T>(kind: string, plural: string, namespaced: boolean): KindRef<T> => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const ROLES = rbac<Role>('Role', 'roles', true);
export const ROLE_BINDINGS = rbac<RoleBinding>('RoleBinding', 'rolebindings', true);
export const CLUSTER_ROLES = rbac<ClusterRole>('ClusterRole', 'clusterroles', false);
export const CLUSTER_ROLE_BINDINGS = rbac<ClusterRoleBinding>('ClusterRoleBinding', 'clusterrolebindings', false);
