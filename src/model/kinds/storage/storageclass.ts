import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { DEFAULT_STORAGE_CLASS, isMarked } from '../../storage/index.ts';
import { STORAGE_CLASSES, type StorageClass } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';

const POLICIES = ['Delete', 'Retain'];
const MODES = ['Immediate', 'WaitForFirstConsumer'];

export const STORAGE_CLASS = declareKind<StorageClass>({
  ref: STORAGE_CLASSES,
  schema: { definition: 'storage.v1.StorageClass' },
  name: dns1123Subdomain,
  shortNames: ['sc'],
  defaults: (kind) => ({
    ...kind,
    provisioner: kind.provisioner ?? '',
    reclaimPolicy: kind.reclaimPolicy ?? 'Delete',
    volumeBindingMode: kind.volumeBindingMode ?? 'Immediate',
  }),
  validate: (kind, old) => [...validateClass(kind), ...(old ? validateUpdate(kind, old) : [])],
  columns: [NAME, ...['Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion'].map(textColumn), AGE],
  row: (kind, clock) => {
    const { name } = kind.metadata;
    const isDefault = isMarked(kind, DEFAULT_STORAGE_CLASS);
    const told = [kind.provisioner, kind.reclaimPolicy ?? 'Delete', kind.volumeBindingMode ?? 'Immediate'];
    return [isDefault ? `${name} (default)` : name, ...told, kind.allowVolumeExpansion ?? false, ageOf(kind, clock)];
  },
});

function validateClass(kind: StorageClass): FieldProblem[] {
  const { provisioner, parameters, reclaimPolicy: policy, volumeBindingMode: mode, allowedTopologies = [] } = kind;
  return [
    ...validateProvisioner(provisioner, ['provisioner']),
    ...validateParameters(parameters, ['parameters']),
    ...(!policy || POLICIES.includes(policy) ? [] : [notSupported(['reclaimPolicy'], policy, POLICIES)]),
    ...(mode !== undefined && MODES.includes(mode) ? [] : [notSupported(['volumeBindingMode'], mode, MODES)]),
    ...validateTopologies(allowedTopologies),
  ];
}

/** Each term is another set of places, and says of each label once which values it may have. */
function validateTopologies(terms: NonNullable<StorageClass['allowedTopologies']>): FieldProblem[] {
  const inOrder = terms.map(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.map(({ key, values = [] }) => [key, values.toSorted()]).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  return terms.flatMap(({ matchLabelExpressions: expressions = [] }, i) => {
    const path = ['allowedTopologies', i, 'matchLabelExpressions'];
    const isRepeated = expressions.length === 0 || inOrder.slice(0, i).some((other) => equalJson(other, inOrder[i]));
    return [
      ...expressions.flatMap(({ key = '', values = [] }, j) => [
        ...(values.length === 0 ? [required([...path, j, 'values'])] : []),
        ...values.flatMap((value, k) => (values.indexOf(value) < k ? [duplicate([...path, j, 'values', k], value)] : [])),
        ...qualifiedName(key).map((why) => invalid([...path, j, 'key'], key, why)),
        ...(expressions.findIndex((other) => other.key === key) < j ? [duplicate([...path, j, 'key'], key)] : []),
      ]),
      ...(isRepeated ? [duplicate(path, '')] : []),
    ];
  });
}

export function validateProvisioner(name: string, path: FieldPath): FieldProblem[] {
  return name ? qualifiedName(name.toLowerCase()).map((why) => invalid(path, name, why)) : [required(path)];
}

export function validateParameters(parameters: StorageClass['parameters'], path: FieldPath): FieldProblem[] {
  return Object.keys(parameters ?? {}).flatMap((key) => (key === '' ? [invalid(path, key, 'field can not be empty.')] : []));
}

function validateUpdate(kind: StorageClass, old: StorageClass): FieldProblem[] {
  return [
    ...(['parameters', 'provisioner', 'reclaimPolicy'] as const)
      .filter((field) => !equalJson(kind[field] ?? {}, old[field] ?? {}))
      .map((field) => forbidden([field], `updates to ${field} are forbidden.`)),
    ...immutable(kind.volumeBindingMode, old.volumeBindingMode, ['volumeBindingMode']),
  ];
}
