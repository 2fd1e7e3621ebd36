import { StatusError, type Reason } from '../../../base/index.ts';
import type { Kind } from '../../../model/index.ts';
import type { Value } from '../../cel/index.ts';
import { forbidden } from '../../refusals.ts';
import type { Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import type { BoundValidating } from './bound.ts';
import { evaluate, type Denial } from './evaluate.ts';
import { inputsOf } from './inputs.ts';
import { invocationsOf } from './invocations.ts';

interface Denied extends Denial {
  readonly who: string;
}

/** Warnings of the policies that are bound, or the first refusal, which is thrown. */
export function decide(bound: readonly BoundValidating[], question: Question, around: Surroundings): readonly string[] {
  const denied: Denied[] = [];
  const warnings: string[] = [];
  const known = new Map<Kind, Readonly<Record<string, Value>>>();
  for (const one of invocationsOf(bound, question, around)) {
    const { policy, binding } = one;
    const who = `'${policy.metadata.name}'${binding ? ` with binding '${binding.metadata.name}'` : ''}`;
    if ('problem' in one) {
      if (policy.spec?.failurePolicy !== 'Ignore') denied.push({ who, message: one.problem });
      continue;
    }
    const inputs = known.get(one.kind) ?? inputsOf(question, one.kind, around);
    known.set(one.kind, inputs);
    const { validationActions = [] } = one.binding.spec ?? {};
    for (const denial of evaluate(policy, inputs, one.param)) {
      if (validationActions.includes('Deny')) denied.push({ ...denial, who });
      if (validationActions.includes('Warn')) warnings.push(`Validation failed for ValidatingAdmissionPolicy ${who}: ${denial.message}`);
    }
  }
  const [first] = denied;
  if (first) throw refusal(first, question);
  return warnings;
}

/** Said as a refusal of admission, under the reason that the policy gives. */
function refusal({ who, message, reason = 'Invalid' as Reason }: Denied, { kind, name }: Question): StatusError {
  const why = `ValidatingAdmissionPolicy ${who} denied request: ${message}`;
  const { message: text, details } = forbidden(kind, name, why);
  return new StatusError(reason, text, { ...details, causes: [{ message: why }] });
}
