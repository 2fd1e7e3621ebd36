import { equalJson } from '../../base/index.ts';
import {
  apiVersionOf,
  PODS,
  STATEFUL_SETS,
  type KindRef,
  type KubeObject,
  type OwnerReference,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../model/index.ts';

/** Whose end is the claim's end, by the set's policy; undefined when its owners are these already. */
export function ownersOfClaim(
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
  isCondemned: boolean,
): readonly OwnerReference[] | undefined {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const byPod = whenScaled === 'Delete' && isCondemned;
  const bySet = whenDeleted === 'Delete' && !byPod;
  const present = claim.metadata.ownerReferences ?? [];
  const others = present.filter(({ kind, name }) => !isNamed(STATEFUL_SETS, set, kind, name) && !isNamed(PODS, pod, kind, name));
  const wanted = [...others, ...(bySet ? [reference(STATEFUL_SETS, set)] : []), ...(byPod ? [reference(PODS, pod)] : [])];
  return equalJson(wanted, present) ? undefined : wanted;
}

const isNamed = (ref: KindRef, object: KubeObject, kind: string, name: string) => ref.kind === kind && object.metadata.name === name;

const reference = (kind: KindRef, { metadata }: KubeObject): OwnerReference => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  name: metadata.name,
  uid: metadata.uid!,
});
