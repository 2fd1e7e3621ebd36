import { isRecord } from '../../../base/index.ts';
import type { Volume } from '../../types/index.ts';

/** Files may be read by everyone and written by their owner. */
const DEFAULT_MODE = 0o644;
const TOKEN_SECONDS = 3600;

type Source = Readonly<Record<string, unknown>>;

const withMode = (source: Source): Source => ({ ...source, defaultMode: source['defaultMode'] ?? DEFAULT_MODE });

/** What each kind of volume has by default. A source that is not here has nothing to fill in. */
const SOURCE_DEFAULTS: Readonly<Record<string, (source: Source) => Source>> = {
  secret: withMode,
  configMap: withMode,
  downwardAPI: (source) => withMode(withFieldRefs(source)),
  projected: (source) =>
    withMode({ ...source, ...(Array.isArray(source['sources']) ? { sources: source['sources'].map(defaultProjection) } : {}) }),
  hostPath: (source) => ({ ...source, type: source['type'] ?? '' }),
  iscsi: (source) => ({ ...source, iscsiInterface: source['iscsiInterface'] ?? 'default' }),
  rbd: (source) => ({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring', ...source }),
  azureDisk: (source) => ({ cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false, ...source }),
  scaleIO: (source) => ({ storageMode: 'ThinProvisioned', fsType: 'xfs', ...source }),
  ephemeral: defaultEphemeral,
};

export function defaultVolume(volume: Volume): Volume {
  const sources = Object.keys(volume).filter((field) => field !== 'name');
  if (sources.length === 0) return { ...volume, emptyDir: {} };
  return { ...volume, ...Object.fromEntries(sources.map((field) => [field, defaultVolumeSource(field, volume[field])])) };
}

/** A source of a volume, in a pod or in a persistent one. */
export function defaultVolumeSource(field: string, source: unknown): unknown {
  const fill = SOURCE_DEFAULTS[field];
  return fill && isRecord(source) ? fill(source) : source;
}

function defaultProjection(projection: unknown): unknown {
  if (!isRecord(projection)) return projection;
  const { serviceAccountToken, downwardAPI } = projection;
  return {
    ...projection,
    ...(isRecord(serviceAccountToken) ? { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, ...serviceAccountToken } } : {}),
    ...(isRecord(downwardAPI) ? { downwardAPI: withFieldRefs(downwardAPI) } : {}),
  };
}

function withFieldRefs(source: Source): Source {
  if (!Array.isArray(source['items'])) return source;
  return { ...source, items: source['items'].map(withFieldVersion) };
}

function withFieldVersion(item: unknown): unknown {
  if (!isRecord(item)) return item;
  const { fieldRef, resourceFieldRef } = item;
  return {
    ...item,
    ...(isRecord(fieldRef) ? { fieldRef: { apiVersion: 'v1', ...fieldRef } } : {}),
    ...(isRecord(resourceFieldRef) ? { resourceFieldRef: { divisor: '0', ...resourceFieldRef } } : {}),
  };
}

function defaultEphemeral(source: Source): Source {
  const template = source['volumeClaimTemplate'];
  if (!isRecord(template) || !isRecord(template['spec'])) return source;
  return { ...source, volumeClaimTemplate: { ...template, spec: { volumeMode: 'Filesystem', ...template['spec'] } } };
}
