import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, type KindRef, type KubeObject } from '../../meta/index.ts';
import { forbidden, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateParameters, validateProvisioner } from './storageclass.ts';

/** What a driver can change of a volume while it is in use. */
interface VolumeAttributesClass extends KubeObject {
  readonly driverName: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

const REF: KindRef<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  namespaced: false,
};

export const VOLUME_ATTRIBUTES_CLASS = declareKind<VolumeAttributesClass>({
  ref: REF,
  schema: { definition: 'storage.v1.VolumeAttributesClass' },
  name: dns1123Subdomain,
  shortNames: ['vac'],
  defaults: (kind) => ({ ...kind, driverName: kind.driverName ?? '' }),
  validate: (kind, old) => [...(old ? validateUpdate(kind, old) : []), ...validateClass(kind)],
  columns: [NAME, textColumn('DriverName'), AGE],
  row: (kind, clock) => [kind.metadata.name, kind.driverName, ageOf(kind, clock)],
});

function validateClass({ driverName, parameters }: VolumeAttributesClass): FieldProblem[] {
  const isEmpty = Object.keys(parameters ?? {}).length === 0;
  return [
    ...validateProvisioner(driverName, ['driverName']),
    ...validateParameters(parameters, ['parameters']),
    ...(isEmpty ? [required(['parameters'], 'must contain at least one key/value pair')] : []),
  ];
}

function validateUpdate(kind: VolumeAttributesClass, old: VolumeAttributesClass): FieldProblem[] {
  return (['driverName', 'parameters'] as const)
    .filter((field) => !equalJson(kind[field], old[field]))
    .map((field) => forbidden([field], `updates to ${field} are forbidden.`));
}
