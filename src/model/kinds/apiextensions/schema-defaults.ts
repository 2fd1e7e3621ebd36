import { equalJson, isRecord } from '../../../base/index.ts';
import { mapKey, type FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';
import { expandSchema, fillDefaults, prune, validateCustom } from '../../schema/structural/index.ts';

type Written = Readonly<Record<string, unknown>>;

interface Default {
  readonly part: Written;
  readonly value: unknown;
  readonly path: FieldPath;
}

/** A default is a value like any other: it keeps to its own schema, and nothing of it would be pruned. */
export function defaultProblems(schema: Written, path: FieldPath): FieldProblem[] {
  const defaults = [...defaultsIn(schema, path)];
  if (defaults.length === 0) return [];
  // All of them are judged as fields of one object.
  const nameOf = (i: number) => `default${i}`;
  const parts = Object.fromEntries(defaults.map(({ part }, i) => [nameOf(i), part]));
  const { properties = {} } = expandSchema({ type: 'object', properties: parts });
  const holder = { type: 'object', properties };
  const values = Object.fromEntries(defaults.map(({ value }, i) => [nameOf(i), value]));
  const { value: kept } = prune(holder, values);
  const pruned = defaults.filter(({ value }, i) => !equalJson((kept as Written)[nameOf(i)], value));
  const problems = validateCustom(holder, fillDefaults(holder, values)).map(({ reason, message, path: [name, ...below] }) => {
    const at = defaults.find((_, i) => nameOf(i) === name)!.path;
    return { reason, message: message.replaceAll(`${name} in body`, 'default in body'), path: [...at, ...below] };
  });
  return [...pruned.map(({ value, path }) => invalid(path, value, 'must not have unknown fields')), ...problems];
}

function* defaultsIn(part: Written, path: FieldPath): Generator<Default> {
  const { properties, items, additionalProperties } = part;
  if (part['default'] !== undefined) yield { part, value: part['default'], path: [...path, 'default'] };
  for (const [name, below] of Object.entries(isRecord(properties) ? properties : {})) {
    if (isRecord(below)) yield* defaultsIn(below, [...path, 'properties', mapKey(name)]);
  }
  if (isRecord(items)) yield* defaultsIn(items, [...path, 'items']);
  if (isRecord(additionalProperties)) yield* defaultsIn(additionalProperties, [...path, 'additionalProperties']);
}
