import { pathSegment } from '../../meta/index.ts';
import { CLUSTER_ROLES, ROLES, type ClusterRole, type Role } from '../../types/index.ts';
import { required } from '../../schema/problems.ts';
import { CREATED_AT, createdCell, NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateLabelSelector } from '../rules/selector.ts';
import { validateRules } from './rule-rules.ts';

/** A role without rules says so: its list of rules is null on the wire, neither absent nor empty. Who sends it empty owns it. */
const COMMON = {
  name: pathSegment,
  createdByUpdate: true,
  defaults: <T extends Role>(role: T): T => ({ ...role, rules: role.rules ?? null }),
  prepareCreate: withoutEmptyRules,
  prepareUpdate: withoutEmptyRules,
  columns: [NAME, CREATED_AT],
  row: (role: Role) => [role.metadata.name, createdCell(role)],
};

function withoutEmptyRules<T extends Role>(role: T): T {
  return role.rules?.length === 0 ? { ...role, rules: null } : role;
}

export const ROLE = declareKind<Role>({
  ...COMMON,
  ref: ROLES,
  schema: { definition: 'rbac.v1.Role' },
  validate: ({ rules }) => validateRules(rules ?? [], true),
});

export const CLUSTER_ROLE = declareKind<ClusterRole>({
  ...COMMON,
  ref: CLUSTER_ROLES,
  schema: { definition: 'rbac.v1.ClusterRole' },
  validate: ({ rules, aggregationRule }) => [...validateRules(rules ?? [], false), ...(aggregationRule ? validateAggregation(aggregationRule) : [])],
}); // prettier-ignore

function validateAggregation({ clusterRoleSelectors: selectors = [] }: NonNullable<ClusterRole['aggregationRule']>) {
  const path = ['aggregationRule', 'clusterRoleSelectors'];
  if (selectors.length === 0) return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, i) => validateLabelSelector(selector, [...path, i]));
}
