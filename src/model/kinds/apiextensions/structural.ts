import { isRecord } from '../../../base/index.ts';
import { mapKey, type FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { goPattern } from '../../schema/structural/index.ts';
import { defaultProblems } from './schema-defaults.ts';
import { extensionProblems } from './schema-extensions.ts';
import { logicProblems } from './schema-logic.ts';

type Written = Readonly<Record<string, unknown>>;

/** What a schema may cost: everything that reads it goes down into it, and keeps something for each part. */
const DEEPEST = 100;
const MOST_PARTS = 50_000;

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const NOT_SUPPORTED = ['$ref', 'additionalItems', 'definitions', 'dependencies', 'id', 'patternProperties'];
const OPEN = 'x-kubernetes-preserve-unknown-fields';
const INT_OR_STRING = 'x-kubernetes-int-or-string';

/** What keeps a schema from being structural: all that Kubernetes asks before it prunes and defaults by it. */
export function structuralProblems(written: unknown, path: FieldPath): readonly FieldProblem[] {
  const size = sizeProblem(written, path);
  if (size) return [size];
  if (!isRecord(written)) return [required(path, 'schemas are required')];
  const { type, additionalProperties, properties } = written;
  const problems = [
    ...partProblems(written, path),
    ...(type === undefined || type === '' ? [required([...path, 'type'], 'must not be empty at the root')] : []),
    ...(type && type !== 'object' ? [invalid([...path, 'type'], type, 'must be object at the root')] : []),
    ...(additionalProperties === undefined ? [] : [forbidden([...path, 'additionalProperties'], 'must not be used at the root')]),
    ...(written['nullable'] ? [forbidden([...path, 'nullable'], 'nullable cannot be true at the root')] : []),
    ...(isRecord(properties) ? metadataProblems(properties['metadata'], [...path, 'properties', mapKey('metadata')]) : []),
  ];
  return problems.length > 0 ? problems : defaultProblems(written, path);
}

function sizeProblem(written: unknown, path: FieldPath): FieldProblem | undefined {
  let parts = 0;
  const isTooDeep = (value: unknown, depth: number): boolean => {
    parts++;
    if (depth > DEEPEST || parts > MOST_PARTS) return true;
    return typeof value === 'object' && value !== null && Object.values(value).some((member) => isTooDeep(member, depth + 1));
  };
  if (!isTooDeep(written, 0)) return undefined;
  return forbidden(path, `must not be deeper than ${DEEPEST} levels or have more than ${MOST_PARTS} parts`);
}

function metadataProblems(metadata: unknown, path: FieldPath): FieldProblem[] {
  if (!isRecord(metadata)) return [];
  const names = Object.keys(isRecord(metadata['properties']) ? metadata['properties'] : {});
  const restricts = names.every((name) => name === 'name' || name === 'generateName');
  return restricts
    ? []
    : [forbidden(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified')];
}

/** All parts below one of the schema, then that part. */
function partProblems(part: Written, path: FieldPath): FieldProblem[] {
  const { properties, items, additionalProperties } = part;
  const at = (name: string) => [...path, name];
  return [
    ...(isRecord(items) ? specified(items, at('items'), 'must not be empty for specified array items') : []),
    ...Object.entries(isRecord(properties) ? properties : {}).flatMap(([name, below]) =>
      specified(below, [...path, 'properties', mapKey(name)], 'must not be empty for specified object fields'),
    ),
    ...(isRecord(additionalProperties)
      ? specified(additionalProperties, at('additionalProperties'), 'must not be empty for specified object fields')
      : []),
    ...ownProblems(part, path),
    ...logicProblems(part, path),
  ];
}

function specified(part: unknown, path: FieldPath, whyTyped: string): FieldProblem[] {
  if (!isRecord(part)) return [required([...path, 'type'], whyTyped)];
  const isTyped = Boolean(part['type']) || part[INT_OR_STRING] === true || part[OPEN] === true;
  return [...partProblems(part, path), ...(isTyped ? [] : [required([...path, 'type'], whyTyped)])];
}

function ownProblems(part: Written, path: FieldPath): FieldProblem[] {
  const { type, items, properties, additionalProperties, pattern } = part;
  const at = (name: string) => [...path, name];
  const isIntOrString = part[INT_OR_STRING] === true;
  return [
    ...NOT_SUPPORTED.filter((name) => part[name] !== undefined).map((name) => forbidden(at(name), `${name} is not supported`)),
    ...(typeof type === 'string' && type !== '' && !TYPES.includes(type) ? [notSupported(at('type'), type, TYPES)] : []),
    ...(isIntOrString && type ? [forbidden(at('type'), 'must be empty if x-kubernetes-int-or-string is true')] : []),
    ...(Array.isArray(items) ? [forbidden(at('items'), 'items must be a schema object and not an array')] : []),
    ...(type === 'array' && typeof items !== 'object' && part[OPEN] !== true ? [required(at('items'), 'must be specified')] : []),
    ...(type === undefined || typeof type === 'string' ? [] : [invalid(at('type'), type, 'must be a string')]),
    ...(additionalProperties === undefined || typeof additionalProperties === 'boolean' || isRecord(additionalProperties)
      ? []
      : [invalid(at('additionalProperties'), additionalProperties, 'must be a boolean or a schema')]),
    ...(part[OPEN] === undefined || part[OPEN] === true ? [] : [invalid(at(OPEN), part[OPEN], 'must be true or undefined')]),
    ...(additionalProperties === false ? [forbidden(at('additionalProperties'), 'must not be set to false')] : []),
    ...(isRecord(properties) && Object.keys(properties).length > 0 && additionalProperties !== undefined
      ? [forbidden(at('additionalProperties'), 'additionalProperties and properties are mutual exclusive')]
      : []),
    ...(part['uniqueItems'] === true
      ? [forbidden(at('uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')]
      : []),
    ...(typeof pattern === 'string' && pattern !== '' ? patternProblems(pattern, at('pattern')) : []),
    ...extensionProblems(part, path),
  ];
}

function patternProblems(pattern: string, path: FieldPath): FieldProblem[] {
  try {
    goPattern(pattern);
    return [];
  } catch (error) {
    return [invalid(path, pattern, `must be a valid regular expression, but isn't: ${(error as Error).message}`)];
  }
}
