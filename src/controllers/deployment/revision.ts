import { equalJson } from '../../base/index.ts';
import type { Deployment, ReplicaSet } from '../../model/index.ts';
import { boundsOf, wantedReplicas } from './bounds.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
/** A number: to which revision the Deployment is to go back, 0 for the last one. */
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

type Annotations = Readonly<Record<string, string>>;

/** What a Deployment does not hand on to its sets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  ROLLBACK_TO,
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

const LONGEST_HISTORY = 2000;

export function revisionOf(set: ReplicaSet): number {
  const revision = set.metadata.annotations?.[REVISION];
  return revision && /^\d+$/.test(revision) ? Number(revision) : 0;
}

export function nextRevision(old: readonly ReplicaSet[]): number {
  return 1 + old.reduce((highest, set) => Math.max(highest, revisionOf(set)), 0);
}

/** The annotation's number; undefined when it is missing or no number. */
export function countAnnotation(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The current set with the Deployment's annotations, and its number when older sets have overtaken it. */
export function withRevision(set: ReplicaSet, deployment: Deployment, next: number): ReplicaSet {
  const present = set.metadata.annotations ?? {};
  const revision = revisionOf(set);
  const raised: Annotations = revision < next ? { [REVISION]: String(next), ...historyAfter(present) } : {};
  return withAnnotations(set, { ...copied(deployment.metadata.annotations), ...raised });
}

/** A set that comes back keeps its former numbers, the oldest giving way. */
function historyAfter(present: Annotations): Annotations {
  const former = present[REVISION];
  if (former === undefined) return {};
  const numbers = [...(present[REVISION_HISTORY]?.split(',') ?? []), former];
  while (numbers.join(',').length > LONGEST_HISTORY) numbers.shift();
  return { [REVISION_HISTORY]: numbers.join(',') };
}

function copied(annotations: Annotations = {}): Annotations {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !NOT_COPIED.has(name)));
}

/** Of the Deployment, when it goes back to this set: what it handed on to it, and what it never hands on. */
export function annotationsOnReturn({ metadata }: Deployment, set: ReplicaSet): Annotations {
  const kept = Object.entries(metadata.annotations ?? {}).filter(([name]) => NOT_COPIED.has(name));
  return { ...Object.fromEntries(kept), ...copied(set.metadata.annotations) };
}

/** The set with a size, and with what proportional scaling wants to know later: for which count it was given. */
export function withSize(set: ReplicaSet, replicas: number, deployment: Deployment): ReplicaSet {
  const wanted = wantedReplicas(deployment);
  const sized = set.spec.replicas === replicas ? set : { ...set, spec: { ...set.spec, replicas } };
  return withAnnotations(sized, { [DESIRED_REPLICAS]: String(wanted), [MAX_REPLICAS]: String(wanted + boundsOf(deployment).surge) });
}

function withAnnotations(set: ReplicaSet, added: Annotations): ReplicaSet {
  const annotations = { ...set.metadata.annotations, ...added };
  if (equalJson(annotations, set.metadata.annotations ?? {})) return set;
  return { ...set, metadata: { ...set.metadata, annotations } };
}
