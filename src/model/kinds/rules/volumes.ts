import { dns1123Label, type FieldPath } from '../../meta/index.ts';
import type { PersistentVolumeClaim, Volume, VolumeMount } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notFound, required, type FieldProblem } from '../../schema/problems.ts';
import { validateClaimSpec } from './claim.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { validateNoBacksteps } from './storage.ts';

export function validateVolumes(volumes: readonly Volume[] | undefined, path: FieldPath): FieldProblem[] {
  const seen = new Set<string>();
  return (volumes ?? []).flatMap((volume, i) => {
    const at = [...path, i];
    const repeated = seen.has(volume.name);
    seen.add(volume.name);
    return [
      ...validateSource(volume, at),
      ...(volume.name ? dns1123Label(volume.name).map((text) => invalid([...at, 'name'], volume.name, text)) : [required([...at, 'name'])]),
      ...(repeated ? [duplicate([...at, 'name'], volume.name)] : []),
    ];
  });
}

/** The field that each of these sources cannot be without. */
const NEEDED: Readonly<Record<string, string>> = {
  secret: 'secretName',
  configMap: 'name',
  hostPath: 'path',
  persistentVolumeClaim: 'claimName',
  csi: 'driver',
};

function validateSource(volume: Volume, path: FieldPath): FieldProblem[] {
  const sources = Object.keys(volume).filter((field) => field !== 'name' && volume[field] !== undefined);
  const [source, ...more] = sources;
  if (source === undefined) return [required(path, 'must specify a volume type')];
  const needed = NEEDED[source];
  const given = volume[source] as Readonly<Record<string, unknown>>;
  return [
    ...more.map((other) => forbidden([...path, other], 'may not specify more than 1 volume type')),
    ...(needed && !given[needed] ? [required([...path, source, needed])] : []),
    ...(source === 'hostPath' ? validateNoBacksteps(given['path'], [...path, source, 'path']) : []),
    ...(source === 'ephemeral' ? validateClaimTemplate(given['volumeClaimTemplate'], [...path, source, 'volumeClaimTemplate']) : []),
  ];
}

/** The claim of a pod's own has its name from the pod: the template gives labels and annotations alone. */
function validateClaimTemplate(template: unknown, path: FieldPath): FieldProblem[] {
  if (!template) return [required(path)];
  const { metadata = {}, spec } = template as Partial<PersistentVolumeClaim>;
  const { labels, annotations, ...others } = metadata as Partial<PersistentVolumeClaim['metadata']>;
  const at = [...path, 'metadata'];
  return [
    ...validateAnnotations(annotations, [...at, 'annotations']),
    ...validateLabels(labels, [...at, 'labels']),
    ...Object.entries(others).filter(([, value]) => value).map(([field]) => forbidden([...at, field], 'cannot be set')),
    ...validateClaimSpec(spec ?? {}, [...path, 'spec']),
  ];
} // prettier-ignore

export function validateMounts(mounts: readonly VolumeMount[] | undefined, volumes: readonly Volume[], path: FieldPath): FieldProblem[] {
  const seen = new Set<string>();
  return (mounts ?? []).flatMap((mount, i) => {
    const at = [...path, i];
    const repeated = seen.has(mount.mountPath);
    seen.add(mount.mountPath);
    return [
      ...(mount.name
        ? volumes.some(({ name }) => name === mount.name)
          ? []
          : [notFound([...at, 'name'], mount.name)]
        : [required([...at, 'name'])]),
      ...(mount.mountPath ? [] : [required([...at, 'mountPath'])]),
      ...(repeated ? [invalid([...at, 'mountPath'], mount.mountPath, 'must be unique')] : []),
      ...validateSubPath(mount.subPath, [...at, 'subPath']),
    ];
  });
}

function validateSubPath(subPath: string | undefined, path: FieldPath): FieldProblem[] {
  if (!subPath) return [];
  return [
    ...(subPath.startsWith('/') ? [invalid(path, subPath, 'must be a relative path')] : []),
    ...(subPath.split('/').includes('..') ? [invalid(path, subPath, "must not contain '..'")] : []),
  ];
}
