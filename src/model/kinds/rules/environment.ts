import { environmentVariableName, type FieldPath } from '../../meta/index.ts';
import type { EnvFromSource, EnvVar } from '../../types/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

const FIELDS = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs']; // prettier-ignore
const FIELD_WITH_KEY = /^metadata\.(labels|annotations)\['[^']+'\]$/;

export function validateEnvironment(env: readonly EnvVar[] | undefined, path: FieldPath): FieldProblem[] {
  return (env ?? []).flatMap((variable, i) => [
    ...variableNameProblems(variable.name, [...path, i, 'name']),
    ...(variable.valueFrom ? validateValueFrom(variable, [...path, i, 'valueFrom']) : []),
  ]);
}

function variableNameProblems(name: string | undefined, path: FieldPath): FieldProblem[] {
  if (!name) return [required(path)];
  return environmentVariableName(name).map((text) => invalid(path, name, text));
}

function validateValueFrom({ value, valueFrom = {} }: EnvVar, path: FieldPath): FieldProblem[] {
  const sources = Object.entries(valueFrom).filter(([, source]) => source !== undefined);
  if (sources.length === 0)
    return [invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`')];
  if (sources.length > 1) return [invalid(path, '', 'may not have more than one field specified at a time')];
  if (value) return [invalid(path, '', 'may not be specified when `value` is not empty')];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  return [
    ...(fieldRef ? validateFieldRef(fieldRef.fieldPath, [...path, 'fieldRef', 'fieldPath']) : []),
    ...(resourceFieldRef && !resourceFieldRef.resource ? [required([...path, 'resourceFieldRef', 'resource'])] : []),
    ...validateKeyRef(configMapKeyRef, [...path, 'configMapKeyRef']),
    ...validateKeyRef(secretKeyRef, [...path, 'secretKeyRef']),
  ];
}

function validateFieldRef(field: string | undefined, path: FieldPath): FieldProblem[] {
  if (!field) return [required(path)];
  return FIELDS.includes(field) || FIELD_WITH_KEY.test(field) ? [] : [notSupported(path, field, FIELDS)];
}

function validateKeyRef(ref: { name?: string; key: string } | undefined, path: FieldPath): FieldProblem[] {
  if (!ref) return [];
  return [...(ref.name ? [] : [required([...path, 'name'])]), ...(ref.key ? [] : [required([...path, 'key'])])];
}

export function validateEnvironmentSources(sources: readonly EnvFromSource[] | undefined, path: FieldPath): FieldProblem[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => [
    ...(prefix ? variableNameProblems(prefix, [...path, i, 'prefix']) : []),
    ...(configMapRef && !configMapRef.name ? [required([...path, i, 'configMapRef', 'name'])] : []),
    ...(secretRef && !secretRef.name ? [required([...path, i, 'secretRef', 'name'])] : []),
    ...(configMapRef || secretRef ? [] : [invalid([...path, i], '', 'must specify one of: `configMapRef` or `secretRef`')]),
    ...(configMapRef && secretRef ? [invalid([...path, i], '', 'may not have more than one field specified at a time')] : []),
  ]);
}
