import {
  controllerReference,
  STATEFUL_SETS,
  type Labels,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplateSpec,
  type StatefulSet,
  type Volume,
} from '../../model/index.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';

export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;

export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** Undefined for a pod that is no member of the set, whatever its labels say. */
export function ordinalOf({ metadata }: StatefulSet, pod: Pod): number | undefined {
  const suffix = pod.metadata.name.startsWith(`${metadata.name}-`) ? pod.metadata.name.slice(metadata.name.length + 1) : '';
  return /^(0|[1-9]\d*)$/.test(suffix) ? Number(suffix) : undefined;
}

/** By these a member is found. */
export const labelsOf = (set: StatefulSet, ordinal: number): Labels => ({
  [NAME_LABEL]: podName(set, ordinal),
  [INDEX_LABEL]: String(ordinal),
});

export const isLabelled = ({ metadata }: Pod): boolean => metadata.labels?.[NAME_LABEL] === metadata.name;

export const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION_LABEL] ?? '';

export function statefulPod(set: StatefulSet, ordinal: number, { metadata, spec }: PodTemplateSpec, revision: string): Pod {
  const name = podName(set, ordinal);
  const claims = claimsOf(set, ordinal).map((claim, i): Volume => ({
    name: set.spec.volumeClaimTemplates![i]!.metadata.name,
    persistentVolumeClaim: { claimName: claim.metadata.name },
  }));
  const others = (spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  const volumes = [...claims, ...others];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace!,
      labels: { ...metadata?.labels, ...labelsOf(set, ordinal), [REVISION_LABEL]: revision },
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: [controllerReference(set, STATEFUL_SETS)],
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

/** The claims of one pod, in the order of their templates. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${metadata.name}-${podName(set, ordinal)}`,
      namespace: set.metadata.namespace!,
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  }));
}
