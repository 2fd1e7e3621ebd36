import { isRecord } from '../../base/index.ts';
import { checkSchema, invalidObject, undecodable, unknownFields, unknownFieldTexts, type Kind, type Manifest } from '../../model/index.ts';
import type { WriteQuery } from '../api.ts';
import { checkType } from './place.ts';

/** What came from outside is checked against the schema; what the control plane derived from checked objects is not. */
export function decode(kind: Kind, body: Manifest, query: WriteQuery): { object: Manifest; warnings: readonly string[] } {
  checkType(kind, body);
  const withMetadata = isRecord(body.metadata) ? body : ({ ...body, metadata: {} } as unknown as Manifest);
  if (query.trusted) return { object: withMetadata, warnings: [] };
  const { decoding, unknown, pruned, problems } = checkSchema(kind, withMetadata);
  if (decoding.length > 0) throw undecodable(kind, decoding[0]!);
  if (unknown.length > 0 && query.fieldValidation === 'Strict') throw unknownFields(kind, unknown);
  if (problems.length > 0) throw invalidObject(kind, pruned.metadata.name, problems);
  return { object: pruned, warnings: query.fieldValidation === 'Ignore' ? [] : unknownFieldTexts(unknown) };
}

/** Beyond the schema: names, ranges, and what an update may not change. */
export function check(kind: Kind, object: Manifest, old?: Manifest): void {
  const problems = kind.validate(object, old);
  if (problems.length > 0) throw invalidObject(kind, object.metadata.name, problems);
}
