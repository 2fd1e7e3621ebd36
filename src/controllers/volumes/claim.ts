import {
  BIND_COMPLETED,
  classNameOf,
  SELECTED_NODE,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type PersistentVolumeClaimSpec,
  type StorageClass,
} from '../../model/index.ts';
import type { EventType } from '../../status/index.ts';
import { chooseVolume, isFor, mismatches, reservedVolume } from './match.ts';
import { migratedName } from './migrated.ts';

export const PROVISIONER = 'slipway.dev/local-path';

interface Told {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

/** What becomes of a claim. */
export type ClaimFate =
  | { readonly kind: 'bind'; readonly volume: PersistentVolume }
  | ({ readonly kind: 'lost' } & Told)
  /** It named no class when there was no default one. */
  | { readonly kind: 'classify'; readonly className: string }
  | { readonly kind: 'provision'; readonly node: string }
  /** Somebody else's program makes the volume. */
  | { readonly kind: 'external'; readonly provisioner: string; readonly message: string }
  | ({ readonly kind: 'wait' } & Told);

export interface ClaimState {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: readonly PersistentVolume[];
  readonly storageClass: StorageClass | undefined;
  readonly defaultClass: StorageClass | undefined;
  /** Names of pods that use it and have no node yet. */
  readonly unscheduled: readonly string[];
  readonly nodes: readonly Node[];
}

const wait = (reason: string, message: string, type: EventType = 'Normal'): ClaimFate => ({ kind: 'wait', type, reason, message });
const fail = (reason: string, message: string): ClaimFate => wait(reason, message, 'Warning');
const lost = (reason: string, message: string): ClaimFate => ({ kind: 'lost', type: 'Warning', reason, message });

export function decideClaim(state: ClaimState): ClaimFate {
  const { claim, volumes, storageClass, defaultClass, unscheduled } = state;
  const { metadata, spec } = claim;
  const named = volumes.find((volume) => volume.metadata.name === spec.volumeName);
  if (metadata.annotations?.[BIND_COMPLETED] !== undefined) return keep(claim, named);
  if (spec.volumeName) return bindNamed(claim, named);
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
  // Among free volumes the scheduler chooses for it: it knows where the pod runs.
  const volume = isDelayed ? reservedVolume(claim, volumes) : chooseVolume(claim, volumes);
  if (volume) return { kind: 'bind', volume };
  const className = classNameOf(claim);
  if (className === undefined && defaultClass) return { kind: 'classify', className: defaultClass.metadata.name };
  if (isDelayed && metadata.annotations?.[SELECTED_NODE] === undefined) return waitForConsumer(unscheduled);
  if (!className) return wait('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  if (!storageClass) return fail('ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
  return storageClass.provisioner === PROVISIONER ? provision(state, className) : elsewhere(storageClass.provisioner);
}

/** Of a claim that had its volume. */
function keep(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): ClaimFate {
  if (!claim.spec.volumeName) return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const { claimRef } = volume.spec;
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { kind: 'bind', volume };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function bindNamed(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): ClaimFate {
  // Kubernetes says nothing of it, and who mistyped the name waits in vain.
  if (!volume) return wait('FailedBinding', `volume ${JSON.stringify(claim.spec.volumeName)} not found`);
  if (isFor(volume, claim)) return { kind: 'bind', volume };
  const name = JSON.stringify(volume.metadata.name);
  if (volume.spec.claimRef) return fail('FailedBinding', `volume ${name} already bound to a different claim.`);
  const [mismatch] = mismatches(volume, claim);
  return mismatch ? fail('VolumeMismatch', `Cannot bind to requested volume ${name}: ${mismatch}`) : { kind: 'bind', volume };
}

function waitForConsumer(pods: readonly string[]): ClaimFate {
  if (pods.length === 0) return wait('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  return wait('WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`);
}

function provision({ claim, nodes }: ClaimState, className: string): ClaimFate {
  const failed = (why: string) => fail('ProvisioningFailed', `Failed to provision volume with StorageClass ${JSON.stringify(className)}: ${why}`);
  if (claim.spec.dataSource) {
    const plugin = `plugin ${JSON.stringify(PROVISIONER)} is not a CSI plugin`;
    return fail('ProvisioningFailed', `${plugin}. Only CSI plugin can provision a claim with a datasource`);
  }
  if (isSelective(claim.spec)) return failed('claim.Spec.Selector is not supported');
  if (claim.spec.volumeAttributesClassName) return failed(`${PROVISIONER} does not support volume attributes`);
  if (claim.spec.volumeMode === 'Block') return failed(`${PROVISIONER} does not support block volume provisioning`);
  const node = claim.metadata.annotations?.[SELECTED_NODE] ?? nodes[0]?.metadata.name;
  return node ? { kind: 'provision', node } : failed('there is no node that could hold the volume');
} // prettier-ignore

/** What is made has no labels to be chosen by. */
function isSelective({ selector }: PersistentVolumeClaimSpec): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0) > 0;
}

/** Kubernetes' own are gone, but for those whose drivers took over. */
const OWN = 'kubernetes.io/';

function elsewhere(asked: string): ClaimFate {
  const provisioner = migratedName(asked);
  if (provisioner.startsWith(OWN)) return fail('ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { kind: 'external', provisioner, message };
}
