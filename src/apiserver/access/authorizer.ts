import { CLUSTER_ROLE_BINDINGS, type PolicyRule, type Subject } from '../../model/index.ts';
import { MASTERS, type Attributes, type Authorize, type Identity } from '../auth/index.ts';
import { roleName, type Grant, type Policies } from './policies.ts';
import { allows } from './rules.ts';

/** Role-based access control over these policies. Administrators are above it, so that no wrong binding shuts them out. */
export function authorizeBy(policies: Policies): Authorize {
  return (who, wanted) => {
    if (who.groups.includes(MASTERS)) return { allowed: true, reason: '' };
    const problems: string[] = [];
    for (const grant of policies.grantsOf(who, namespaceOf(wanted))) {
      const rules = rulesOf(policies, grant);
      if (!rules) problems.push(`${roleName(grant.binding.roleRef)} not found`);
      else if (rules.some((rule) => allows(rule, wanted))) return { allowed: true, reason: `RBAC: allowed by ${describeGrant(grant)}` };
    }
    return { allowed: false, reason: problems.length > 0 ? `RBAC: ${aggregate(problems)}` : '' };
  };
}

const namespaceOf = (wanted: Attributes) => ('path' in wanted ? undefined : wanted.namespace);

const rulesOf = (policies: Policies, { binding }: Grant) => policies.rulesOf(binding.roleRef, binding.metadata.namespace);

/** Everything that somebody may do in a namespace. A binding to a role that is not there gives nothing. */
export function rulesFor(policies: Policies, who: Identity, namespace: string | undefined): readonly PolicyRule[] {
  return policies.grantsOf(who, namespace).flatMap((grant) => rulesOf(policies, grant) ?? []);
}

function aggregate(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}

function describeGrant({ binding, subject }: Grant): string {
  const { name, namespace } = binding.metadata;
  const { kind, name: role } = binding.roleRef;
  const bound = binding.kind === CLUSTER_ROLE_BINDINGS.kind ? name : `${name}/${namespace}`;
  return `${binding.kind} ${JSON.stringify(bound)} of ${kind} ${JSON.stringify(role)} to ${describeSubject(subject, namespace)}`;
}

function describeSubject({ kind, name, namespace }: Subject, fallback: string | undefined): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace || fallback}` : name)}`;
}
