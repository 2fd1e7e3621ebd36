/** Makes the claims of volumes that live and die with their pod. */
import { messageOf } from '../../base/index.ts';
import {
  controllerReference,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
} from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';

type ClaimTemplate = Pick<PersistentVolumeClaim, 'spec'> & Partial<Pick<PersistentVolumeClaim, 'metadata'>>;

export const ephemeralVolumeController: Controller = {
  name: 'ephemeral-volume',
  reads: [PODS, PERSISTENT_VOLUME_CLAIMS],
  concurrency: 4,
  start: ({ client, events }) => {
    const pods = client.informer(PODS);
    const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
    return {
      triggers: [
        on(PODS, ({ after }) =>
          after?.spec.volumes?.some(({ ephemeral }) => ephemeral) ? [`${after.metadata.namespace}/${after.metadata.name}`] : [],
        ),
        // One that is gone is made again for the pod that is still there.
        on(PERSISTENT_VOLUME_CLAIMS, ({ before, after }) => (before && !after ? ownersOf(before) : [])),
      ],
      reconcile: async (key: ObjectKey) => {
        const pod = pods.get(key);
        if (!pod || pod.metadata.deletionTimestamp) return SETTLED;
        for (const [volume, template] of templatesOf(pod)) {
          const claim = claimFor(pod, volume, template);
          const found = claims.get(`${pod.metadata.namespace}/${claim.metadata.name}`);
          try {
            if (found) refuseForeign(found, pod);
            else await client.create<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, claim);
          } catch (error) {
            events.event({ kind: PODS, object: pod }, 'Warning', 'FailedBinding', `ephemeral volume ${volume}: ${messageOf(error)}`);
            throw error;
          }
        }
        return SETTLED;
      },
    };
  },
};

/** By the name of the volume. */
function templatesOf({ spec }: Pod): ReadonlyMap<string, ClaimTemplate> {
  return new Map(
    (spec.volumes ?? []).flatMap(({ name, ephemeral }) => {
      const { volumeClaimTemplate } = (ephemeral ?? {}) as { readonly volumeClaimTemplate?: ClaimTemplate };
      return volumeClaimTemplate ? [[name, volumeClaimTemplate] as const] : [];
    }),
  );
}

function ownersOf({ metadata }: PersistentVolumeClaim): readonly ObjectKey[] {
  const pods = (metadata.ownerReferences ?? []).filter(({ kind }) => kind === PODS.kind);
  return pods.map(({ name }) => `${metadata.namespace}/${name}`);
}

function claimFor(pod: Pod, volume: string, { metadata, spec }: ClaimTemplate): PersistentVolumeClaim {
  const { labels, annotations } = metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${pod.metadata.name}-${volume}`,
      namespace: pod.metadata.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(pod, PODS)],
    },
    spec,
  };
}

/** A claim of that name may be somebody's own: the pod must not write to it. */
function refuseForeign({ metadata }: PersistentVolumeClaim, pod: Pod): void {
  if (metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)) return;
  const { namespace, name } = pod.metadata;
  throw new Error(`PVC ${namespace}/${metadata.name} was not created for pod ${namespace}/${name} (pod is not owner)`);
}
