import type { Kind, Manifest } from '../../model/index.ts';
import { convert, questionOf, type AdmissionRequest, type Question } from '../admission/index.ts';
import type { Caller, Place, WriteQuery } from '../api.ts';
import type { Admitted } from './admit.ts';
import type { Verbs } from './commit.ts';
import { decode } from './decode.ts';
import { surroundingsOf } from './surroundings.ts';

/** How the server makes of an object what it is to be, after somebody else had it in hand. */
interface Remaking {
  /** By admission's own steps. */
  readonly mutate: (object: Manifest) => Manifest;
  /** With defaults, and with what this door does not change. */
  readonly complete: (object: Manifest) => Manifest;
}

/** What is asked for, as webhooks want to have it. */
export function hearChanges(verbs: Verbs, request: AdmissionRequest, query: WriteQuery, { mutate, complete }: Remaking): Admitted {
  const { hearing } = query;
  const { object, kind } = request;
  if (!hearing) return { object, warnings: [] };
  const remake = (patched: Manifest, as: Kind) => complete(convert(as, kind, decode(as, patched, { fieldValidation: 'Ignore' }).object));
  return hearing.mutate(questionOf(request), surroundingsOf(verbs), { remake, mutate });
}

/** What webhooks say of what came of it. */
export function hearJudgement(verbs: Verbs, request: AdmissionRequest, query: WriteQuery): readonly string[] {
  return query.hearing?.judge(questionOf(request), surroundingsOf(verbs)) ?? [];
}

/** A delete, and what is posted to a door and is no version of the object. */
export function hearOthers(
  verbs: Verbs,
  { kind, namespace, name, subresource }: Place,
  asked: Pick<Question, 'operation' | 'object' | 'old'>,
  query: WriteQuery,
  caller: Caller,
): readonly string[] {
  const question = { ...asked, kind, subresource, namespace, name: name!, caller, dryRun: query.dryRun };
  return query.hearing?.attend(question, surroundingsOf(verbs)) ?? [];
}
