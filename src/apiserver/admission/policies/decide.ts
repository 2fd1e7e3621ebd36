import { StatusError } from '../../../base/index.ts';
import {
  resourceName,
  VALIDATING_ADMISSION_POLICIES,
  type Kind,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../../model/index.ts';
import type { Value } from '../../cel/index.ts';
import { forbidden } from '../../refusals.ts';
import type { Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import { evaluate, type Denial } from './evaluate.ts';
import { inputsOf } from './inputs.ts';
import { matchedKind } from './match.ts';
import { Misconfigured, paramKindOf, paramsOf } from './params.ts';

/** Nobody can be shut out from mending a policy by that policy. */
const ABOVE_POLICIES: ReadonlySet<string> = new Set(
  ['validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'].map(
    (plural) => `${plural}.${VALIDATING_ADMISSION_POLICIES.group}`,
  ),
);

interface Denied extends Denial {
  readonly who: string;
}

/** Warnings of the policies that are bound, or the first refusal, which is thrown. */
export function decide(bindings: readonly ValidatingAdmissionPolicyBinding[], question: Question, around: Surroundings): readonly string[] {
  if (ABOVE_POLICIES.has(resourceName(question.kind))) return [];
  const denied: Denied[] = [];
  const warnings: string[] = [];
  const inputs = new Map<Kind, Readonly<Record<string, Value>>>();
  for (const policy of boundPolicies(bindings, around)) {
    const { name } = policy.metadata;
    const kind = matchedKind(policy.spec?.matchConstraints ?? {}, question, around);
    if (!kind) continue;
    const fail = (error: unknown, what: string, who: string) => {
      if (!(error instanceof Misconfigured)) throw error;
      if (policy.spec?.failurePolicy !== 'Ignore') denied.push({ who, message: `failed to configure ${what}: ${error.message}` });
    };
    const paramKind = configured(() => policy.spec?.paramKind && paramKindOf(policy.spec.paramKind, around), (error) => fail(error, 'policy', `'${name}'`)); // prettier-ignore
    if (paramKind === 'wrong') continue;
    if (!inputs.has(kind)) inputs.set(kind, inputsOf(question, kind, around));
    for (const binding of bindings) {
      const { policyName, matchResources = {}, paramRef, validationActions = [] } = binding.spec ?? {};
      if (policyName !== name || !matchedKind(matchResources, question, around)) continue;
      const who = `'${name}' with binding '${binding.metadata.name}'`;
      const params = configured(() => paramsOf(paramKind, paramRef, question.namespace, around), (error) => fail(error, 'binding', who)); // prettier-ignore
      for (const param of params === 'wrong' ? [] : params) {
        for (const denial of evaluate(policy, inputs.get(kind)!, param)) {
          if (validationActions.includes('Deny')) denied.push({ ...denial, who });
          if (validationActions.includes('Warn'))
            warnings.push(`Validation failed for ValidatingAdmissionPolicy ${who}: ${denial.message}`);
        }
      }
    }
  }
  const [first] = denied;
  if (first) throw refusal(first, question);
  return warnings;
}

function boundPolicies(bindings: readonly ValidatingAdmissionPolicyBinding[], around: Surroundings): readonly ValidatingAdmissionPolicy[] {
  const names = new Set(bindings.map(({ spec }) => spec?.policyName ?? ''));
  return [...names].toSorted().flatMap((name) => around.find(VALIDATING_ADMISSION_POLICIES, name) ?? []);
}

function configured<T>(read: () => T, fail: (error: unknown) => void): T | 'wrong' {
  try {
    return read();
  } catch (error) {
    fail(error);
    return 'wrong';
  }
}

/** Said as a refusal of admission, under the reason that the policy gives. */
function refusal({ who, message, reason = 'Invalid' }: Denied, { kind, name }: Question): StatusError {
  const why = `ValidatingAdmissionPolicy ${who} denied request: ${message}`;
  const { message: text, details } = forbidden(kind, name, why);
  return new StatusError(reason, text, { ...details, causes: [{ message: why }] });
}
