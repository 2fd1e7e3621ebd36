import { dns1123Label, type FieldPath } from '../../meta/index.ts';
import type { Volume, VolumeMount } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notFound, required, type FieldProblem } from '../../schema/problems.ts';

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
  ];
}

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
