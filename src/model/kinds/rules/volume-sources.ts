import { parseNanos, type FieldPath } from '../../meta/index.ts';
import type { PersistentVolumeClaim } from '../../types/index.ts';
import { forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { validateClaimSpec } from './claim.ts';
import { driverProblems } from './drivers.ts';
import { validateFieldRef, validateResourceRef } from './fields.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { validateBetween } from './numbers.ts';
import { validateBelow, validateForward, validateInVolume, validateMode } from './paths.ts';

interface KeyToPath {
  readonly key?: string;
  readonly path?: string;
  readonly mode?: number;
}

interface Keys {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly KeyToPath[];
  readonly defaultMode?: number;
}

interface PodField {
  readonly path?: string;
  readonly mode?: number;
  readonly fieldRef?: Parameters<typeof validateFieldRef>[0];
  readonly resourceFieldRef?: Parameters<typeof validateResourceRef>[0];
}

interface Fields {
  readonly items?: readonly PodField[];
  readonly defaultMode?: number;
}

interface Projection {
  readonly secret?: Keys;
  readonly configMap?: Keys;
  readonly downwardAPI?: Fields;
  readonly serviceAccountToken?: { readonly path?: string; readonly expirationSeconds?: number };
  readonly [other: string]: unknown;
}

type ClaimTemplate = Partial<PersistentVolumeClaim>;

type Text = Readonly<Record<string, string | undefined>>;

const POD_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const SHORTEST_TOKEN = 600;
const LONGEST_TOKEN = 2 ** 32;

const needs = (source: object, fields: readonly string[], path: FieldPath) =>
  fields.filter((field) => !(source as Text)[field]).map((field) => required([...path, field]));

/** What each kind of source must hold to, beyond its fields' types. One that is not here only needs to be there. */
export const VOLUME_SOURCES: Readonly<Record<string, (source: never, path: FieldPath) => FieldProblem[]>> = {
  emptyDir: ({ sizeLimit }: { sizeLimit?: string }, path) =>
    (parseNanos(sizeLimit ?? 0) ?? 0n) < 0n ? [forbidden([...path, 'sizeLimit'], 'SizeLimit field must be a valid resource quantity')] : [],
  hostPath: ({ path: file = '' }: { path?: string }, path) =>
    file ? validateForward(file, [...path, 'path']) : [required([...path, 'path'])],
  secret: (secret: Keys, path) => [...needs(secret, ['secretName'], path), ...validateKeys(secret, path)],
  configMap: (map: Keys, path) => [...needs(map, ['name'], path), ...validateKeys(map, path)],
  downwardAPI: ({ items = [], defaultMode }: Fields, path) => [
    ...validateMode(defaultMode, [...path, 'defaultMode']),
    ...items.flatMap((item) => validatePodField(item, path)),
  ],
  projected: validateProjected,
  persistentVolumeClaim: (claim: object, path) => needs(claim, ['claimName'], path),
  ephemeral: ({ volumeClaimTemplate: template }: { volumeClaimTemplate?: ClaimTemplate }, path) =>
    validateClaimTemplate(template, [...path, 'volumeClaimTemplate']),
  csi: ({ driver = '' }: { driver?: string }, path) => validateDriver(driver, [...path, 'driver']),
  nfs: (share: Text, path) => [
    ...needs(share, ['server', 'path'], path),
    ...(share['path']?.startsWith('/') ? [] : [invalid([...path, 'path'], share['path'] ?? '', 'must be an absolute path')]),
  ],
  iscsi: (disk: { lun?: number }, path) => [
    ...needs(disk, ['targetPortal', 'iqn'], path),
    ...validateBetween(disk.lun, 0, 255, [...path, 'lun']),
  ],
  gitRepo: (repository: Text, path) => [
    ...needs(repository, ['repository'], path),
    ...validateBelow(repository['directory'] ?? '', [...path, 'directory']),
  ],
  flexVolume: (volume: object, path) => needs(volume, ['driver'], path),
};

/** The claim of a pod's own has its name from the pod: the template gives labels and annotations alone. */
function validateClaimTemplate(template: ClaimTemplate | undefined, path: FieldPath): FieldProblem[] {
  if (!template) return [required(path)];
  const { labels, annotations, ...others } = template.metadata ?? ({} as Partial<PersistentVolumeClaim['metadata']>);
  const at = [...path, 'metadata'];
  return [
    ...validateAnnotations(annotations, [...at, 'annotations']),
    ...validateLabels(labels, [...at, 'labels']),
    ...Object.entries(others).filter(([, value]) => value).map(([field]) => forbidden([...at, field], 'cannot be set')),
    ...validateClaimSpec(template.spec ?? {}, [...path, 'spec']),
  ];
} // prettier-ignore

function validateDriver(driver: string, path: FieldPath): FieldProblem[] {
  return driver ? driverProblems(driver, path) : [required(path)];
}

function validateKeys({ items = [], defaultMode }: Keys, path: FieldPath): FieldProblem[] {
  return [
    ...validateMode(defaultMode, [...path, 'defaultMode']),
    ...items.flatMap((item, i) => [
      ...needs(item, ['key', 'path'], [...path, 'items', i]),
      ...validateInVolume(item.path ?? '', [...path, 'items', i, 'path']),
      ...validateMode(item.mode, [...path, 'items', i, 'mode']),
    ]),
  ];
}

/** Kubernetes does not say which of the items it speaks of. */
function validatePodField({ path: file = '', mode, fieldRef, resourceFieldRef: resource }: PodField, path: FieldPath): FieldProblem[] {
  return [
    ...(file ? [] : [required([...path, 'path'])]),
    ...validateInVolume(file, [...path, 'path']),
    ...(fieldRef ? validateFieldRef(fieldRef, POD_FIELDS, [...path, 'fieldRef']) : []),
    ...(fieldRef && resource ? [invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')] : []),
    ...(!fieldRef && resource ? validateContainerResource(resource, [...path, 'resourceFieldRef']) : []),
    ...(fieldRef || resource ? [] : [required(path, 'one of fieldRef and resourceFieldRef is required')]),
    ...validateMode(mode, [...path, 'mode']),
  ];
}

/** A volume belongs to no container: it must say of which it tells. */
function validateContainerResource(ref: NonNullable<PodField['resourceFieldRef']>, path: FieldPath): FieldProblem[] {
  return ref.containerName ? validateResourceRef(ref, path) : [required([...path, 'containerName'])];
}

function validateProjected(
  { sources = [], defaultMode }: { sources?: readonly Projection[]; defaultMode?: number },
  path: FieldPath,
): FieldProblem[] {
  const taken = new Set<string>();
  const take = (file: string | undefined, whose: string | undefined) => {
    const isTaken = file ? taken.has(file) : false;
    if (file) taken.add(file);
    return isTaken ? [invalid(path, whose, 'conflicting duplicate paths')] : [];
  };
  return [
    ...validateMode(defaultMode, [...path, 'defaultMode']),
    ...sources.flatMap((source, i) => validateProjection(source, [...path, 'sources', i], path, take)),
  ];
}

type Take = (file: string | undefined, whose: string | undefined) => FieldProblem[];

function validateProjection(source: Projection, path: FieldPath, whole: FieldPath, take: Take): FieldProblem[] {
  const { downwardAPI, serviceAccountToken: token } = source;
  const kinds = Object.values(source).filter((kind) => kind !== undefined);
  return [
    ...(['secret', 'configMap'] as const).flatMap((kind) => {
      const keys = source[kind];
      if (!keys) return [];
      const at = [...path, kind];
      return [...needs(keys, ['name'], at), ...validateKeys(keys, at), ...(keys.items ?? []).flatMap((item) => take(item.path, keys.name))];
    }),
    ...(downwardAPI?.items ?? []).flatMap((item) => [...validatePodField(item, [...path, 'downwardAPI']), ...take(item.path, item.path)]),
    ...(token ? validateToken(token, [...path, 'serviceAccountToken'], whole) : []),
    ...(kinds.length > 1 ? [forbidden(path, 'may not specify more than 1 volume type')] : []),
  ];
}

function validateToken(
  { path: file, expirationSeconds: seconds = 0 }: NonNullable<Projection['serviceAccountToken']>,
  path: FieldPath,
  whole: FieldPath,
): FieldProblem[] {
  const at = [...path, 'expirationSeconds'];
  return [
    ...(seconds < SHORTEST_TOKEN ? [invalid(at, seconds, 'may not specify a duration less than 10 minutes')] : []),
    ...(seconds > LONGEST_TOKEN ? [invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')] : []),
    ...(file ? validateInVolume(file, [...whole, 'path']) : [required([...whole, 'path'])]),
  ];
}
