import { isRecord, type StatusError } from '../../base/index.ts';
import {
  checkSchema,
  fillDefaults,
  invalidObject,
  jsonTypeOf,
  schemaOf,
  schemaProblems,
  undecodable,
  unknownField,
  type FieldProblem,
  type Kind,
  type Manifest,
} from '../../model/index.ts';
import type { StrayFields, WriteQuery } from '../api.ts';
import { yamlLines } from '../refusals.ts';
import { checkType } from './place.ts';

/** What came from outside is checked against the schema; what the control plane derived from checked objects is not. */
export function decode(
  kind: Kind,
  body: Manifest,
  query: WriteQuery,
  refuse = (why: string) => undecodable(kind, why),
  refuseUnknown?: (paths: readonly string[]) => StatusError,
): { object: Manifest; warnings: readonly string[] } {
  // A patch may make anything of an object.
  if (!isRecord(body)) throw refuse(`json: cannot unmarshal ${jsonTypeOf(body)} into Go value of type ${kind.version}.${kind.kind}`);
  checkType(kind, body);
  const withMetadata = body.metadata ? body : { ...(body as Manifest), metadata: {} as Manifest['metadata'] };
  if (query.trusted) return { object: withMetadata, warnings: [] };
  const { decoding, unknown, pruned, problems } = checkSchema(kind, withMetadata);
  if (decoding.length > 0) throw refuse(decoding[0]!);
  if (unknown.length > 0 && refuseUnknown) throw refuseUnknown(unknown);
  const told = strayFields(query, unknown, (texts) => refuse(`strict decoding error: ${texts.join(', ')}`));
  if (problems.length > 0) throw invalidObject(kind, pruned.metadata.name, refuseUnknown ? problems : wholeProblems(kind, pruned));
  return { object: pruned, warnings: told };
}

/** Warnings, unless they are a reason to refuse. */
export function strayFields(
  { fieldValidation, strayFields = saidOfUnknown }: WriteQuery,
  unknown: readonly string[],
  refuse: (texts: readonly string[]) => StatusError,
): readonly string[] {
  if (fieldValidation === 'Ignore') return [];
  const texts = strayFields(unknown);
  if (texts.length > 0 && fieldValidation === 'Strict') throw refuse(texts);
  return texts.flatMap(yamlLines);
}

const saidOfUnknown: StrayFields = (unknown) => unknown.map(unknownField);

/** Where a value has a wrong type nothing else is done with the object: all that its schema minds is said at once. */
function wholeProblems({ schema }: Kind, object: Manifest): readonly FieldProblem[] {
  return schemaProblems(schema, fillDefaults(schemaOf(schema), object));
}

/** Beyond the schema: names, ranges, and what an update may not change. */
export function check(kind: Kind, object: Manifest, old?: Manifest, subresource?: string): void {
  const part = subresource ? kind.parts[subresource] : undefined;
  const said = subresource === 'status' && old ? kind.validateStatus(object, old) : [];
  const problems = part && old ? part.validate(object, old) : [...kind.validate(object, old), ...said];
  if (problems.length > 0) throw invalidObject(kind, object.metadata.name, problems);
}
