import { equalJson } from '../../../base/index.ts';
import { dns1035Label, dns1123Subdomain, type FieldPath } from '../../meta/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { CustomResourceColumn, CustomResourceDefinition, CustomResourceNames, CustomResourceVersion } from '../../types/index.ts';
import { approvalProblems } from './approval.ts';
import { conversionProblems } from './conversion.ts';
import { structuralProblems } from './structural.ts';

const SPEC = ['spec'];
const VERSIONS = ['spec', 'versions'];

/** What is wrong with a definition. Its schemas must be structural. */
export function definitionProblems(definition: CustomResourceDefinition, old?: CustomResourceDefinition): readonly FieldProblem[] {
  const { metadata, spec, status } = definition;
  const { group = '', names, versions = [], scope } = spec ?? {};
  const wantedName = `${names?.plural ?? ''}.${group}`;
  return [
    ...(metadata.name === wantedName ? [] : [invalid(['metadata', 'name'], metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...groupProblems(group),
    ...(scope ? [] : [required([...SPEC, 'scope'])]),
    ...(scope && !['Cluster', 'Namespaced'].includes(scope) ? [notSupported([...SPEC, 'scope'], scope, ['Cluster', 'Namespaced'])] : []),
    ...(spec?.preserveUnknownFields
      ? [invalid([...SPEC, 'preserveUnknownFields'], true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')]
      : []),
    ...(names ? nameProblems(names) : [required([...SPEC, 'names'])]),
    ...versionsProblems(versions),
    ...versions.flatMap((_, i) => versionProblems(versions, i)),
    ...(spec?.conversion ? conversionProblems(spec.conversion, [...SPEC, 'conversion']) : []),
    ...storedProblems(status?.storedVersions ?? [], versions),
    ...approvalProblems(definition, old),
    ...(old ? updateProblems(spec, old) : []),
  ]; // prettier-ignore
}

function groupProblems(group: string): FieldProblem[] {
  const path = [...SPEC, 'group'];
  if (group === '') return [required(path)];
  const problems = dns1123Subdomain(group).map((why) => invalid(path, group, why));
  return group.includes('.') ? problems : [...problems, invalid(path, group, 'should be a domain with at least one dot')];
}

function nameProblems({ plural, singular, kind, listKind, shortNames = [], categories = [] }: CustomResourceNames): FieldProblem[] {
  const at = (name: string, ...more: FieldPath) => [...SPEC, 'names', name, ...more];
  const label = (name: string, value: string | undefined, path = at(name)) =>
    value === undefined ? [] : dns1035Label(value).map((why) => invalid(path, value, why));
  const mixed = (name: string, value: string | undefined) =>
    value === undefined
      ? []
      : dns1035Label(value.toLowerCase()).map((why) => invalid(at(name), value, `may have mixed case, but should otherwise match: ${why}`));
  return [
    ...(plural ? label('plural', plural) : [required(at('plural'))]),
    ...label('singular', singular),
    ...(kind ? mixed('kind', kind) : [required(at('kind'))]),
    ...mixed('listKind', listKind),
    ...(kind && kind === listKind ? [invalid(at('listKind'), listKind, 'kind and listKind may not be the same')] : []),
    ...shortNames.flatMap((name, i) => label('shortNames', name, at('shortNames', i))),
    ...categories.flatMap((name, i) => label('categories', name, at('categories', i))),
  ]; // prettier-ignore
}

function versionsProblems(versions: readonly CustomResourceVersion[]): FieldProblem[] {
  if (versions.length === 0) return [required(VERSIONS, 'must have at least one version')];
  const stored = versions.filter(({ storage }) => storage).length;
  const repeated = versions.some(({ name }, i) => versions.findIndex((other) => other.name === name) < i);
  const shown = versions.map(({ name }) => name);
  return [
    ...(repeated ? [invalid(VERSIONS, shown, 'must contain unique version names')] : []),
    ...(stored === 1 ? [] : [invalid(VERSIONS, shown, 'must have exactly one version marked as storage version')]),
    ...(versions.some(({ served }) => served) ? [] : [invalid(VERSIONS, shown, 'must have at least one version that is served')]),
  ];
}

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';

/**
 * Where a part of a version is: what all versions have alike, Kubernetes takes for the definition's own, and says so in
 * its refusals. Undefined where it was named with an earlier version.
 */
function placeOf(part: Part, versions: readonly CustomResourceVersion[], i: number): FieldPath | undefined {
  const isShared = versions.every((version) => equalJson(version[part] ?? null, versions[0]![part] ?? null));
  if (!isShared) return [...VERSIONS, i, part];
  return i === 0 ? [...SPEC, part === 'schema' ? 'validation' : part] : undefined;
}

/** The schemas of a definition, where its refusals name them. */
export function schemaPlaces({
  spec: { versions },
}: CustomResourceDefinition): readonly { readonly schema: unknown; readonly path: FieldPath }[] {
  return versions.flatMap(({ schema }, i) => {
    const place = placeOf('schema', versions, i);
    return schema && place ? [{ schema: schema.openAPIV3Schema, path: [...place, 'openAPIV3Schema'] }] : [];
  });
}

function versionProblems(versions: readonly CustomResourceVersion[], i: number): FieldProblem[] {
  const path = [...VERSIONS, i];
  const version = versions[i]!;
  const { name = '', schema, additionalPrinterColumns = [], subresources, selectableFields = [], deprecationWarning } = version;
  const within = (part: Part, judge: (path: FieldPath) => readonly FieldProblem[]) => {
    const place = placeOf(part, versions, i);
    return place ? judge(place) : [];
  };
  const why = 'can only be set for deprecated versions';
  return [
    ...dns1035Label(name).map((why) => invalid([...path, 'name'], name, why)),
    ...(schema?.openAPIV3Schema
      ? within('schema', (at) => structuralProblems(schema.openAPIV3Schema, [...at, 'openAPIV3Schema']))
      : [required([...path, 'schema', 'openAPIV3Schema'], 'schemas are required')]),
    ...(deprecationWarning !== undefined && !version.deprecated ? [invalid([...path, 'deprecationWarning'], deprecationWarning, why)] : []),
    ...within('additionalPrinterColumns', (at) => additionalPrinterColumns.flatMap((column, n) => columnProblems(column, [...at, n]))),
    ...within('selectableFields', (at) => selectableFields.flatMap(({ jsonPath }, n) => pathProblems(jsonPath, [...at, n, 'jsonPath']))),
    ...within('subresources', (at) => (subresources?.scale ? scaleProblems(subresources.scale, [...at, 'scale']) : [])),
  ];
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function columnProblems({ name, type, jsonPath }: CustomResourceColumn, path: FieldPath): FieldProblem[] {
  return [
    ...(name ? [] : [required([...path, 'name'])]),
    ...(type ? [] : [required([...path, 'type'], `must be one of ${COLUMN_TYPES.join(',')}`)]),
    ...(type && !COLUMN_TYPES.includes(type) ? [invalid([...path, 'type'], type, `must be one of ${COLUMN_TYPES.join(',')}`)] : []),
    ...(jsonPath ? pathProblems(jsonPath, [...path, 'jsonPath']) : [required([...path, 'jsonPath'])]),
  ];
}

function pathProblems(jsonPath: string, path: FieldPath): FieldProblem[] {
  return jsonPath.startsWith('.') ? [] : [invalid(path, jsonPath, 'must be a simple json path starting with .')];
}

type Scale = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>;

function scaleProblems({ specReplicasPath, statusReplicasPath, labelSelectorPath }: Scale, path: FieldPath): FieldProblem[] {
  const below = (name: string, value: string | undefined, roots: readonly string[]) => {
    if (!value) return [required([...path, name])];
    const isBelow = roots.some((root) => value.startsWith(`.${root}.`));
    return isBelow ? [] : [invalid([...path, name], value, `should be a json path under ${roots.map((root) => `.${root}`).join(' or ')}`)];
  };
  return [
    ...below('specReplicasPath', specReplicasPath, ['spec']),
    ...below('statusReplicasPath', statusReplicasPath, ['status']),
    ...(labelSelectorPath ? below('labelSelectorPath', labelSelectorPath, ['spec', 'status']) : []),
  ];
}

/** What may lie in the store in a version must go on having that version. */
function storedProblems(stored: readonly string[], versions: readonly CustomResourceVersion[]): FieldProblem[] {
  return stored.flatMap((name, i) => {
    if (versions.some((version) => version.name === name)) return [];
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    return [invalid(['status', 'storedVersions', i], name, why)];
  });
}

/** Once objects can be there, their keys and their kind stay. */
function updateProblems(spec: CustomResourceDefinition['spec'], { spec: was, status }: CustomResourceDefinition): FieldProblem[] {
  const isEstablished = status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
  const fixed: readonly (readonly [FieldPath, unknown, unknown])[] = [
    [[...SPEC, 'group'], spec.group, was.group],
    [[...SPEC, 'names', 'plural'], spec.names?.plural, was.names.plural],
    ...(isEstablished
      ? ([
          [[...SPEC, 'scope'], spec.scope, was.scope],
          [[...SPEC, 'names', 'kind'], spec.names?.kind, was.names.kind],
        ] as const)
      : []),
  ];
  return fixed.filter(([, value, old]) => value !== old).map(([path, value]) => invalid(path, value, 'field is immutable'));
}
