import { configKey, environmentVariableName, type FieldPath } from '../../meta/index.ts';
import type { EnvFromSource, EnvVar } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { validateFieldRef, validateResourceRef } from './fields.ts';
import { subdomainProblems } from './metadata.ts';

const FIELDS = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs']; // prettier-ignore

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
    ...(fieldRef ? validateFieldRef(fieldRef, FIELDS, [...path, 'fieldRef']) : []),
    ...(resourceFieldRef ? validateResourceRef(resourceFieldRef, [...path, 'resourceFieldRef']) : []),
    ...validateKeyRef(configMapKeyRef, [...path, 'configMapKeyRef']),
    ...validateKeyRef(secretKeyRef, [...path, 'secretKeyRef']),
  ];
}

function validateKeyRef(ref: { name?: string; key: string } | undefined, path: FieldPath): FieldProblem[] {
  if (!ref) return [];
  return [
    ...subdomainProblems(ref.name ?? '', [...path, 'name']),
    ...(ref.key ? configKey(ref.key).map((why) => invalid([...path, 'key'], ref.key, why)) : [required([...path, 'key'])]),
  ];
}

export function validateEnvironmentSources(sources: readonly EnvFromSource[] | undefined, path: FieldPath): FieldProblem[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => [
    ...(prefix ? variableNameProblems(prefix, [...path, i, 'prefix']) : []),
    ...validateSourceName(configMapRef, [...path, i, 'configMapRef', 'name']),
    ...validateSourceName(secretRef, [...path, i, 'secretRef', 'name']),
    ...(configMapRef || secretRef ? [] : [invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')]),
    ...(configMapRef && secretRef ? [invalid(path, '', 'may not have more than one field specified at a time')] : []),
  ]);
}

function validateSourceName(source: { name?: string } | undefined, path: FieldPath): FieldProblem[] {
  if (!source) return [];
  if (!source.name) return [required(path)];
  return subdomainProblems(source.name, path);
}
