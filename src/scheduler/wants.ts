import { Memory } from '../base/index.ts';
import { EVERYTHING, hostPortsOf, selectorFromLabels } from '../model/index.ts';
import type { HostPort, NodeSelectorRequirement, NodeSelectorTerm, Pod, Selector, Toleration } from '../model/index.ts';
import { asGranted, asHeld, conditionOf, isAsMade, RESIZE_PENDING } from '../status/index.ts';
import { largestOf, requestsOf, type Amounts } from './amounts.ts';

/** A node selector term, ready to be matched. */
export interface NodeTerm {
  readonly labels: Selector;
  /** On `metadata.name`. */
  readonly fields: Selector;
}

/** What a pod wants of the node that it runs on, whatever else is in the cluster. Pods that want the same share it. */
export interface Wants {
  readonly nodeName: string;
  readonly requests: Amounts;
  /** What it counts for when nodes are compared: a container that asks for nothing weighs something all the same. */
  readonly weight: { readonly cpu: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: Selector;
  /** One of them must hold; undefined: any node will do. */
  readonly requiredTerms: readonly NodeTerm[] | undefined;
}

const ASSUMED_REQUESTS = { cpu: '100m', memory: '200Mi' };
/** Most pods have nothing of most kinds: all of them share this. */
const NONE: readonly never[] = [];

/** A cluster has few sorts of pods; what does not repeat must not pile up. */
const remembered = new Memory<string, Wants>(1_000);

export function wantsOf(pod: Pod): Wants {
  const { nodeName = '', tolerations = NONE, nodeSelector, affinity } = pod.spec;
  const requests = countedRequests(pod);
  const { cpu, memory } = weightOf(pod, requests);
  const hostPorts = hostPortsOf(pod);
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const { others } = requests;
  const key = JSON.stringify([
    nodeName,
    cpu,
    memory,
    requests.cpu,
    requests.memory,
    [...others],
    hostPorts,
    tolerations,
    nodeSelector,
    terms,
  ]);
  const known = remembered.get(key);
  if (known) return known;
  const wants: Wants = {
    nodeName,
    requests,
    weight: { cpu, memory },
    hostPorts,
    tolerations,
    nodeSelector: nodeSelector ? selectorFromLabels(nodeSelector) : EVERYTHING,
    requiredTerms: terms?.map(toTerm),
  };
  remembered.set(key, wants);
  return wants;
}

/**
 * A pod counts for what it has and was granted as long as it has that; and for what it asks for by now, unless its node
 * has refused it for good.
 */
export function countedRequests(pod: Pod): Amounts {
  if (isAsMade(pod) || !pod.status?.containerStatuses) return requestsOf(pod);
  const kept = largestOf(requestsOf(asGranted(pod)), requestsOf(asHeld(pod)));
  const isRefused = conditionOf(pod.status.conditions, RESIZE_PENDING)?.reason === 'Infeasible';
  return isRefused ? kept : largestOf(kept, requestsOf(pod));
}

/** Nothing is assumed where the pod as a whole says what it needs, or its containers do. */
function weightOf(pod: Pod, { cpu, memory }: Amounts): { readonly cpu: number; readonly memory: number } {
  if (!pod.spec.resources?.requests) return requestsOf(pod, ASSUMED_REQUESTS);
  const assumed = requestsOf({ ...pod, spec: { ...pod.spec, resources: undefined } }, ASSUMED_REQUESTS);
  return { cpu: cpu || assumed.cpu, memory: memory || assumed.memory };
}

export function toTerm({ matchExpressions, matchFields }: NodeSelectorTerm): NodeTerm {
  return { labels: toSelector(matchExpressions), fields: toSelector(matchFields) };
}

function toSelector(requirements: readonly NodeSelectorRequirement[] | undefined): Selector {
  return requirements?.map(({ key, operator, values = [] }) => ({ key, operator, values })) ?? EVERYTHING;
}
