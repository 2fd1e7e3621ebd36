/** Admission: what a write must pass beyond its schema, as a chain of small pure steps in Kubernetes' order. */
import { oncePerObject } from '../../base/index.ts';
import { resourceName, type Kind, type Manifest } from '../../model/index.ts';
import { certificateRequest, certificateSubjectRestriction } from './certificates.ts';
import { claimResize } from './claim-resize.ts';
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { notEnforced } from './not-enforced.ts';
import { podSecurity } from './pod-security.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { expressions } from './policies/index.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import type { AdmissionRequest, AdmissionStep, Surroundings } from './step.ts';

export { withTopology } from './pod-topology-labels.ts';
export { followPolicies, judgeBy, mutationsBy, wantsToKnow, type Policies } from './policies/index.ts';
export { aboutOf, convert, isSelected, meantAs, questionOf, shownOf, type Question } from './question.ts';
export type { AdmissionRequest, AdmissionStep, Collection, Surroundings } from './step.ts';

export const STEPS: readonly AdmissionStep[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  claimResize,
  runtimeClass,
  certificateRequest,
  certificateSubjectRestriction,
  defaultIngressClass,
  podTopologyLabels,
  notEnforced,
  expressions,
  resourceQuota,
];

/** Most kinds are minded by few of them. */
const stepsOf = oncePerObject((kind: Kind) => {
  const minding = STEPS.filter(({ of }) => !of || of.includes(resourceName(kind)));
  const judging = minding.filter(({ judge }) => judge);
  return {
    mutating: minding.filter(({ mutate }) => mutate),
    judging: judging.filter(({ isLast }) => !isLast),
    judgingLast: judging.filter(({ isLast }) => isLast),
  };
});

/** The object as the steps change it, before it is validated. */
export function mutate(request: AdmissionRequest, around: Surroundings): Manifest {
  let present = request;
  for (const step of stepsOf(request.kind).mutating) {
    const object = step.mutate!(present, around);
    if (object !== present.object) present = { ...request, object };
  }
  return present.object;
}

/** What the steps, and others, say of the valid object: warnings, or a refusal, which is thrown. */
export function judge(request: AdmissionRequest, around: Surroundings, others: () => readonly string[]): readonly string[] {
  const { judging, judgingLast } = stepsOf(request.kind);
  const said = judging.flatMap((step) => step.judge!(request, around));
  return [...said, ...others(), ...judgingLast.flatMap((step) => step.judge!(request, around))];
}
