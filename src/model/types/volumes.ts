import type { Condition, KindRef, KubeObject, LabelSelector } from '../meta/index.ts';
import type { ResourceList } from './containers.ts';
import type { ObjectReference } from './core.ts';
import type { NodeSelectorTerm } from './placement.ts';

export type AccessMode = 'ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod';

/** The fields beside these are the sources: exactly one of them is set. */
export interface PersistentVolumeSpec {
  readonly capacity?: ResourceList;
  readonly accessModes?: readonly AccessMode[];
  readonly claimRef?: ObjectReference;
  readonly persistentVolumeReclaimPolicy?: 'Retain' | 'Recycle' | 'Delete';
  readonly storageClassName?: string;
  readonly mountOptions?: readonly string[];
  readonly volumeMode?: 'Filesystem' | 'Block';
  readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
  readonly volumeAttributesClassName?: string;
  readonly csi?: { readonly driver: string; readonly volumeHandle: string };
  readonly [source: string]: unknown;
}

export interface PersistentVolume extends KubeObject {
  readonly spec: PersistentVolumeSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed';
    readonly message?: string;
    readonly reason?: string;
    readonly lastPhaseTransitionTime?: string;
  };
}

/** What a new volume is filled with. */
export interface DataSource {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface PersistentVolumeClaimSpec {
  readonly accessModes?: readonly AccessMode[];
  readonly selector?: LabelSelector;
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
  readonly volumeName?: string;
  readonly storageClassName?: string;
  readonly volumeMode?: 'Filesystem' | 'Block';
  readonly dataSource?: DataSource;
  readonly dataSourceRef?: DataSource & { readonly namespace?: string };
  readonly volumeAttributesClassName?: string;
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: PersistentVolumeClaimSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Bound' | 'Lost';
    readonly accessModes?: readonly AccessMode[];
    readonly capacity?: ResourceList;
    readonly allocatedResources?: ResourceList;
    readonly conditions?: readonly Condition[];
    readonly currentVolumeAttributesClassName?: string;
    readonly modifyVolumeStatus?: { readonly targetVolumeAttributesClassName?: string };
  };
}

export interface StorageClass extends KubeObject {
  readonly provisioner: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly reclaimPolicy?: 'Delete' | 'Recycle' | 'Retain';
  readonly mountOptions?: readonly string[];
  readonly allowVolumeExpansion?: boolean;
  readonly volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer';
  readonly allowedTopologies?: readonly {
    readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}

/** The drivers that a node has. */
export interface CsiNode extends KubeObject {
  readonly spec?: {
    readonly drivers?:
      | readonly {
          readonly name: string;
          readonly nodeID: string;
          readonly topologyKeys?: readonly string[];
          /** How many volumes of the driver can be attached to the node at once. */
          readonly allocatable?: { readonly count?: number };
        }[]
      | null;
  };
}

/** That a volume is to be attached to a node, and whether it is. */
export interface VolumeAttachment extends KubeObject {
  readonly spec?: {
    readonly attacher?: string;
    readonly nodeName?: string;
    readonly source?: { readonly persistentVolumeName?: string; readonly inlineVolumeSpec?: object };
  };
  readonly status?: { readonly attached: boolean };
}

export const PERSISTENT_VOLUMES: KindRef<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};

export const PERSISTENT_VOLUME_CLAIMS: KindRef<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};

export const STORAGE_CLASSES: KindRef<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};

export const CSI_NODES: KindRef<CsiNode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
};

export const VOLUME_ATTACHMENTS: KindRef<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
};
