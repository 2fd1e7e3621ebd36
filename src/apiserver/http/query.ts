import { StatusError, isRecord, type StatusCause } from '../../base/index.ts';
import { parseDuration } from '../../model/index.ts';
import type { DeleteQuery, ListQuery, WatchQuery, WriteQuery } from '../api.ts';

/** The query parameters of the API, and the body of a delete, which says the same. */

export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) throw notWhole(name, value);
  return Number(value);
}

function notWhole(name: string, value: unknown): StatusError {
  return new StatusError('BadRequest', `${name}: Invalid value: ${JSON.stringify(value)}: must be a whole number`);
}

const MATCHES = ['Exact', 'NotOlderThan'];

/** What cannot be meant, all of it at once. */
function checkList(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') || undefined;
  const version = query.get('resourceVersion');
  const problems: [field: string, message: string][] = [];
  const forbid = (field: string, why: string) => problems.push([field, `Forbidden: ${why}`]);
  if (match) {
    if (!version) forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (query.get('continue')) forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    if (!MATCHES.includes(match)) problems.push(['resourceVersionMatch', unsupported(match, [...MATCHES, ''])]);
    if (match === 'Exact' && version === '0') {
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has('sendInitialEvents')) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  refuseOptions('List', problems);
}

function checkWatch(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') || undefined;
  const initial = query.has('sendInitialEvents');
  const problems: [field: string, message: string][] = [];
  const forbid = (why: string) => problems.push(['resourceVersionMatch', `Forbidden: ${why}`]);
  if (initial && match !== 'NotOlderThan') forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (match) {
    if (!initial) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== 'NotOlderThan') problems.push(['resourceVersionMatch', unsupported(match, ['NotOlderThan'])]);
    if (query.get('continue')) forbid('resourceVersionMatch is forbidden when continue is provided');
  }
  refuseOptions('List', problems);
}

export function listQuery(query: URLSearchParams): ListQuery {
  checkList(query);
  // Less than nothing is no limit either.
  const limit = /^-\d{1,15}$/.test(query.get('limit') ?? '') ? undefined : wholeNumber(query, 'limit');
  return {
    ...selectors(query),
    ...(limit ? { limit } : {}),
    ...text(query, 'continue', 'resourceVersion', 'resourceVersionMatch'),
  };
}

export function watchQuery(query: URLSearchParams): WatchQuery {
  checkWatch(query);
  const sendInitialEvents = query.get('sendInitialEvents') === null ? undefined : isTrue(query, 'sendInitialEvents');
  return {
    ...selectors(query),
    ...text(query, 'resourceVersion', 'resourceVersionMatch'),
    allowBookmarks: isTrue(query, 'allowWatchBookmarks'),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
  };
}

const selectors = (query: URLSearchParams) => text(query, 'labelSelector', 'fieldSelector');

function text(query: URLSearchParams, ...names: readonly (keyof ListQuery)[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = query.get(name);
    if (value) found[name] = value;
  }
  return found;
}

/** After how long a watch ends, when the client says so. */
export function timeoutMs(query: URLSearchParams): number | undefined {
  const seconds = wholeNumber(query, 'timeoutSeconds');
  return seconds ? seconds * 1000 : undefined;
}

const MILLION = 1_000_000n;

/** How long the client itself would wait: what cannot be read counts for nothing. */
export function requestTimeout(query: URLSearchParams): number | undefined {
  const text = query.get('timeout');
  if (!text) return undefined;
  const read = parseDuration(text);
  return read.ok && read.nanos > 0n ? Number(read.nanos / MILLION) : undefined;
}

export type WriteVerb = 'Create' | 'Update' | 'Patch' | 'Delete';

const VALIDATION = ['Ignore', 'Strict', 'Warn'] as const;

export function writeQuery(query: URLSearchParams, verb: WriteVerb): WriteQuery {
  const dryRun = query.getAll('dryRun').filter(Boolean);
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  const known = VALIDATION.find((value) => value === fieldValidation);
  refuseOptions(verb, [
    ...managerProblems(query.get('fieldManager') ?? ''),
    ...dryRunProblems(dryRun),
    ...(known ? [] : [['fieldValidation', unsupported(fieldValidation, ['', ...VALIDATION])] as const]),
  ]);
  return { dryRun: dryRun.length > 0, ...(known ? { fieldValidation: known } : {}) };
}

