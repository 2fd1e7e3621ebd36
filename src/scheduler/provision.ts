import type { Client } from '../client/index.ts';
import {
  BOUND_BY_CONTROLLER,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  SELECTED_NODE,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../model/index.ts';
import type { Provision } from './volumes.ts';

/** Says on which node the claims are wanted: who binds and makes volumes does the rest. */
export async function requestVolumes(provisions: readonly Provision[], node: string, client: Client): Promise<void> {
  await Promise.all(provisions.map(({ claim, volume }) => (volume ? reserve(volume, claim, client) : select(claim, node, client))));
}

async function reserve(volume: PersistentVolume, { metadata }: PersistentVolumeClaim, client: Client): Promise<void> {
  const { namespace, name, uid, resourceVersion } = metadata;
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
  const annotations = { [BOUND_BY_CONTROLLER]: 'yes' };
  const patch = { metadata: { resourceVersion: volume.metadata.resourceVersion, annotations }, spec: { claimRef } };
  await client.patch({ kind: PERSISTENT_VOLUMES, name: volume.metadata.name }, { type: 'merge', patch });
}

async function select({ metadata }: PersistentVolumeClaim, node: string, client: Client): Promise<void> {
  const { namespace, name, uid } = metadata;
  const patch = { metadata: { uid, annotations: { [SELECTED_NODE]: node } } };
  await client.patch({ kind: PERSISTENT_VOLUME_CLAIMS, namespace, name }, { type: 'merge', patch });
}
