import type { FieldProblem } from './problems.ts';
import { fullName, referenceTo } from './notation.ts';
import type { Manifest } from '../meta/index.ts';
import { listProblems, prune, validateCustom } from './structural/index.ts';
import { decode } from './decode.ts';
import { definition } from './definitions.ts';
import type { Schema } from './openapi-schema.ts';

/** Where a kind's schema comes from: a generated definition (`apps.v1.Deployment`), or the resource's own. */
export type KindSchema = { readonly definition: string } | { readonly custom: () => Schema };

interface SchemaCheck {
  /**
   * Why the object cannot be decoded, in Go's words: the API server answers 400 BadRequest with the first.
   * When there is one, nothing else here counts.
   */
  readonly decoding: readonly string[];
  /** Paths of fields that the schema does not have: refused, warned of or ignored, as `fieldValidation` says. */
  readonly unknown: readonly string[];
  /**
   * Values of a wrong type in a custom resource: 422 Invalid. Nothing else is judged here, since a part of an object lacks
   * much: `validate` of the kind judges the whole one. Built-in kinds are judged there altogether.
   */
  readonly problems: readonly FieldProblem[];
  /** The object as it was understood: no unknown fields, amounts and times in canonical form, empty optional fields left out. */
  readonly pruned: Manifest;
}

const OBJECT_META: Schema = { $ref: referenceTo(fullName('meta.v1.ObjectMeta')) };

export function schemaOf(source: KindSchema): Schema {
  if ('custom' in source) return source.custom();
  const found = definition(fullName(source.definition));
  if (!found) throw new Error(`the schema has no definition ${source.definition}`);
  return found;
}

/** Reads an object, or a part of one, that comes from outside. Runs before defaulting. */
export function checkSchema(kind: { readonly schema: KindSchema }, object: Manifest): SchemaCheck {
  return 'custom' in kind.schema ? checkCustom(kind.schema.custom(), object) : checkBuiltIn(schemaOf(kind.schema), object);
}

function checkBuiltIn(schema: Schema, object: Manifest): SchemaCheck {
  const { value, errors, unknown } = decode(schema, object);
  return { decoding: errors, unknown, problems: [], pruned: value as Manifest };
}

/** A custom resource's metadata is decoded like any object's; the rest is pruned by its schema, without decoding errors. */
function checkCustom(schema: Schema, object: Manifest): SchemaCheck {
  const meta = decode(OBJECT_META, object.metadata ?? {}, { at: ['metadata'] });
  const { apiVersion, kind, metadata: _, ...others } = object;
  const rest = prune(schema, others);
  const pruned = { apiVersion, kind, metadata: meta.value as Manifest['metadata'], ...(rest.value as Record<string, unknown>) };
  const problems = validateCustom(schema, pruned).filter(({ reason }) => reason === 'FieldValueTypeInvalid');
  return { decoding: meta.errors, unknown: [...meta.unknown, ...rest.unknown], problems, pruned };
}

/** What the schema has against a whole object: missing fields, values outside their range or list. */
export function schemaProblems(source: KindSchema, object: Manifest): readonly FieldProblem[] {
  if ('definition' in source) return decode(schemaOf(source), object).problems;
  const schema = source.custom();
  return [...validateCustom(schema, object), ...listProblems(schema, object)];
}

/**
 * The same of a built-in kind, with the object as Go holds it: what it never leaves out is there, so that rules mind it as if
 * it was written. An object that lacks nothing is given as it is.
 */
export function judgeWhole(source: { readonly definition: string }, object: Manifest) {
  const schema = schemaOf(source);
  const { problems, lacks } = decode(schema, object);
  if (problems.length === 0 && !lacks) return { whole: object, problems };
  const whole = decode(schema, object, { zeros: true }).value as Manifest;
  return { whole, problems: decode(schema, whole).problems };
}
