import { equalJson, isRecord, ownMember } from '../../../base/index.ts';
import { dns1123Label, dns1123Subdomain, mapKey, parseQuantity, type FieldPath } from '../../meta/index.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateNodeSelector } from '../rules/affinity.ts';
import { driverProblems } from '../rules/drivers.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';
import { validateForward } from '../rules/paths.ts';
import { classWarnings, validateAccessModes, validateSize, validateVolumeMode } from '../rules/storage.ts';
import { termsWarnings } from '../rules/warnings.ts';

type Spec = PersistentVolumeSpec;
type Source = Readonly<Record<string, unknown>>;

const SPEC = ['spec'];
const POLICIES = ['Delete', 'Recycle', 'Retain'];

/** All other fields of a spec are sources. */
const NO_SOURCES: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** What a source cannot be without. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  local: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver', 'volumeHandle'],
  fc: [],
  iscsi: ['targetPortal', 'iqn'],
};

export const sourcesOf = (spec: Spec): readonly string[] =>
  Object.keys(spec).filter((field) => !NO_SOURCES.has(field) && spec[field] !== undefined);

export function validateVolumeSpec(spec: Spec): FieldProblem[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, storageClassName, volumeMode } = spec;
  return [
    ...(accessModes.length === 0 ? [required([...SPEC, 'accessModes'])] : []),
    ...validateAccessModes(accessModes, [...SPEC, 'accessModes']),
    ...validateCapacity(spec.capacity, [...SPEC, 'capacity']),
    ...(policy && !POLICIES.includes(policy) ? [notSupported([...SPEC, 'persistentVolumeReclaimPolicy'], policy, POLICIES)] : []),
    ...validateNodeAffinity(spec.nodeAffinity, [...SPEC, 'nodeAffinity']),
    ...validateSources(spec),
    ...(storageClassName ? subdomainProblems(storageClassName, [...SPEC, 'storageClassName']) : []),
    ...validateVolumeMode(volumeMode, [...SPEC, 'volumeMode']),
    ...validateAttributes(spec),
  ];
}

function validateCapacity(capacity: Spec['capacity'], path: FieldPath): FieldProblem[] {
  const amounts = Object.entries(capacity ?? {});
  const isSize = amounts.length === 1 && amounts[0]![0] === 'storage';
  return [
    ...(amounts.length === 0 ? [required(path)] : []),
    ...(isSize ? [] : [notSupported(path, capacity, ['storage'])]),
    ...amounts.flatMap(([name, amount]) => {
      const at = [...path, mapKey(name)];
      const nanos = parseQuantity(amount)?.nanos ?? 0n;
      const whole = Number(nanos / 1_000_000_000n);
      return [...(whole < 0 ? [invalid(at, whole, 'must be a valid resource quantity')] : []), ...validateSize(amount, at)];
    }),
  ];
}

function validateNodeAffinity(affinity: Spec['nodeAffinity'], path: FieldPath): FieldProblem[] {
  if (!affinity) return [];
  if (!affinity.required) return [required([...path, 'required'], 'must specify required node constraints')];
  return validateNodeSelector(affinity.required.nodeSelectorTerms ?? [], [...path, 'required', 'nodeSelectorTerms']);
}

