import { StatusError } from '../../base/index.ts';
import type { Kind, Manifest } from '../../model/index.ts';
import { convert, judgeBy, mutationsBy, questionOf, type AdmissionRequest, type Question } from '../admission/index.ts';
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

/** What is asked for, as policies and then webhooks want to have it. What one of them changed, admission's steps see again. */
export function hearChanges(verbs: Verbs, request: AdmissionRequest, query: WriteQuery, { mutate, complete }: Remaking): Admitted {
  const { hearing } = query;
  const { object: asked, kind } = request;
  const mutating = policiesFor(verbs, query)?.mutating ?? [];
  if (!hearing && mutating.length === 0) return { object: asked, warnings: [] };
  const around = surroundingsOf(verbs);
  const question = questionOf(request);
  const read = (patched: Manifest, as: Kind, fieldValidation: 'Ignore' | 'Strict') =>
    complete(convert(as, kind, decode(as, patched, { fieldValidation }, unreadable).object));
  const policies = mutationsBy(mutating, question, around, (patched, as) => read(patched, as, 'Strict'));
  const object = policies?.first(asked) ?? asked;
  const again = (changed: Manifest) => {
    const stepped = mutate(changed);
    return policies?.again(stepped) ?? stepped;
  };
  if (!hearing) return { object: object === asked ? asked : again(object), warnings: [] };
  const making = { remake: (patched: Manifest, as: Kind) => read(patched, as, 'Ignore'), again, isChanged: object !== asked };
  return hearing.mutate({ ...question, object }, around, making);
}

const unreadable = (why: string) => new StatusError('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });

/** Nobody has a say in what a cluster needs to begin. */
const policiesFor = ({ policies }: Verbs, { exempt }: WriteQuery) => (exempt ? undefined : policies?.());

/** What policies and webhooks say of what came of it. */
export function hearJudgement(verbs: Verbs, request: AdmissionRequest, query: WriteQuery): readonly string[] {
  const validating = policiesFor(verbs, query)?.validating ?? [];
  const { hearing } = query;
  if (!hearing && validating.length === 0) return [];
  const [question, around] = [questionOf(request), surroundingsOf(verbs)];
  return [...judgeBy(validating, question, around), ...(hearing?.judge(question, around) ?? [])];
}

/** A delete, and what is posted to a door and is no version of the object: it is judged, and nobody changes it. */
export function hearOthers(
  verbs: Verbs,
  { kind, namespace, name, subresource }: Place,
  asked: Pick<Question, 'operation' | 'object' | 'old'>,
  query: WriteQuery,
  caller: Caller,
): readonly string[] {
  const validating = policiesFor(verbs, query)?.validating ?? [];
  const { hearing, dryRun } = query;
  if (!hearing && validating.length === 0) return [];
  const question = { ...asked, kind, subresource, namespace, name: name!, caller, dryRun };
  const around = surroundingsOf(verbs);
  return [...judgeBy(validating, question, around), ...(hearing?.attend(question, around) ?? [])];
}
