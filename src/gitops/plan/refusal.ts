import { isStatus, StatusError, type Reason } from '../../base/index.ts';
import { apiVersionOf, type FieldPath } from '../../model/index.ts';
import { formatTarget } from '../desired/identity.ts';
import type { DesiredObject } from '../desired/desired.ts';
import { builtInKind, faultsOf, parseField, throughLists, type Fault } from '../lint/faults.ts';
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
  const faults = faultsIn(error, desired);
  const places = await desired.origin.find(faults.map(({ path }) => throughLists(desired.object, path)));
  const hint = isOfNamespace(error, desired) ? MAKE_NAMESPACE : '';
  return faults.map(({ message }, i) => ({
    file: desired.origin.file,
    ...(places[i] ?? { line: desired.origin.line, column: 1 }),
    code: error.reason === 'NotFound' ? 'NotFound' : 'Refused',
    message: veil.scrub(desired.object, `${what}: ${message}${hint}`),
  }));
}

const MAKE_NAMESPACE = ': commit the Namespace too, or let its Application say "createNamespace: true"';

function isOfNamespace({ reason, details }: StatusError, { namespace }: DesiredObject): boolean {
  return reason === 'NotFound' && details?.kind === 'namespaces' && details.name === namespace;
}

/** The words in which the API says that only a new object can have what is asked. */
const IMMUTABLE = /immutable|may not (be )?change|updates to .* are forbidden|cannot change roleRef/i;

/** What the server allows to no living object, if that is all that it minds. */
export function immutableFieldOf(error: unknown): string | undefined {
  if (!isStatus(error, 'Invalid')) return undefined;
  const causes = error.details?.causes ?? [];
  if (causes.length === 0 || !causes.every(({ message = '' }) => IMMUTABLE.test(message))) return undefined;
  return [
    ...new Set(causes.map(({ field, message = '' }) => `${field}: ${message.replace(/^(Invalid value|Forbidden): (.*: )?/, '')}`)),
  ].join(', ');
}

/** What cannot be decoded is refused at its first fault: the schema knows the others. */
function faultsIn(error: StatusError, desired: DesiredObject): readonly Fault[] {
  const causes = error.details?.causes ?? [];
  const placed = causes.flatMap(({ field, message }) =>
    field ? [{ path: parseField(field), message: `${field}: ${message ?? error.message}` }] : [],
  );
  if (placed.length > 0) return placed;
  const kind = error.reason === 'BadRequest' ? builtInKind(apiVersionOf(desired.kind), desired.kind.kind) : undefined;
  const faults = kind ? faultsOf(kind, desired.object) : [];
  return faults.length > 0 ? faults : [{ path: fieldIn(error.message), message: error.message }];
}

function fieldIn(message: string): FieldPath {
  const named = /(?:unknown|duplicate) field "([^"]+)"/.exec(message)?.[1];
  // Apply names the items of lists by their keys; which they are is found out later.
  const undeclared = / \.(\S+): field not declared in schema/.exec(message)?.[1]?.replaceAll(/\[[^\]]*\]/g, '');
  return parseField(named ?? undeclared ?? '');
}
