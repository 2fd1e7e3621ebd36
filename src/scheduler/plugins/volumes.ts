import type { NodeView } from '../nodeview.ts';
import { FITS, nowhere, refusal, type Nowhere, type Verdict } from '../plugin.ts';
import type { PodView } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';
import { claimsOf, isInZone, provide, reaches } from '../volumes.ts';

const OUT_OF_REACH = refusal('none', "node(s) didn't match PersistentVolume's node affinity");
const OTHER_ZONE = refusal('none', 'node(s) had no available volume zone');
const VOLUME_LOST = refusal('none', 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
const NOTHING_TO_BIND = refusal('none', "node(s) didn't find available persistent volumes to bind");
const IN_USE = refusal('preemption', 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode');

/** Where the volumes of the pod's claims can be reached, or be had. */
export function prepareVolumes(pod: PodView, snapshot: Snapshot): ((node: NodeView) => Verdict) | Nowhere | undefined {
  if (pod.claims.length === 0) return undefined;
  const { surroundings } = snapshot;
  const claims = claimsOf(pod, surroundings);
  if (typeof claims === 'string') return nowhere(claims);
  const volumes = claims.bound.map(({ spec }) => surroundings.volume(spec.volumeName!));
  const exclusive = claims.bound.filter(({ spec }) => spec.accessModes?.includes('ReadWriteOncePod')).map(({ metadata }) => metadata.name);
  const isInUse = exclusive.some((name) => users(name, pod.namespace, snapshot) > 0);
  return (node) => {
    if (isInUse) return IN_USE;
    for (const volume of volumes) {
      if (!volume) return VOLUME_LOST;
      if (!reaches(volume, node)) return OUT_OF_REACH;
      if (!isInZone(volume, node.labels)) return OTHER_ZONE;
    }
    return provide(claims.waiting, node, surroundings) ? FITS : NOTHING_TO_BIND;
  };
}

function users(claim: string, namespace: string, snapshot: Snapshot): number {
  const counts = snapshot.count({
    key: `claim ${namespace}/${claim}`,
    counts: (pod) => pod.namespace === namespace && pod.claims.some(({ name }) => name === claim),
    domain: () => '',
  });
  return counts.get('') ?? 0;
}
