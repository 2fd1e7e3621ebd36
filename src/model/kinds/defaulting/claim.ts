import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types/index.ts';

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec | undefined): PersistentVolumeClaimSpec {
  return { ...spec, resources: spec?.resources ?? {}, volumeMode: spec?.volumeMode ?? 'Filesystem' };
}

/** A claim inside a StatefulSet is a whole object, with its type and a status. */
export function defaultClaimTemplate({ metadata, spec, status, ...others }: PersistentVolumeClaim): PersistentVolumeClaim {
  return {
    ...others,
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: metadata ?? {},
    spec: defaultClaimSpec(spec),
    status: { ...status, phase: status?.phase ?? 'Pending' },
  };
}
