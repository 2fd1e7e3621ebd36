import { equalJson, isRecord, ownMember } from '../../../base/index.ts';
import { formatPath, type FieldPath } from '../../meta/index.ts';
import type { Schema } from '../openapi-schema.ts';
import { invalid, tooLong, tooMany, type FieldProblem } from '../problems.ts';
import { FORMATS } from './formats.ts';
import { goPattern } from './pattern.ts';

/** What a schema says of how large or how long a value may be, and of what a text must look like. */
export function rangeProblems(schema: Schema, value: unknown, path: FieldPath): FieldProblem[] {
  if (typeof value === 'string') return textProblems(schema, value, path);
  if (typeof value === 'number') return numberProblems(schema, value, path);
  if (Array.isArray(value)) return listProblems(schema, value, path);
  return isRecord(value) ? mapProblems(schema, value, path) : [];
}

const worded = (path: FieldPath, value: unknown, text: string) => invalid(path, value, `${formatPath(path)} in body ${text}`);

const patterns = new WeakMap<Schema, RegExp>();

function fits(schema: Schema, text: string): boolean {
  let pattern = patterns.get(schema);
  if (!pattern) patterns.set(schema, (pattern = goPattern(schema.pattern!)));
  return pattern.test(text);
}

function textProblems(schema: Schema, text: string, path: FieldPath): FieldProblem[] {
  const { minLength = 0, maxLength = Infinity, pattern, format } = schema;
  const length = minLength > 0 || maxLength < text.length ? [...text].length : 0;
  return [
    ...(length > maxLength ? [tooLong(path, maxLength)] : []),
    ...(length < minLength ? [worded(path, text, `should be at least ${minLength} chars long`)] : []),
    ...(pattern && !fits(schema, text) ? [worded(path, text, `should match '${pattern}'`)] : []),
    ...(format && ownMember(FORMATS, format)?.(text) === false
      ? [worded(path, text, `must be of type ${format}: ${JSON.stringify(text)}`)]
      : []),
  ];
}

function numberProblems(schema: Schema, value: number, path: FieldPath): FieldProblem[] {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const isLow = exclusiveMinimum ? value <= minimum : value < minimum;
  const isHigh = exclusiveMaximum ? value >= maximum : value > maximum;
  // Division of decimals is not exact: a quotient that is all but whole is whole.
  const isOdd = multipleOf !== undefined && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9;
  return [
    ...(isLow ? [worded(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)] : []),
    ...(isHigh ? [worded(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)] : []),
    ...(isOdd ? [worded(path, value, `should be a multiple of ${multipleOf}`)] : []),
  ];
}

function listProblems(
  { minItems = 0, maxItems = Infinity, uniqueItems }: Schema,
  items: readonly unknown[],
  path: FieldPath,
): FieldProblem[] {
  const isRepeated = uniqueItems && items.some((item, i) => items.findIndex((other) => equalJson(other, item)) < i);
  return [
    ...(items.length > maxItems ? [tooMany(path, items.length, maxItems)] : []),
    ...(items.length < minItems ? [worded(path, items, `should have at least ${minItems} items`)] : []),
    ...(isRepeated ? [worded(path, items, `shouldn't contain duplicates`)] : []),
  ];
}

function mapProblems({ minProperties = 0, maxProperties = Infinity }: Schema, value: object, path: FieldPath): FieldProblem[] {
  const count = Object.keys(value).length;
  return [
    ...(count > maxProperties ? [worded(path, value, `should have at most ${maxProperties} properties`)] : []),
    ...(count < minProperties ? [worded(path, value, `should have at least ${minProperties} properties`)] : []),
  ];
}
