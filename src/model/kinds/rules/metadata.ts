import { equalJson } from '../../../base/index.ts';
import {
  dns1123Subdomain,
  labelValue,
  qualifiedName,
  type FieldPath,
  type KindRef,
  type KubeObject,
  type Labels,
  type NameRule,
  type OwnerReference,
} from '../../meta/index.ts';
import { forbidden, invalid, required, tooLong, type FieldProblem } from '../../schema/problems.ts';

const IMMUTABLE = 'field is immutable';
const LONGEST_ANNOTATIONS = 256 * 1024;

export function validateMetadata(object: KubeObject, kind: KindRef, nameRule: NameRule, old?: KubeObject): readonly FieldProblem[] {
  const { metadata } = object;
  const path = ['metadata'];
  return [
    ...validateName(object, nameRule),
    ...(kind.namespaced || !metadata.namespace ? [] : [forbidden([...path, 'namespace'], 'not allowed on this type')]),
    ...validateLabels(metadata.labels, [...path, 'labels']),
    ...validateAnnotations(metadata.annotations, [...path, 'annotations']),
    ...(metadata.ownerReferences ? validateOwners(metadata.ownerReferences) : []),
    ...(metadata.finalizers ? validateFinalizers(metadata.finalizers, [...path, 'finalizers']) : []),
    ...(old ? validateMetadataUpdate(object, old) : []),
  ];
}

function validateName({ metadata }: KubeObject, rule: NameRule): FieldProblem[] {
  const { name, generateName } = metadata;
  const path = ['metadata', 'name'];
  const prefix = generateName
    ? rule(withoutTrailingDash(generateName)).map((text) => invalid(['metadata', 'generateName'], generateName, text))
    : [];
  if (!name) return generateName ? prefix : [required(path, 'name or generateName is required')];
  return [...prefix, ...rule(name).map((text) => invalid(path, name, text))];
}

/** What follows the prefix makes the dash a middle character. */
function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
}

export function validateLabels(labels: Labels | undefined, path: FieldPath): FieldProblem[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map((text) => invalid(path, key, text)),
    ...labelValue(value).map((text) => invalid(path, value, text)),
  ]);
}

export function validateAnnotations(annotations: Labels | undefined, path: FieldPath): FieldProblem[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((text) => invalid(path, key, text))),
    ...(size > LONGEST_ANNOTATIONS ? [tooLong(path, LONGEST_ANNOTATIONS)] : []),
  ];
}

const OWNERS: FieldPath = ['metadata', 'ownerReferences'];

function validateOwners(owners: readonly OwnerReference[]): FieldProblem[] {
  const [first, ...others] = owners.filter((owner) => owner.controller).map(({ kind, name }) => `${kind}/${name}`);
  const shown = owners.map(completed);
  return [
    ...shown.flatMap(validateOwner),
    ...others.map((other) => {
      const found = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`;
      return invalid(OWNERS, shown, found);
    }),
  ];
}

/** As Go shows it: what must be there is, though it is empty. */
const completed = ({ apiVersion = '', kind = '', name = '', uid = '', controller, blockOwnerDeletion }: Partial<OwnerReference>) =>
  ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }) as OwnerReference;

function validateOwner(owner: OwnerReference): FieldProblem[] {
  const { apiVersion, kind } = owner;
  const empty = (['kind', 'name', 'uid'] as const).filter((field) => !owner[field]);
  return [
    ...(namesVersion(apiVersion) ? [] : [invalid([...OWNERS, 'apiVersion'], apiVersion, 'version must not be empty')]),
    ...empty.map((field) => invalid([...OWNERS, field], '', 'must not be empty')),
    ...(apiVersion === 'v1' && kind === 'Event' ? [invalid(OWNERS, owner, '/v1, Kind=Event is disallowed from being an owner')] : []),
  ];
}

/** `v1` or `group/v1`. */
function namesVersion(apiVersion: string): boolean {
  const [first, version = first, ...more] = apiVersion.split('/');
  return Boolean(version) && more.length === 0;
}

function validateFinalizers(names: readonly string[], path: FieldPath): FieldProblem[] {
  const both = ['orphan', 'foregroundDeletion'].every((name) => names.includes(name));
  return [
    ...names.flatMap((name) => qualifiedName(name).map((text) => invalid(path, name, text))),
    ...(both ? [invalid(path, names, 'finalizer orphan and foregroundDeletion cannot be both set')] : []),
  ];
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Most built-in kinds know their finalizers: all others must say whose they are. */
export function validateFinalizerOwners({ metadata }: KubeObject): FieldProblem[] {
  return (metadata.finalizers ?? []).flatMap((name, i) => ownerProblems(name, ['metadata', 'finalizers', i]));
}

const ownerProblems = (finalizer: string, path: FieldPath) =>
  finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)
    ? []
    : [invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];

/** Of what is no part of the metadata. */
export const finalizerProblems = (name: string, path: FieldPath): FieldProblem[] => [
  ...qualifiedName(name).map((why) => invalid(path, name, why)),
  ...ownerProblems(name, path),
];

function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldProblem[] {
  return [
    ...(old.metadata.deletionTimestamp ? validateNoNewFinalizers(object.metadata.finalizers, old.metadata.finalizers) : []),
    ...(['name', 'namespace', 'uid', 'creationTimestamp'] as const)
      .filter((field) => object.metadata[field] !== undefined && object.metadata[field] !== old.metadata[field])
      .map((field) => invalid(['metadata', field], object.metadata[field], IMMUTABLE)),
  ];
}

/** What is on its way out can only be let go. */
function validateNoNewFinalizers(finalizers: readonly string[] = [], old: readonly string[] = []): FieldProblem[] {
  const added = finalizers.filter((name) => !old.includes(name)).toSorted();
  if (added.length === 0) return [];
  const found = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [
    forbidden(['metadata', 'finalizers'], `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`),
  ];
}

/** A problem when a field was changed that may never change. */
export function immutable(value: unknown, old: unknown, path: FieldPath): FieldProblem[] {
  return equalJson(value, old) ? [] : [invalid(path, value, IMMUTABLE)];
}

export function subdomainProblems(name: string, path: FieldPath): FieldProblem[] {
  return dns1123Subdomain(name).map((text) => invalid(path, name, text));
}
