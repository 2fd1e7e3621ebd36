import {
  BIND_COMPLETED,
  classNameOf,
  matches,
  SELECTED_NODE,
  selectorFrom,
  wholeUnits,
  type Labels,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../model/index.ts';
import { matchesTerm, type NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';
import type { Surroundings } from './surroundings.ts';
import { toTerm } from './wants.ts';

const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
const ZONE = 'topology.kubernetes.io/zone';
const REGION = 'topology.kubernetes.io/region';
/** And under the names that they had before. */
const ZONE_LABELS = new Map([
  [ZONE, ZONE],
  [REGION, REGION],
  ['failure-domain.beta.kubernetes.io/zone', ZONE],
  ['failure-domain.beta.kubernetes.io/region', REGION],
]);

/** The claims of a pod, as far as placing it depends on them. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** They get a volume once it is known where the pod runs. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

/** Reads the claims of the pod; a text says why there is no place for it anywhere. */
export function claimsOf(pod: PodView, surroundings: Surroundings): PodClaims | string {
  const bound: PersistentVolumeClaim[] = [];
  const waiting: PersistentVolumeClaim[] = [];
  let isEarly = false;
  for (const { name, isOwn } of pod.claims) {
    const claim = surroundings.claim(pod.namespace, name);
    if (!claim && isOwn) return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
    if (!claim) return `persistentvolumeclaim "${name}" not found`;
    if (claim.status?.phase === 'Lost')
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (isOwn && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.uid))
      return `PVC ${pod.namespace}/${name} was not created for pod ${pod.key} (pod is not owner)`;
    if (isBound(claim)) bound.push(claim);
    else if (waitsForPod(claim, surroundings)) waiting.push(claim);
    else isEarly = true;
  }
  return isEarly ? 'pod has unbound immediate PersistentVolumeClaims' : { bound, waiting };
}

/** It has the volume that it names: whoever wrote the name may have asked for one that is not there, or is another's. */
function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

function waitsForPod(claim: PersistentVolumeClaim, surroundings: Surroundings): boolean {
  if (claim.spec.volumeName) return false;
  return surroundings.storageClass(classNameOf(claim) ?? '')?.volumeBindingMode === 'WaitForFirstConsumer';
}

export function reaches(volume: PersistentVolume, node: NodeView): boolean {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesTerm(toTerm(term), node));
}

/** A volume of a cloud lies in one zone, or in some. A node that says nothing of zones reaches all. */
export function isInZone({ metadata }: PersistentVolume, labels: Labels): boolean {
  const names = [...ZONE_LABELS];
  if (names.every(([name]) => labels[name] === undefined)) return true;
  return names.every(([name, today]) => {
    const zones = metadata.labels?.[name]?.split('__');
    const zone = labels[name] ?? labels[today];
    return !zones || (zone !== undefined && zones.includes(zone));
  });
}

/** How a claim that waits gets its volume on a node: one that is there, or one that is made. */
export type Provision = { readonly claim: PersistentVolumeClaim; readonly volume?: PersistentVolume };

/** Undefined: on this node the claims cannot all be met. */
export function provide(
  claims: readonly PersistentVolumeClaim[],
  node: NodeView,
  surroundings: Surroundings,
): readonly Provision[] | undefined {
  const taken = new Set<string>();
  const provisions: Provision[] = [];
  for (const claim of claims) {
    // A volume is on its way there, and nowhere else.
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected && selected !== node.name) return undefined;
    const volume = selected
      ? undefined
      : smallest(surroundings.volumes().filter((each) => !taken.has(each.metadata.name) && serves(each, claim) && reaches(each, node)));
    if (volume) taken.add(volume.metadata.name);
    else if (!canBeMade(claim, node, surroundings)) return undefined;
    provisions.push(volume ? { claim, volume } : { claim });
  }
  return provisions;
}

function serves(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, status, metadata } = volume;
  const { namespace, name, uid } = claim.metadata;
  const { claimRef } = spec;
  if (metadata.deletionTimestamp) return false;
  if (
    claimRef
      ? claimRef.namespace !== namespace || claimRef.name !== name || (claimRef.uid && claimRef.uid !== uid)
      : status?.phase !== 'Available'
  )
    return false;
  const { accessModes = [], volumeMode = 'Filesystem', volumeAttributesClassName = '', resources, selector } = claim.spec;
  return (
    (classNameOf(volume) ?? '') === (classNameOf(claim) ?? '') &&
    (spec.volumeMode ?? 'Filesystem') === volumeMode &&
    (spec.volumeAttributesClassName ?? '') === volumeAttributesClassName &&
    accessModes.every((mode) => spec.accessModes?.includes(mode)) &&
    wholeUnits(spec.capacity?.['storage']) >= wholeUnits(resources?.requests?.['storage']) &&
    (!selector || matches(selectorFrom(selector)!, metadata.labels))
  );
}

function smallest(volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  return volumes.toSorted((a, b) => wholeUnits(a.spec.capacity?.['storage']) - wholeUnits(b.spec.capacity?.['storage']))[0];
}

function canBeMade(claim: PersistentVolumeClaim, { labels }: NodeView, surroundings: Surroundings): boolean {
  const storageClass = surroundings.storageClass(classNameOf(claim) ?? '');
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return false;
  const topologies = storageClass.allowedTopologies;
  if (!topologies?.length) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])),
  );
}
