import { StatusError, type Reason } from '../../base/index.ts';
import type { FieldPath } from '../../model/index.ts';
import { formatTarget } from '../desired/identity.ts';
import type { DesiredObject } from '../desired/desired.ts';
import type { Problem } from '../problem.ts';
import type { Veil } from '../veil.ts';

/** What a person has to mend in the manifest or around it; anything else may pass by itself and is tried again. */
const OF_THE_MANIFEST: ReadonlySet<Reason> = new Set<Reason>([
  'Invalid',
  'BadRequest',
  'Forbidden',
  'NotFound',
  'MethodNotAllowed',
  'RequestEntityTooLarge',
]);

/** The server's refusal of a manifest as problems with places, or undefined when the refusal is not about the manifest. */
export async function refusalOf(error: unknown, desired: DesiredObject, veil: Veil): Promise<readonly Problem[] | undefined> {
  if (!(error instanceof StatusError) || !OF_THE_MANIFEST.has(error.reason)) return undefined;
  const what = formatTarget(desired);
  const causes = (error.details?.causes ?? []).filter(({ field }) => field !== undefined && field !== '');
  const { file, line } = desired.origin;
  if (causes.length === 0)
    return [{ file, line, column: 1, code: 'Refused', message: veil.scrub(desired.object, `${what}: ${error.message}`) }];
  const places = await desired.origin.find(causes.map(({ field }) => parseField(field!)));
  return causes.map(({ field, message }, i) => ({
    file,
    ...(places[i] ?? { line, column: 1 }),
    code: 'Refused',
    message: veil.scrub(desired.object, `${what}: ${field}: ${message ?? error.message}`),
  }));
}

/** `spec.containers[0].env[1].name` and `metadata.labels[app.io/name]` as steps. */
export function parseField(text: string): FieldPath {
  return [...text.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([step, bracketed]) => {
    if (bracketed === undefined) return step;
    return /^\d+$/.test(bracketed) ? Number(bracketed) : bracketed;
  });
}
