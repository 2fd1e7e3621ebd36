import { isRecord } from '../../base/index.ts';
import type { Pod, Volume } from '../../model/index.ts';
import { sourceKey, type SourceKey, type Sources } from '../environment/sources.ts';

export type ClaimedPath =
  | { readonly path: string; readonly readOnly: boolean; readonly from: readonly SourceKey[] }
  | { readonly missing: string; readonly from: readonly SourceKey[] }
  /** All is there, but no node of ours knows how to give it to a container. */
  | { readonly unknown: string; readonly from: readonly SourceKey[] };

/** The claim that a volume stands for; undefined when it is of another kind. */
export function claimNameOf(volume: Volume, pod: Pod): string | undefined {
  const { persistentVolumeClaim, ephemeral } = volume;
  if (isRecord(persistentVolumeClaim)) return String(persistentVolumeClaim['claimName']);
  return isRecord(ephemeral) ? `${pod.metadata.name}-${volume.name}` : undefined;
}

/** Where the volume behind a claim lies on this machine. */
export function claimedPath(name: string, volume: Volume, pod: Pod, sources: Sources): ClaimedPath {
  const namespace = pod.metadata.namespace ?? 'default';
  const from = [sourceKey.claim(namespace, name)];
  const claim = sources.claim(namespace, name);
  const problem = (text: string): ClaimedPath => ({ missing: `error processing PVC ${namespace}/${name}: ${text}`, from });
  if (!claim) return problem(`failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`);
  if (claim.metadata.deletionTimestamp) return problem('PVC is being deleted');
  if (isRecord(volume['ephemeral']) && claim.metadata.ownerReferences?.every(({ uid }) => uid !== pod.metadata.uid) !== false)
    return problem(`PVC was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
  if (claim.status?.phase !== 'Bound' || !claim.spec.volumeName) return problem('PVC is not bound');
  const bound = sources.volume(claim.spec.volumeName);
  if (!bound)
    return problem(`failed to fetch PV ${claim.spec.volumeName} from API server: persistentvolumes "${claim.spec.volumeName}" not found`);
  const misused = misuse(volume.name, claim.spec.volumeMode ?? 'Filesystem', pod);
  if (misused) return { missing: misused, from };
  const place = bound.spec['hostPath'] ?? bound.spec['local'];
  const unknown = (text: string): ClaimedPath => ({ unknown: `error processing PVC ${namespace}/${name}: ${text}`, from });
  if (!isRecord(place)) return unknown(`volume ${claim.spec.volumeName} is of no kind that this node can mount: use hostPath or local`);
  if (claim.spec.volumeMode === 'Block') return unknown(`volume ${claim.spec.volumeName} is a block device, which this node does not have`);
  const asked = volume['persistentVolumeClaim'];
  return { path: String(place['path']), readOnly: isRecord(asked) && asked['readOnly'] === true, from };
}

/** A block device is no place for files, and the other way round. */
function misuse(name: string, mode: 'Filesystem' | 'Block', { spec }: Pod): string | undefined {
  const field = mode === 'Block' ? 'volumeMounts' : 'volumeDevices';
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const isMisused = containers.some((container) => container[field]?.some((each) => each.name === name));
  return isMisused ? `volume ${name} has volumeMode ${mode}, but is specified in ${field}` : undefined;
}
