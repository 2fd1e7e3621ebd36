import { classNameOf, type Node, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '../../model/index.ts';
import type { EventType } from '../../status/index.ts';
import { chooseVolume, isFor, mismatches } from './match.ts';

export const PROVISIONER = 'slipway.dev/local-path';

/** What becomes of a claim. */
export type ClaimFate =
  | { readonly kind: 'bind'; readonly volume: PersistentVolume }
  | { readonly kind: 'lost' }
  | { readonly kind: 'provision'; readonly node: string }
  /** Somebody else's program makes the volume. */
  | { readonly kind: 'external'; readonly provisioner: string; readonly message: string }
  | { readonly kind: 'wait'; readonly type: EventType; readonly reason: string; readonly message: string };

export interface ClaimState {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: readonly PersistentVolume[];
  readonly storageClass: StorageClass | undefined;
  /** Where a pod that uses the claim runs, or is to run. */
  readonly consumer: string | undefined;
  /** Names of pods that use it and have no node yet. */
  readonly unscheduled: readonly string[];
  readonly nodes: readonly Node[];
}

const wait = (reason: string, message: string, type: EventType = 'Normal'): ClaimFate => ({ kind: 'wait', type, reason, message });
const fail = (reason: string, message: string): ClaimFate => wait(reason, message, 'Warning');

export function decideClaim({ claim, volumes, storageClass, consumer, unscheduled, nodes }: ClaimState): ClaimFate {
  const { volumeName } = claim.spec;
  const className = classNameOf(claim);
  if (volumeName) return bound(claim, volumes.find(({ metadata }) => metadata.name === volumeName), volumeName);
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
  const reserved = volumes.find((volume) => isFor(volume, claim));
  if (isDelayed && !consumer && !reserved) return waitForConsumer(unscheduled);
  const volume = chooseVolume(claim, volumes);
  if (volume) return { kind: 'bind', volume };
  if (!className) return wait('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  if (!storageClass) return fail('ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
  if (storageClass.provisioner !== PROVISIONER) return elsewhere(storageClass.provisioner);
  const node = consumer ?? nodes[0]?.metadata.name;
  return node ? { kind: 'provision', node } : fail('ProvisioningFailed', 'there is no node that could hold the volume');
} // prettier-ignore

function waitForConsumer(pods: readonly string[]): ClaimFate {
  if (pods.length === 0) return wait('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  return wait('WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`);
}

const NOBODY = 'kubernetes.io/no-provisioner';

function elsewhere(provisioner: string): ClaimFate {
  if (provisioner === NOBODY) return fail('ProvisioningFailed', `no volume plugin matched name: ${NOBODY}`);
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { kind: 'external', provisioner, message };
}

function bound(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined, name: string): ClaimFate {
  if (!volume)
    return claim.status?.phase === 'Bound' ? { kind: 'lost' } : wait('FailedBinding', `volume ${JSON.stringify(name)} not found`);
  if (isFor(volume, claim)) return { kind: 'bind', volume };
  const [mismatch] = mismatches(volume, claim);
  if (!volume.spec.claimRef && mismatch)
    return fail('VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(name)}: ${mismatch}`);
  if (!volume.spec.claimRef) return { kind: 'bind', volume };
  return fail('FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`);
}
