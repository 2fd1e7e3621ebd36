import type { Manifest } from '../../model/index.ts';
import type { WriteQuery } from '../api.ts';
import { judge, mutate, type AdmissionRequest } from '../admission/index.ts';
import type { Verbs } from './commit.ts';
import { check } from './decode.ts';
import { checkRules, settleDefinition, warningsOfDefinition } from './definition.ts';
import { hearChanges, hearJudgement } from './heard.ts';
import { withOwnersOnce } from './ownerreferences.ts';
import { surroundingsOf } from './surroundings.ts';

/** A version that admission let through, and what it said. */
export interface Admitted {
  readonly object: Manifest;
  readonly warnings: readonly string[];
}

/** What a door makes of what is asked for. */
interface Making {
  /** What was changed on the way in, with what this door does not change. */
  readonly complete: (asked: Manifest) => Manifest;
  readonly make: (asked: Manifest) => Manifest;
}

/** Admission around what the server makes of a request: first it may change what is asked for, then it judges what came of it. */
export function admit(verbs: Verbs, asking: AdmissionRequest, query: WriteQuery, { complete, make }: Making): Admitted {
  const request = query.dryRun ? { ...asking, dryRun: true } : asking;
  const { kind, old } = request;
  const around = surroundingsOf(verbs);
  const asked = mutate(request, around);
  const heard = hearChanges(verbs, { ...request, object: asked }, query, {
    complete,
    mutate: (object) => mutate({ ...request, object }, around),
  });
  const wanted = withOwnersOnce(heard.object, ' after mutating admission happens');
  const made = make(wanted.object);
  verbs.guard?.({ ...request, object: made });
  if (!query.trusted || heard.object !== asked) {
    check(kind, made, old, request.subresource);
    checkRules(kind, made, old);
  }
  const object = settleDefinition(verbs, kind, made);
  const version = { ...request, object };
  const judged = judge(version, around, () => hearJudgement(verbs, version, query));
  // Who derives objects from others' reads no warnings.
  if (query.trusted) return { object, warnings: [] };
  const own = [...wanted.warnings, ...kind.warnings(object, old)];
  return { object, warnings: [...heard.warnings, ...own, ...judged, ...warningsOfDefinition(kind, object)] };
}
