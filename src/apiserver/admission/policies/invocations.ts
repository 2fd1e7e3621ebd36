import { resourceName, type AdmissionPolicy, type AdmissionPolicyBinding, type Kind, type Manifest } from '../../../model/index.ts';
import type { Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import { POLICY_KINDS, type Bound } from './bound.ts';
import { matchedKind } from './match.ts';
import { Misconfigured, paramKindOf, paramsOf } from './params.ts';

/** A policy that is to be asked, as one binding and one parameter of it want it. */
export interface Invocation<P, B> {
  readonly policy: P;
  readonly binding: B;
  /** As which the object is shown to it. */
  readonly kind: Kind;
  readonly param: Manifest | undefined;
}

/** What a policy has against a request. */
export interface Problem<P, B> {
  readonly policy: P;
  /** Undefined where it is the policy itself that cannot be asked. */
  readonly binding?: B;
  readonly problem: string;
  /** It, or its binding, cannot be asked as it is. */
  readonly isMisconfigured?: true;
}

/** Nobody can be shut out from mending a policy by that policy. */
const ABOVE_POLICIES: ReadonlySet<string> = new Set(POLICY_KINDS.map(resourceName));

/** All that a request is about, in their order; those that cannot be asked as they are with what is wrong with them. */
export function* invocationsOf<P extends AdmissionPolicy, B extends AdmissionPolicyBinding>(
  bound: readonly Bound<P, B>[],
  question: Question,
  around: Surroundings,
): Generator<Invocation<P, B> | Problem<P, B>> {
  if (ABOVE_POLICIES.has(resourceName(question.kind))) return;
  for (const { policy, bindings } of bound) {
    const kind = matchedKind(policy.spec?.matchConstraints ?? {}, question, around);
    if (!kind) continue;
    const paramKind = configured(() => policy.spec?.paramKind && paramKindOf(policy.spec.paramKind, around));
    if (paramKind instanceof Misconfigured) {
      yield { policy, problem: `failed to configure policy: ${paramKind.message}`, isMisconfigured: true };
      continue;
    }
    for (const binding of bindings) {
      const { matchResources = {}, paramRef } = binding.spec ?? {};
      if (!matchedKind(matchResources, question, around)) continue;
      const params = configured(() => paramsOf(paramKind, paramRef, question.namespace, around));
      if (params instanceof Misconfigured) {
        yield { policy, binding, problem: `failed to configure binding: ${params.message}`, isMisconfigured: true };
        continue;
      }
      for (const param of params) yield { policy, binding, kind, param };
    }
  }
}

function configured<T>(read: () => T): T | Misconfigured {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misconfigured) return error;
    throw error;
  }
}
