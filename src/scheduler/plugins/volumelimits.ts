import { classNameOf } from '../../model/index.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { PodView } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Surroundings } from '../surroundings.ts';

const TOO_MANY = refusal('preemption', 'node(s) exceed max volume count');

/** Whether as many volumes of a driver can be attached to the node as there would be with the pod's. */
export function prepareVolumeLimits(pod: PodView, { surroundings }: Snapshot): ((node: NodeView) => Verdict) | undefined {
  if (pod.claims.length === 0) return undefined;
  const wanted = volumesOf(pod, surroundings);
  if (wanted.size === 0) return undefined;
  const drivers = new Set(wanted.values());
  return (node) => {
    const limits = [...surroundings.attachable(node.name)].filter(([driver]) => drivers.has(driver));
    if (limits.length === 0) return FITS;
    const held = new Map(surroundings.attached(node.name).flatMap((name) => asAttached(name, surroundings) ?? []));
    for (const other of node.pods.values()) for (const [volume, driver] of volumesOf(other, surroundings)) held.set(volume, driver);
    const together = [...new Map([...held, ...wanted])];
    const isOver = ([driver, most]: readonly [string, number]) => {
      const adds = wanted.entries().some(([volume, its]) => its === driver && !held.has(volume));
      return adds && together.filter(([, its]) => its === driver).length > most;
    };
    return limits.some(isOver) ? TOO_MANY : FITS;
  };
}

/** The volumes of the pod's claims, each with its driver: one that is still to be made goes by its claim. */
function volumesOf({ namespace, claims }: PodView, surroundings: Surroundings): ReadonlyMap<string, string> {
  const volumes = new Map<string, string>();
  for (const { name } of claims) {
    const claim = surroundings.claim(namespace, name);
    const there = claim?.spec.volumeName;
    if (there && surroundings.volume(there)) for (const [volume, driver] of asAttached(there, surroundings)) volumes.set(volume, driver);
    else if (claim) {
      const driver = surroundings.storageClass(classNameOf(claim) ?? '')?.provisioner;
      if (driver) volumes.set(`${driver} ${namespace}/${name}`, driver);
    }
  }
  return volumes;
}

function asAttached(name: string, surroundings: Surroundings): readonly (readonly [volume: string, driver: string])[] {
  const csi = surroundings.volume(name)?.spec.csi;
  return csi ? [[`${csi.driver}/${csi.volumeHandle}`, csi.driver]] : [];
}
