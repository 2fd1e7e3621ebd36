import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, qualifiedName, type KindRef, type KubeObject } from '../../meta/index.ts';
import { duplicate, invalid, notSupported, required } from '../../schema/problems.ts';
import { CSI_NODES, type CsiNode } from '../../types/index.ts';
import { AGE, ageOf, booleanColumn, countColumn, NAME, NONE, textColumn, UNSET } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { driverProblems, neededDriverProblems } from '../rules/drivers.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';

const MODES = ['Persistent', 'Ephemeral'];
const LONGEST_NODE_ID = 192;

/** A driver of volumes, and what it can do. */
interface CsiDriver extends KubeObject {
  readonly spec?: {
    readonly attachRequired?: boolean;
    readonly podInfoOnMount?: boolean;
    readonly volumeLifecycleModes?: readonly string[];
    readonly storageCapacity?: boolean;
    readonly fsGroupPolicy?: string;
    readonly tokenRequests?: readonly { readonly audience: string }[];
    readonly requiresRepublish?: boolean;
    readonly seLinuxMount?: boolean;
  };
}

/** How much a driver can still give, in a part of the cluster. */
interface CsiStorageCapacity extends KubeObject {
  readonly storageClassName?: string;
  readonly nodeTopology?: unknown;
  readonly capacity?: string;
}

const ref = <T>(kind: string, plural: string, namespaced = false): KindRef<T> => ({
  group: 'storage.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const CSI_DRIVER = declareKind<CsiDriver>({
  ref: ref('CSIDriver', 'csidrivers'),
  schema: { definition: 'storage.v1.CSIDriver' },
  name: dns1123Subdomain,
  needsRevision: true,
  defaults: (driver) => ({
    ...driver,
    spec: {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
      ...driver.spec,
      volumeLifecycleModes: driver.spec?.volumeLifecycleModes?.length ? driver.spec.volumeLifecycleModes : ['Persistent'],
    },
  }),
  validate: ({ metadata, spec }, old) => [
    ...driverProblems(metadata.name, ['metadata', 'name']),
    ...(spec?.volumeLifecycleModes ?? []).flatMap((mode) =>
      MODES.includes(mode) ? [] : [notSupported(['spec', 'volumeLifecycleModes'], mode, MODES)],
    ),
    ...(old
      ? [
          // Kubernetes' own spelling.
          ...immutable(spec?.attachRequired, old.spec?.attachRequired, ['spec', 'attachedRequired']),
          ...immutable(spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes, ['spec', 'volumeLifecycleModes']),
        ]
      : []),
  ],
  columns: [
    NAME,
    ...['AttachRequired', 'PodInfoOnMount', 'StorageCapacity'].map(booleanColumn),
    textColumn('TokenRequests'),
    booleanColumn('RequiresRepublish'),
    textColumn('Modes'),
    AGE,
  ],
  row: (driver, clock) => {
    const { attachRequired = true, podInfoOnMount = false, storageCapacity = false, tokenRequests = [], ...spec } = driver.spec ?? {};
    const audiences = tokenRequests.map(({ audience }) => audience).join(',') || UNSET;
    const modes = (spec.volumeLifecycleModes ?? []).join(',') || NONE;
    const can = [attachRequired, podInfoOnMount, storageCapacity];
    return [driver.metadata.name, ...can, audiences, spec.requiresRepublish ?? false, modes, ageOf(driver, clock)];
  },
});

export const CSI_NODE = declareKind<CsiNode>({
  ref: CSI_NODES,
  schema: { definition: 'storage.v1.CSINode' },
  name: dns1123Subdomain,
  needsRevision: true,
  defaults: (node) => ({ ...node, spec: { ...node.spec, drivers: node.spec?.drivers ?? null } }),
  validate: ({ spec }, old) => {
    const drivers = spec?.drivers ?? [];
    return drivers.flatMap((driver, i) => {
      const { name, nodeID = '', topologyKeys = [], allocatable } = driver;
      const path = ['spec', 'drivers', i];
      const before = old?.spec?.drivers?.find((other) => other.name === name);
      const isRepeated = drivers.findIndex((other) => other.name === name) < i;
      return [
        ...neededDriverProblems(name, [...path, 'name']),
        ...(nodeID === '' ? [required([...path, 'nodeID'])] : []),
        ...(nodeID.length > LONGEST_NODE_ID ? [invalid([...path, 'nodeID'], nodeID, `must be ${LONGEST_NODE_ID} characters or less`)] : []),
        ...validateNotNegative(allocatable?.count, [...path, 'allocatable', 'count']),
        ...topologyKeys.flatMap((key, j) => [
          ...(key === '' ? [required(path)] : []),
          ...(topologyKeys.indexOf(key) < j ? [duplicate(path, key)] : []),
          ...qualifiedName(key).map((why) => invalid(path, topologyKeys, why)),
        ]),
        ...(isRepeated ? [duplicate([...path, 'name'], name)] : []),
        ...(before && isOther(driver, before) ? [invalid(['CSINodeDriver'], driver, 'field is immutable')] : []),
      ];
    });
  },
  columns: [NAME, countColumn('Drivers'), AGE],
  row: (node, clock) => [node.metadata.name, node.spec?.drivers?.length ?? 0, ageOf(node, clock)],
});

type Driver = NonNullable<NonNullable<CsiNode['spec']>['drivers']>[number];

/** How much it takes may change; what it is, may not. */
function isOther(driver: Driver, before: Driver): boolean {
  return !equalJson({ ...driver, allocatable: undefined }, { ...before, allocatable: undefined });
}

export const CSI_STORAGE_CAPACITY = declareKind<CsiStorageCapacity>({
  ref: ref('CSIStorageCapacity', 'csistoragecapacities', true),
  schema: { definition: 'storage.v1.CSIStorageCapacity' },
  name: dns1123Subdomain,
  needsRevision: true,
  validate: ({ storageClassName = '', nodeTopology }, old) => [
    ...(storageClassName ? subdomainProblems(storageClassName, ['storageClassName']) : [required(['storageClassName'])]),
    ...(old ? immutable(nodeTopology, old.nodeTopology, ['nodeTopology']) : []),
    ...(old ? immutable(storageClassName, old.storageClassName, ['storageClassName']) : []),
  ],
  columns: [NAME, ...['StorageClassName', 'Capacity'].map(textColumn)],
  row: ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName ?? '', capacity ?? UNSET],
});
