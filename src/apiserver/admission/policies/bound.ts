import {
  MUTATING_ADMISSION_POLICIES,
  MUTATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type AdmissionPolicy,
  type AdmissionPolicyBinding,
  type KindRef,
  type MutatingAdmissionPolicy,
  type MutatingAdmissionPolicyBinding,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../../model/index.ts';
import type { Store } from '../../../store/index.ts';
import { followed } from '../../followed.ts';
import { collectionOf, storeKey } from '../../verbs/place.ts';

/** A policy, and what puts it to work. */
export interface Bound<P extends AdmissionPolicy = AdmissionPolicy, B extends AdmissionPolicyBinding = AdmissionPolicyBinding> {
  readonly policy: P;
  readonly bindings: readonly B[];
}

export type BoundMutating = Bound<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;
export type BoundValidating = Bound<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>;

/** By their names, as their bindings are. */
export interface Policies {
  readonly mutating: readonly BoundMutating[];
  readonly validating: readonly BoundValidating[];
}

export const POLICY_KINDS = [
  MUTATING_ADMISSION_POLICIES,
  MUTATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
];

/** The policies that are bound at present. */
export const followPolicies = (store: Store): (() => Policies) =>
  followed(
    store,
    POLICY_KINDS.map((kind) => collectionOf(kind)),
    () => ({
      mutating: boundIn(store, MUTATING_ADMISSION_POLICIES, MUTATING_ADMISSION_POLICY_BINDINGS),
      validating: boundIn(store, VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS),
    }),
  );

function boundIn<P extends AdmissionPolicy, B extends AdmissionPolicyBinding>(
  store: Store,
  policies: KindRef<P>,
  kind: KindRef<B>,
): readonly Bound<P, B>[] {
  const bindings = store.list(collectionOf(kind)).entries.map(({ value }) => value as B);
  const names = new Set(bindings.map(({ spec }) => spec?.policyName ?? ''));
  return [...names].toSorted().flatMap((name) => {
    const policy = store.get(storeKey(policies, name))?.value as P | undefined;
    return policy ? [{ policy, bindings: bindings.filter(({ spec }) => spec?.policyName === name) }] : [];
  });
}
