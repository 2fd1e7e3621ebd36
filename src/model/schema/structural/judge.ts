import { equalJson, isRecord, ownMember } from '../../../base/index.ts';
import { formatPath, type FieldPath } from '../../meta/index.ts';
import { resolve } from '../definitions.ts';
import type { Schema } from '../openapi-schema.ts';
import { invalid, notSupported, required, typeInvalid, type FieldProblem } from '../problems.ts';
import { jsonTypeOf } from '../values.ts';
import { rangeProblems } from './ranges.ts';

/**
 * What a schema has against a custom resource, in the words of Kubernetes. Of metadata it can restrict the name. It costs
 * what the object is, however large the schema: there is nothing to compile.
 */
export function validateCustom(schema: Schema, object: object): readonly FieldProblem[] {
  const { metadata, ...others } = schema.properties ?? {};
  const { metadata: named, ...rest } = object as { metadata?: unknown };
  const names: Schema = { type: 'object', properties: metadata?.properties ?? {} };
  const problems = judge({ ...schema, properties: others }, rest, []);
  return metadata?.properties && named ? [...judge(names, named, ['metadata']), ...problems] : problems;
}

function judge(written: Schema, value: unknown, path: FieldPath): FieldProblem[] {
  const schema = resolve(written);
  if (value === null && schema.nullable) return [];
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return [wrongType(types.join(','), value, path)];
  return [
    ...(schema.enum && !schema.enum.some((known) => equalJson(known, value))
      ? [notSupported(path, value, schema.enum.map(String))]
      : []),
    ...rangeProblems(schema, value, path),
    ...(Array.isArray(value) ? itemProblems(schema, value, path) : isRecord(value) ? memberProblems(schema, value, path) : []),
    ...logicProblems(schema, value, path),
  ]; // prettier-ignore
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function wrongType(type: string, value: unknown, path: FieldPath): FieldProblem {
  const seen = value === null ? 'null' : Number.isInteger(value) ? 'integer' : jsonTypeOf(value).replace('bool', 'boolean');
  return typeInvalid(path, seen, `${formatPath(path)} in body must be of type ${type}: ${JSON.stringify(seen)}`);
}

function itemProblems({ items }: Schema, value: readonly unknown[], path: FieldPath): FieldProblem[] {
  return items ? value.flatMap((item, i) => judge(items, item, [...path, i])) : [];
}

function memberProblems(schema: Schema, value: Readonly<Record<string, unknown>>, path: FieldPath): FieldProblem[] {
  const { properties = {}, additionalProperties } = schema;
  const missing = (schema.required ?? []).filter((name) => ownMember(value, name) === undefined).map((name) => required([...path, name]));
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const below = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return below && member !== undefined ? judge(below, member, [...path, name]) : [];
  });
  return [...(schema['x-kubernetes-embedded-resource'] ? typeProblems(value, path) : []), ...missing, ...wrong];
}

/** An object inside another says what it is. */
function typeProblems(value: Readonly<Record<string, unknown>>, path: FieldPath): FieldProblem[] {
  return ['apiVersion', 'kind'].filter((name) => !value[name]).map((name) => required([...path, name], 'must not be empty'));
}

/** Where no branch fits, the one that comes nearest says why. */
function logicProblems({ allOf = [], anyOf = [], oneOf = [], not }: Schema, value: unknown, path: FieldPath): FieldProblem[] {
  if (allOf.length + anyOf.length + oneOf.length === 0 && !not) return [];
  const where = JSON.stringify(formatPath(path));
  const say = (text: string) => invalid(path, '', `${where} must ${text}`);
  const judged = (branches: readonly Schema[]) => branches.map((branch) => judge(branch, value, path));
  const problems = judged(allOf).flat();
  if (anyOf.length > 0) {
    const found = judged(anyOf);
    if (!found.some(isFree)) problems.push(...nearest(found), say('validate at least one schema (anyOf)'));
  }
  if (oneOf.length > 0) {
    const found = judged(oneOf);
    const fitting = found.filter(isFree).length;
    if (fitting === 0) problems.push(...nearest(found), say('validate one and only one schema (oneOf). Found none valid'));
    if (fitting > 1) problems.push(say(`validate one and only one schema (oneOf). Found ${fitting} valid alternatives`));
  }
  if (not && isFree(judge(not, value, path))) problems.push(say('not validate the schema (not)'));
  return problems;
}

const isFree = (problems: readonly FieldProblem[]) => problems.length === 0;
const nearest = (branches: readonly FieldProblem[][]) => branches.reduce((best, branch) => (branch.length < best.length ? branch : best));
