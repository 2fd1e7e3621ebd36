import { dns1123Label, type FieldPath } from '../../meta/index.ts';
import type { Container, Volume, VolumeMount } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notFound, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateBelow, validateForward } from './paths.ts';
import { VOLUME_SOURCES } from './volume-sources.ts';

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

function validateSource(volume: Volume, path: FieldPath): FieldProblem[] {
  const sources = Object.keys(volume).filter((field) => field !== 'name' && volume[field] !== undefined);
  const [source, ...more] = sources;
  if (source === undefined) return [required(path, 'must specify a volume type')];
  return [
    ...more.map((other) => forbidden([...path, other], 'may not specify more than 1 volume type')),
    ...(VOLUME_SOURCES[source]?.(volume[source] as never, [...path, source]) ?? []),
  ];
}

/** Where a container finds volumes, as directories and as devices. */
export function validateMounts(container: Container, volumes: readonly Volume[], path: FieldPath): FieldProblem[] {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  return [
    ...mounts.flatMap((mount, i) => {
      const isRepeated = mounts.slice(0, i).some(({ mountPath }) => mountPath === mount.mountPath);
      return validateMount(mount, container, volumes, isRepeated, [...path, 'volumeMounts'], i);
    }),
    ...devices.flatMap((_, i) => validateDevice(container, i, volumes, [...path, 'volumeDevices', i])),
  ];
}

/** Of some fields Kubernetes does not say to which of the mounts they belong. */
function validateMount(mount: VolumeMount, container: Container, volumes: readonly Volume[], isRepeated: boolean, path: FieldPath, i: number): FieldProblem[] {
  const { name, mountPath, subPath, subPathExpr } = mount;
  const at = [...path, i];
  const { volumeDevices: devices = [] } = container;
  return [
    ...(name ? [] : [required([...at, 'name'])]),
    ...(volumes.some((volume) => volume.name === name) || !name ? [] : [notFound([...at, 'name'], name)]),
    ...(mountPath ? [] : [required([...at, 'mountPath'])]),
    ...(isRepeated ? [invalid([...at, 'mountPath'], mountPath, 'must be unique')] : []),
    ...(devices.some((device) => device.name === name) ? [invalid([...at, 'name'], name, 'must not already exist in volumeDevices')] : []),
    ...(devices.some((device) => device.devicePath === mountPath)
      ? [invalid([...at, 'mountPath'], mountPath, 'must not already exist as a path in volumeDevices')]
      : []),
    ...(subPath ? validateBelow(subPath, [...path, 'subPath']) : []),
    ...(subPath && subPathExpr ? [invalid([...at, 'subPathExpr'], subPathExpr, 'subPathExpr and subPath are mutually exclusive')] : []),
    ...(subPathExpr ? validateBelow(subPathExpr, [...path, 'subPathExpr']) : []),
    ...(mount.mountPropagation === 'Bidirectional' && !container.securityContext?.privileged
      ? [forbidden([...path, 'mountPropagation'], 'Bidirectional mount propagation is available only to privileged containers')]
      : []),
    ...validateReadOnly(mount, [...path, 'recursiveReadOnly']),
  ];
} // prettier-ignore

const READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

function validateReadOnly({ recursiveReadOnly: how, readOnly, mountPropagation = 'None' }: VolumeMount, path: FieldPath): FieldProblem[] {
  if (how === undefined || how === 'Disabled') return [];
  if (!READ_ONLY.includes(how)) return [notSupported(path, how, READ_ONLY)];
  return [
    ...(readOnly ? [] : [forbidden(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None' ? [] : [forbidden(path, 'may only be specified when mountPropagation is None or not specified')]),
  ];
}

const AS_DEVICE = ['persistentVolumeClaim', 'ephemeral'];

function validateDevice({ volumeDevices = [], volumeMounts = [] }: Container, i: number, volumes: readonly Volume[], path: FieldPath): FieldProblem[] {
  const { name, devicePath } = volumeDevices[i]!;
  const before = volumeDevices.slice(0, i);
  const volume = volumes.find((each) => each.name === name);
  const isBlock = volume && AS_DEVICE.some((source) => volume[source] !== undefined);
  return [
    ...(name ? [] : [required([...path, 'name'])]),
    ...(before.some((other) => other.name === name) ? [invalid([...path, 'name'], name, 'must be unique')] : []),
    ...(volume && !isBlock
      ? [invalid([...path, 'name'], name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode')]
      : []),
    ...(volume ? [] : [notFound([...path, 'name'], name)]),
    ...(devicePath ? [] : [required([...path, 'devicePath'])]),
    ...(before.some((other) => other.devicePath === devicePath) ? [invalid([...path, 'devicePath'], devicePath, 'must be unique')] : []),
    ...(validateForward(devicePath, path).length > 0 ? [invalid([...path, 'devicePath'], devicePath, "can not contain backsteps ('..')")] : []),
    ...(volumeMounts.some((mount) => mount.name === name) ? [invalid([...path, 'name'], name, 'must not already exist in volumeMounts')] : []),
    ...(volumeMounts.some(({ mountPath }) => mountPath === devicePath)
      ? [invalid([...path, 'devicePath'], devicePath, 'must not already exist as a path in volumeMounts')]
      : []),
  ];
} // prettier-ignore
