import { equalJson } from '../../base/index.ts';
import {
  controllerReference,
  PODS,
  STATEFUL_SETS,
  type KindRef,
  type KubeObject,
  type OwnerReference,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../model/index.ts';

/** Whose end is the claim's end, by the set's policy; undefined when its owners are these already, or not for us to change. */
export function ownersOfClaim(
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
  isCondemned: boolean,
): readonly OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = policyOf(set);
  const present = claim.metadata.ownerReferences ?? [];
  if (present.some((owner) => isStale(STATEFUL_SETS, set, owner) || isStale(PODS, pod, owner))) return undefined;
  const byPod = whenScaled === 'Delete' && isCondemned;
  const bySet = whenDeleted === 'Delete' && !byPod;
  const others = foreignOwners(set, pod, claim);
  const own = [...(bySet ? [controllerReference(set, STATEFUL_SETS)] : []), ...(byPod ? [controllerReference(pod, PODS)] : [])];
  const wanted = others.some(({ controller }) => controller) ? others : [...others, ...own];
  return equalJson(wanted, present) ? undefined : wanted;
}

/** Another controller has the claim: then the policy is not for it. */
export function isContested(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): boolean {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false;
  return foreignOwners(set, pod, claim).some(({ controller }) => controller);
}

/** The claim is to go with an earlier pod of the name, whose place is taken only once it has gone. */
export function isForegone(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): boolean {
  return policyOf(set).whenScaled === 'Delete' && (claim.metadata.ownerReferences ?? []).some((owner) => isStale(PODS, pod, owner));
}

function policyOf({ spec }: StatefulSet) {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
}

function foreignOwners(set: StatefulSet, pod: Pod, { metadata }: PersistentVolumeClaim): readonly OwnerReference[] {
  return (metadata.ownerReferences ?? []).filter((owner) => !isNamed(STATEFUL_SETS, set, owner) && !isNamed(PODS, pod, owner));
}

/** Of an earlier object of the name: that is the garbage collector's to settle. */
function isStale(kind: KindRef, object: KubeObject, owner: OwnerReference): boolean {
  return isNamed(kind, object, owner) && owner.uid !== object.metadata.uid;
}

function isNamed(ref: KindRef, { metadata }: KubeObject, { kind, name }: OwnerReference): boolean {
  return ref.kind === kind && metadata.name === name;
}
