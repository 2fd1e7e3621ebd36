import { keyRequirements, type Labels, type LabelSelector } from '../../meta/index.ts';
import type { Pod, PodAffinity, PodAffinityTerm, PodSpec } from '../../types/index.ts';

interface LabelKeys {
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** Selectors that name keys only mean the pod's own values of them: as Kubernetes keeps them, they say so. */
export function withOwnLabels<T extends Pod>(pod: T): T {
  const { affinity, topologySpreadConstraints } = pod.spec;
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity && !topologySpreadConstraints) return pod;
  const { labels } = pod.metadata;
  const spec: PodSpec = {
    ...pod.spec,
    ...(affinity
      ? {
          affinity: {
            ...affinity,
            ...(affinity.podAffinity ? { podAffinity: ofTerms(affinity.podAffinity, labels) } : {}),
            ...(affinity.podAntiAffinity ? { podAntiAffinity: ofTerms(affinity.podAntiAffinity, labels) } : {}),
          },
        }
      : {}),
    ...(topologySpreadConstraints
      ? { topologySpreadConstraints: topologySpreadConstraints.map((constraint) => narrowed(constraint, labels)) }
      : {}),
  };
  return { ...pod, spec };
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function ofTerms(affinity: PodAffinity, labels: Labels | undefined): PodAffinity {
  const { [REQUIRED]: must, [PREFERRED]: should } = affinity;
  return {
    ...affinity,
    ...(must ? { [REQUIRED]: must.map((term) => narrowed(term, labels)) } : {}),
    ...(should
      ? { [PREFERRED]: should.map((each) => ({ ...each, podAffinityTerm: narrowed<PodAffinityTerm>(each.podAffinityTerm, labels) })) }
      : {}),
  };
}

/** A term that is missing is not judged yet. */
function narrowed<T extends LabelKeys>(term: T, labels: Labels | undefined): T {
  const { labelSelector, matchLabelKeys, mismatchLabelKeys } = (term as T | undefined) ?? {};
  const added = keyRequirements(labels, matchLabelKeys, mismatchLabelKeys);
  if (!labelSelector || added.length === 0) return term;
  return { ...term, labelSelector: { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...added] } };
}
