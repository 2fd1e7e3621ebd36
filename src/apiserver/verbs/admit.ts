import type { Manifest } from '../../model/index.ts';
import type { WriteQuery } from '../api.ts';
import { judge, mutate, type AdmissionRequest } from '../admission/index.ts';
import type { Verbs } from './commit.ts';
import { check } from './decode.ts';
import { settleDefinition, warningsOfDefinition } from './definition.ts';
import { withOwnersOnce } from './ownerreferences.ts';
import { surroundingsOf } from './surroundings.ts';

/** A version that admission let through, and what it said. */
export interface Admitted {
  readonly object: Manifest;
  readonly warnings: readonly string[];
}

/** Admission around what the server makes of a request: first it may change what is asked for, then it judges what came of it. */
export function admit(verbs: Verbs, request: AdmissionRequest, query: WriteQuery, make: (asked: Manifest) => Manifest): Admitted {
  const { kind, old } = request;
  const around = surroundingsOf(verbs);
  const asked = withOwnersOnce(mutate(request, around), ' after mutating admission happens');
  const made = make(asked.object);
  verbs.guard?.({ ...request, object: made });
  if (!query.trusted) check(kind, made, old, request.subresource);
  const object = settleDefinition(verbs, kind, made);
  const judged = judge({ ...request, object }, around);
  // Who derives objects from others' reads no warnings.
  if (query.trusted) return { object, warnings: [] };
  return { object, warnings: [...asked.warnings, ...kind.warnings(object, old), ...judged, ...warningsOfDefinition(kind, object)] };
}
