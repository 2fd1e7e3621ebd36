import { StatusError } from '../../base/index.ts';
import { formatPath, type KindRef } from '../meta/index.ts';
import type { FieldProblem } from '../schema/problems.ts';

/** 422 as Kubernetes answers it: the problems in the message and as causes. */
export function invalidObject(kind: KindRef, name: string | undefined, problems: readonly FieldProblem[]): StatusError {
  const causes = problems.map(({ reason, path, message }) => ({ reason, message, field: path.length > 0 ? formatPath(path) : '<nil>' }));
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const subject = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const detail = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError('Invalid', `${subject} "${name ?? ''}" is invalid: ${detail}`, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.kind,
    causes,
  });
}

/** 400: the body is JSON but not this kind. */
export function undecodable(kind: KindRef, why: string): StatusError {
  return new StatusError(
    'BadRequest',
    `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${why}`,
  );
}

/** A field that the body has and its kind has not: a warning under `fieldValidation=Warn`, a refusal under `Strict`. */
export const unknownField = (path: string) => `unknown field ${JSON.stringify(path)}`;

/** A field that the body names more than once. */
export const duplicateField = (path: string) => `duplicate field ${JSON.stringify(path)}`;
