import {
  BOUND_BY_CONTROLLER,
  formatTime,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  type ObjectKey,
  type PersistentVolume,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import type { LocalVolumes } from './controller.ts';
import { decideVolume, isHeld, type VolumeFate } from './volume.ts';

export function volumeReconciler({ client, clock, events }: ControllerContext, local: LocalVolumes): Reconcile {
  const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
  const volumes = client.informer(PERSISTENT_VOLUMES);

  return async (key: ObjectKey): Promise<Outcome> => {
    const volume = volumes.get(key);
    // One that is deleted while it is bound goes once its claim is gone, which its phase says.
    if (!volume) return SETTLED;
    const { claimRef } = volume.spec;
    const cached = claimRef?.name ? claims.get(`${claimRef.namespace}/${claimRef.name}`) : undefined;
    const fate = decideVolume(volume, cached);
    if (fate.unbind) return unbind(volume);
    await say(volume, fate);
    if (fate.remove && (await isClaimGone(volume))) await remove(volume);
    return SETTLED;
  };

  async function say(volume: PersistentVolume, { phase, message }: VolumeFate): Promise<void> {
    const { message: _, ...present } = volume.status ?? {};
    if (phase === present.phase) return;
    const status = { ...present, lastPhaseTransitionTime: formatTime(clock.now()), phase, ...(message === undefined ? {} : { message }) };
    await client.updateStatus(PERSISTENT_VOLUMES, { ...volume, status }).catch(ignoreNotFound);
    if (message !== undefined) events.event({ kind: PERSISTENT_VOLUMES, object: volume }, 'Warning', 'VolumeFailedDelete', message);
  }

  /** What an administrator reserved stays reserved. */
  async function unbind(volume: PersistentVolume): Promise<Outcome> {
    const { [BOUND_BY_CONTROLLER]: byController, ...annotations } = volume.metadata.annotations ?? {};
    const { claimRef, ...spec } = volume.spec;
    const { uid: _, ...reserved } = claimRef!;
    const free = byController === undefined ? { ...spec, claimRef: reserved } : spec;
    await client.update(PERSISTENT_VOLUMES, {
      ...volume,
      metadata: { ...volume.metadata, annotations },
      spec: free as PersistentVolume['spec'],
    });
    return SETTLED;
  }

  /** What is deleted is gone for good: the cache alone may not decide it. */
  async function isClaimGone(volume: PersistentVolume): Promise<boolean> {
    const { claimRef } = volume.spec;
    const live = await client.get(PERSISTENT_VOLUME_CLAIMS, claimRef!.name!, claimRef!.namespace).catch(ignoreNotFound);
    return !isHeld(volume, live);
  }

  async function remove({ metadata: { name, uid }, spec }: PersistentVolume): Promise<void> {
    const { path } = spec['hostPath'] as { path: string };
    if (path === local.pathOf(name)) await local.remove(path);
    await client.delete({ kind: PERSISTENT_VOLUMES, name }, { preconditions: { uid } }).catch(ignoreNotFound);
  }
}
