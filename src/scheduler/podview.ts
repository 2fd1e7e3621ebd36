import { keyOf, parseTime } from '../model/index.ts';
import type { Labels, ObjectKey, Pod, PodAffinity, Selector, TopologySpreadConstraint } from '../model/index.ts';
import { toPodTerm, withLabelKeys, type PodTerm, type WeightedTerm } from './podterm.ts';
import { toTerm, wantsOf, type NodeTerm, type Wants } from './wants.ts';

/** The pods that a pod wants to be near, or far from. */
export interface PodTerms {
  readonly required: readonly PodTerm[];
  readonly preferred: readonly WeightedTerm[];
}

/** How evenly the pods that the selector names are to lie over the parts of the cluster. */
export interface Spread extends Pick<TopologySpreadConstraint, 'maxSkew' | 'topologyKey' | 'minDomains'> {
  readonly selector: Selector | undefined;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** A pod as the plugins see it: everything that a cycle needs, worked out once. */
export interface PodView {
  readonly key: ObjectKey;
  readonly uid: string;
  /** As it was seen last. What else stands here is the same for every version that asks for the same. */
  pod: Pod;
  readonly namespace: string;
  readonly labels: Labels;
  readonly isTerminating: boolean;
  readonly priority: number;
  readonly createdAt: number;
  readonly wants: Wants;
  readonly preferredTerms: readonly { readonly weight: number; readonly term: NodeTerm }[];
  /** The only nodes that the required terms name, where they do: a DaemonSet's pod has one. */
  readonly onlyNodes: ReadonlySet<string> | undefined;
  readonly affinity: PodTerms;
  readonly antiAffinity: PodTerms;
  /** Its persistent volume claims; its own are made for it, and go with it. */
  readonly claims: readonly { readonly name: string; readonly isOwn: boolean }[];
  /** Its claims of devices; undefined: one that is not made yet. */
  readonly deviceClaims: readonly (string | undefined)[];
  /** The names of its containers' images. */
  readonly images: readonly string[];
  readonly spread: { readonly required: readonly Spread[]; readonly preferred: readonly Spread[] };
}

const NO_TERMS: PodTerms = { required: [], preferred: [] };
const NO_SPREAD: PodView['spread'] = { required: [], preferred: [] };
/** Most pods have nothing of most kinds: all of them share this. */
const NONE: readonly never[] = [];

export function viewPod(pod: Pod): PodView {
  const { spec, metadata } = pod;
  const wants = wantsOf(pod);
  const nodeAffinity = spec.affinity?.nodeAffinity;
  return {
    key: keyOf(pod),
    uid: metadata.uid ?? '',
    pod,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? {},
    isTerminating: metadata.deletionTimestamp !== undefined,
    priority: spec.priority ?? 0,
    createdAt: parseTime(metadata.creationTimestamp) ?? 0,
    wants,
    preferredTerms:
      nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.map(({ weight, preference }) => ({
        weight,
        term: toTerm(preference),
      })) ?? NONE,
    onlyNodes: wants.requiredTerms && namedNodes(wants.requiredTerms),
    affinity: toPodTerms(spec.affinity?.podAffinity, pod),
    antiAffinity: toPodTerms(spec.affinity?.podAntiAffinity, pod),
    claims: claimsIn(pod),
    deviceClaims: spec.resourceClaims ? deviceClaimsIn(pod) : NONE,
    images: [...spec.containers, ...(spec.initContainers ?? NONE)].map(({ image = '' }) => imageName(image)),
    spread: toSpread(pod),
  };
}

function claimsIn({ metadata, spec }: Pod): PodView['claims'] {
  if (!spec.volumes) return NONE;
  return spec.volumes.flatMap(({ name, persistentVolumeClaim: claim, ephemeral }): PodView['claims'] => {
    if (ephemeral) return [{ name: `${metadata.name}-${name}`, isOwn: true }];
    return claim ? [{ name: (claim as { claimName: string }).claimName, isOwn: false }] : [];
  });
}

function deviceClaimsIn({ spec, status }: Pod): PodView['deviceClaims'] {
  return spec.resourceClaims!.flatMap(({ name, resourceClaimName }) => {
    const made = status?.resourceClaimStatuses?.find((each) => each.name === name);
    return made && !resourceClaimName ? (made.resourceClaimName ?? []) : [resourceClaimName];
  });
}

/** As nodes report it: a name without a tag means the latest. */
function imageName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function toPodTerms(affinity: PodAffinity | undefined, pod: Pod): PodTerms {
  if (!affinity) return NO_TERMS;
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } = affinity;
  return {
    required: (required ?? []).map((term) => toPodTerm(term, pod)),
    preferred: (preferred ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: toPodTerm(podAffinityTerm, pod) })),
  };
}

function toSpread(pod: Pod): PodView['spread'] {
  const constraints = pod.spec.topologySpreadConstraints;
  if (!constraints?.length) return NO_SPREAD;
  const of = (when: TopologySpreadConstraint['whenUnsatisfiable']) =>
    constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when).map((constraint) => toConstraint(constraint, pod));
  return { required: of('DoNotSchedule'), preferred: of('ScheduleAnyway') };
}

function toConstraint(constraint: TopologySpreadConstraint, { metadata }: Pod): Spread {
  const { maxSkew, topologyKey, minDomains, labelSelector, matchLabelKeys } = constraint;
  return {
    maxSkew,
    topologyKey,
    minDomains,
    selector: withLabelKeys(labelSelector, metadata.labels, matchLabelKeys),
    honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
}

function namedNodes(terms: readonly NodeTerm[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { fields } of terms) {
    const named = fields.find((requirement) => requirement.key === 'metadata.name' && requirement.operator === 'In');
    if (!named) return undefined;
    for (const name of named.values) names.add(name);
  }
  return names;
}
