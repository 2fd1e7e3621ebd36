import { SIGNERS, type RequestedSubject } from '../../model/index.ts';

const NODES_GROUP = 'system:nodes';
const NODE_PREFIX = 'system:node:';

/** Why a signer does not sign what was approved; undefined where it does. A signer that is not ours says nothing. */
type Rule = (subject: RequestedSubject, usages: readonly string[]) => string | undefined;

export const RULES: Readonly<Record<string, Rule>> = {
  [SIGNERS.client]: (_, usages) => clientUsageProblem(usages),
  [SIGNERS.kubeletClient]: kubeletClientProblem,
  [SIGNERS.kubeletServing]: kubeletServingProblem,
};

function clientUsageProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (other) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

export function kubeletClientProblem(subject: RequestedSubject, usages: readonly string[]): string | undefined {
  return organizationProblem(subject) ?? alternativeProblem(subject, ['dns', 'email', 'ip', 'uri']) ?? nameProblem(subject) ?? usageProblem(usages, 'client auth');
} // prettier-ignore

function kubeletServingProblem(subject: RequestedSubject, usages: readonly string[]): string | undefined {
  const organization = organizationProblem(subject);
  if (organization) return organization;
  if (!subject.alternatives.has('dns') && !subject.alternatives.has('ip')) return 'DNS or IP subjectAltName is required';
  return alternativeProblem(subject, ['email', 'uri']) ?? usageProblem(usages, 'server auth') ?? nameProblem(subject);
}

function organizationProblem({ organizations }: RequestedSubject): string | undefined {
  return organizations.length === 1 && organizations[0] === NODES_GROUP ? undefined : 'subject organization is not system:nodes';
}

function nameProblem({ commonName }: RequestedSubject): string | undefined {
  return commonName.startsWith(NODE_PREFIX) ? undefined : 'subject common name does not begin with system:node:';
}

const SPELLED = { dns: 'DNS', email: 'Email', ip: 'IP', uri: 'URI' } as const;

function alternativeProblem({ alternatives }: RequestedSubject, unwanted: readonly (keyof typeof SPELLED)[]): string | undefined {
  const found = unwanted.find((each) => alternatives.has(each));
  return found && `${SPELLED[found]} subjectAltNames are not allowed`;
}

/** Keys that sign only are not for encipherment, so that usage may be missing. */
function usageProblem(usages: readonly string[], wanted: 'client auth' | 'server auth'): string | undefined {
  const given = new Set(usages.filter((usage) => usage !== 'key encipherment'));
  const isRight = given.size === 2 && given.has('digital signature') && given.has(wanted);
  const all = ['digital signature', 'key encipherment', wanted].toSorted();
  return isRight ? undefined : `usages did not match [${all.join(' ')}]`;
}