function validateSources(spec: Spec): FieldProblem[] {
  const [source, ...more] = sourcesOf(spec);
  if (source === undefined) return [required(SPEC, 'must specify a volume type')];
  const given = spec[source] as Source;
  const place = String(given['path'] ?? '');
  return [
    ...more.map((other) => forbidden([...SPEC, other], 'may not specify more than 1 volume type')),
    ...(NEEDED[source] ?? []).filter((field) => !given[field]).map((field) => required([...SPEC, source, field])),
    ...(source === 'hostPath' || source === 'local' ? validateForward(place, [...SPEC, source, 'path']) : []),
    ...(source === 'nfs' && place && !place.startsWith('/') ? [invalid([...SPEC, 'nfs', 'path'], place, 'must be an absolute path')] : []),
    ...(source === 'csi' ? validateDriver(given, [...SPEC, 'csi']) : []),
    ...(source === 'local' && !spec.nodeAffinity ? [required([...SPEC, 'nodeAffinity'], 'Local volume requires node affinity')] : []),
    ...(source === 'hostPath' && place === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [forbidden([...SPEC, 'persistentVolumeReclaimPolicy'], "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
  ];
}

const SECRETS = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'];

function validateDriver(csi: Source, path: FieldPath): FieldProblem[] {
  const driver = String(csi['driver'] ?? '');
  return [
    ...(driver ? driverProblems(driver, [...path, 'driver']) : []),
    ...SECRETS.flatMap((field) => (isRecord(csi[field]) ? validateSecret(csi[field], [...path, field]) : [])),
  ];
}

function validateSecret({ name, namespace }: Source, path: FieldPath): FieldProblem[] {
  const part = (field: string, value: unknown, rule: typeof dns1123Label) =>
    value ? rule(String(value)).map((why) => invalid([...path, field], value, why)) : [required([...path, field])];
  return [...part('name', name, dns1123Subdomain), ...part('namespace', namespace, dns1123Label)];
}

function validateAttributes({ volumeAttributesClassName: name, csi }: Spec): FieldProblem[] {
  if (name === undefined) return [];
  const path = [...SPEC, 'volumeAttributesClassName'];
  return [
    ...(name ? subdomainProblems(name, path) : [required(path, 'an empty string is disallowed')]),
    ...(csi ? [] : [required([...SPEC, 'csi'], 'has to be specified when using volumeAttributesClassName')]),
  ];
}

export function validateVolumeUpdate(spec: Spec, old: Spec): FieldProblem[] {
  const sources = (from: Spec) => Object.fromEntries(sourcesOf(from).map((source) => [source, from[source]]));
  const isStripped = old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined;
  return [
    ...(equalJson({ ...sources(spec), csi: withoutNewSecret(spec['csi'], old['csi']) }, sources(old))
      ? []
      : [forbidden([...SPEC, 'persistentvolumesource'], 'spec.persistentvolumesource is immutable after creation')]),
    ...immutable(spec.volumeMode, old.volumeMode, ['volumeMode']),
    ...(old.nodeAffinity ? immutable(spec.nodeAffinity, old.nodeAffinity, ['nodeAffinity']) : []),
    ...(isStripped ? [forbidden([...SPEC, 'volumeAttributesClassName'], 'update from non-nil value to nil is forbidden')] : []),
  ];
}

/** Who may grow a volume can be said later, once. */
function withoutNewSecret(csi: unknown, old: unknown): unknown {
  if (!isRecord(csi) || !isRecord(old) || old['controllerExpandSecretRef']) return csi;
  const { controllerExpandSecretRef: _, ...rest } = csi;
  return rest;
}

const TERMS = ['spec', 'nodeAffinity', 'required', 'nodeSelectorTerms'];

/** Sources that no node can mount any more: since when they are not to be used, and since when they do nothing. */
const RETIRED: Readonly<Record<string, readonly [since: string, until: string, name?: string]>> = {
  cephfs: ['v1.28', 'v1.31'],
  photonPersistentDisk: ['v1.11', 'v1.16'],
  scaleIO: ['v1.16', 'v1.22'],
  storageos: ['v1.22', 'v1.25', 'storageOS'],
  glusterfs: ['v1.25', 'v1.26'],
  rbd: ['v1.28', 'v1.31'],
};

export function volumeWarnings(volume: PersistentVolume): readonly string[] {
  const { persistentVolumeReclaimPolicy: policy, nodeAffinity } = volume.spec;
  const instead = 'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  return [
    ...classWarnings(volume),
    ...(policy === 'Recycle' ? [`spec.persistentVolumeReclaimPolicy: ${instead}`] : []),
    ...termsWarnings(nodeAffinity?.required?.nodeSelectorTerms ?? [], TERMS),
    ...sourcesOf(volume.spec).flatMap((source) => {
      const [since, until, name = source] = ownMember(RETIRED, source) ?? [];
      return since ? [`spec.${name}: deprecated in ${since}, non-functional in ${until}+`] : [];
    }),
  ];
}