const LONGEST_MANAGER = 128;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

function managerProblems(manager: string): Problems {
  const long = Buffer.byteLength(manager) > LONGEST_MANAGER ? [`Too long: may not be more than ${LONGEST_MANAGER} bytes`] : [];
  const unprintable = [...manager.matchAll(UNPRINTABLE)].map(({ 0: found, index }) => {
    const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const at = Buffer.byteLength(manager.slice(0, index));
    return `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${at})`;
  });
  return [...long, ...unprintable].map((message) => ['fieldManager', message]);
}

function dryRunProblems(values: readonly unknown[]): Problems {
  return values.every((value) => value === 'All') ? [] : [['dryRun', unsupported(values, ['All'])]];
}

/** The field manager of a write, as Kubernetes finds it. */
export function managerOf(query: URLSearchParams, userAgent: string | undefined): string {
  const named = query.get('fieldManager');
  if (named) return named;
  const [first = ''] = (userAgent ?? '').split('/', 1);
  return first.slice(0, 128) || 'unknown';
}

const PROPAGATION = ['Foreground', 'Background', 'Orphan'] as const;

/** The body of a delete wins over its query. A negative grace counts as a second. */
export function deleteQuery(query: URLSearchParams, body: unknown): DeleteQuery {
  const options = isRecord(body) ? body : {};
  const policy = options['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined;
  const grace = graceSeconds(options['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds') ?? '');
  const orphan = options['orphanDependents'] ?? (query.has('orphanDependents') ? isTrue(query, 'orphanDependents') : undefined);
  const dryRun = (Array.isArray(options['dryRun']) ? options['dryRun'] : query.getAll('dryRun')).filter(Boolean);
  refuseOptions('Delete', [...propagationProblems(policy, orphan), ...dryRunProblems(dryRun)]);
  const { uid, resourceVersion } = isRecord(options['preconditions']) ? options['preconditions'] : {};
  const preconditions = {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
  return {
    dryRun: dryRun.length > 0,
    ...(policy === undefined ? {} : { propagationPolicy: policy as DeleteQuery['propagationPolicy'] }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan === true }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
  };
}

function graceSeconds(given: unknown): number | undefined {
  if (given === '') return undefined;
  if (!/^-?\d{1,15}$/.test(String(given))) throw notWhole('gracePeriodSeconds', given);
  return Number(given) < 0 ? 1 : Number(given);
}

function propagationProblems(policy: unknown, orphan: unknown): Problems {
  if (policy === undefined) return [];
  const shown = JSON.stringify(policy);
  return [
    ...(orphan === undefined
      ? []
      : [['propagationPolicy', `Invalid value: ${shown}: orphanDependents and deletionPropagation cannot be both set`] as const]),
    ...(PROPAGATION.includes(policy as never) ? [] : [['propagationPolicy', unsupported(policy, [...PROPAGATION, 'nil'])] as const]),
  ];
}

const unsupported = (value: unknown, supported: readonly string[]) =>
  `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((name) => JSON.stringify(name)).join(', ')}`;

export function refuseOption(verb: WriteVerb, field: string, message: string): StatusError {
  return invalidOptions(verb, [[field, message]]);
}

type Problems = readonly (readonly [field: string, message: string])[];

function refuseOptions(verb: WriteVerb | 'List', problems: Problems): void {
  if (problems.length > 0) throw invalidOptions(verb, problems);
}

function invalidOptions(verb: WriteVerb | 'List', problems: Problems): StatusError {
  const causes = problems.map(([field, message]): StatusCause => ({ reason: causeOf(message), message, field }));
  const texts = problems.map(([field, message]) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError('Invalid', `${verb}Options.meta.k8s.io "" is invalid: ${text}`, {
    group: 'meta.k8s.io',
    kind: `${verb}Options`,
    causes,
  });
}

function causeOf(message: string): string {
  if (message.startsWith('Unsupported')) return 'FieldValueNotSupported';
  if (message.startsWith('Forbidden')) return 'FieldValueForbidden';
  if (message.startsWith('Too long')) return 'FieldValueTooLong';
  return message.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueInvalid';
}
