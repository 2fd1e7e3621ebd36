import {
  PERSISTENT_VOLUME_CLAIMS,
  type ObjectReference,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '../../model/index.ts';
import { PROVISIONER } from './claim.ts';

export const CLASS: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

export const volumeName = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;

export function newVolume(claim: PersistentVolumeClaim, { metadata, reclaimPolicy = 'Delete' }: StorageClass, node: string, path: string): PersistentVolume {
  const { accessModes, resources, volumeMode = 'Filesystem' } = claim.spec;
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In' as const, values: [node] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName(claim), annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      accessModes,
      claimRef: claimReference(claim),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: metadata.name,
      volumeMode,
      hostPath: { path, type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
    },
  };
} // prettier-ignore

export function claimReference({ metadata: { name, namespace, uid, resourceVersion } }: PersistentVolumeClaim): ObjectReference {
  return { kind: PERSISTENT_VOLUME_CLAIMS.kind, apiVersion: 'v1', namespace, name, uid, resourceVersion };
}
