import { equalJson } from '../../base/index.ts';
import { CLUSTER_ROLES, ROLES, type ClusterRole, type PolicyRule, type RoleBinding } from '../../model/index.ts';
import { isOf, type AdmissionRequest } from '../admission/step.ts';
import { MASTERS, type Authorize, type Identity } from '../auth/index.ts';
import { forbidden, notFound } from '../refusals.ts';
import { rulesFor } from './authorizer.ts';
import { countPieces, describeRules, quoted, uncovered } from './covers.ts';
import type { Policies } from './policies.ts';

const RBAC = ROLES.group;

/** Refuses a write that its caller may not make, by throwing. */
export type Guard = (request: AdmissionRequest) => void;

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Nobody hands on more than they hold: by writing a role, or by binding one. */
export function guardGrants(policies: Policies, authorize: Authorize): Guard {
  return (request) => {
    const { kind, caller } = request;
    if (kind.group !== RBAC || caller.groups.includes(MASTERS) || changesOwnershipOnly(request)) return;
    const isRole = isOf(kind, `roles.${RBAC}`) || isOf(kind, `clusterroles.${RBAC}`);
    if (isRole) guardRole(policies, authorize, request);
    else guardBinding(policies, authorize, request);
  };
}

function guardRole(policies: Policies, authorize: Authorize, { kind, object, old, operation, caller }: AdmissionRequest): void {
  const { name, namespace } = object.metadata;
  const wanted = { verb: 'escalate', group: RBAC, resource: kind.plural, namespace, name: operation === 'update' ? name : undefined };
  if (authorize(caller, wanted).allowed) return;
  const role = object as unknown as ClusterRole;
  const before = old as unknown as ClusterRole | undefined;
  refuseEscalation(policies, { kind, name, namespace, caller, rules: role.rules ?? [] });
  if ((gathers(role) || gathers(before)) && missing(policies, caller, namespace, EVERYTHING).length > 0) {
    throw forbidden(kind, name, 'must have cluster-admin privileges to use the aggregationRule');
  }
}

const gathers = (role: ClusterRole | undefined) => (role?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;

function guardBinding(policies: Policies, authorize: Authorize, { kind, object, caller }: AdmissionRequest): void {
  const { name, namespace } = object.metadata;
  const { roleRef } = object as unknown as RoleBinding;
  // What the reference cannot mean is for validation to refuse.
  const referred = [ROLES, CLUSTER_ROLES].find((roles) => roles.kind === roleRef?.kind);
  if (!referred || !roleRef.name) return;
  const wanted = { verb: 'bind', group: RBAC, resource: referred.plural, namespace, name: roleRef.name };
  if (authorize(caller, wanted).allowed) return;
  const rules = policies.rulesOf(roleRef, namespace);
  if (!rules) throw notFound(referred, roleRef.name);
  refuseEscalation(policies, { kind, name, namespace, caller, rules });
}

/** No honest role is as long; comparing it would hold up everybody. */
const MOST_PIECES = 20_000;

interface Granting extends Pick<AdmissionRequest, 'kind' | 'caller'> {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly rules: readonly PolicyRule[];
}

function refuseEscalation(policies: Policies, { kind, name, namespace, caller, rules }: Granting): void {
  if (countPieces(rules) > MOST_PIECES) {
    const why = `its rules name more than ${MOST_PIECES} combinations of verb, group, resource and name: use "*", or several roles`;
    throw forbidden(kind, name, why);
  }
  const beyond = missing(policies, caller, namespace, rules);
  if (beyond.length === 0) return;
  const who = `user ${JSON.stringify(caller.user)} (groups=${quoted(caller.groups)})`;
  const message = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(beyond)}`;
  throw forbidden(kind, name, message);
}

function missing(policies: Policies, who: Identity, namespace: string | undefined, rules: readonly PolicyRule[]): readonly PolicyRule[] {
  return uncovered(rulesFor(policies, who, namespace), rules);
}

/** The garbage collector takes owners and finalizers from roles that it could not write. */
function changesOwnershipOnly({ object, old }: AdmissionRequest): boolean {
  if (!old) return false;
  const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...metadata } = object.metadata;
  const { ownerReferences: _oo, finalizers: _of, managedFields: _om, ...before } = old.metadata;
  return equalJson({ ...object, metadata }, { ...old, metadata: before });
}
