import { formatYaml, StatusError, type Clock } from '../../base/index.ts';
import { apiVersionOf, type Kind } from '../../model/index.ts';
import type { Found, FoundList, Place } from '../api.ts';
import { negotiate, notAcceptable, type Accepted } from './accept.ts';
import { JSON_TYPE, textAnswer, type Answer, type Asked } from './message.ts';
import { isTrue } from './query.ts';
import { SCALE_ROWS } from './scalerows.ts';
import { partialText, rowText, tableHead, tableOf, type IncludeObject, type Rows } from './table.ts';

/** How a client wants to see objects. */
export interface View extends Accepted {
  readonly includeObject: IncludeObject;
  readonly pretty: boolean;
  readonly clock: Clock;
}

const INCLUDED: readonly IncludeObject[] = ['Metadata', 'Object', 'None'];

export function viewOf({ headers, query }: Asked, clock: Clock, hasTable = true): View {
  const accepted = negotiate(headers.accept, hasTable);
  const include = query.get('includeObject') || 'Metadata';
  const known = INCLUDED.find((value) => value === include);
  if (accepted.as === 'table' && !known) {
    const why = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
    throw new StatusError('BadRequest', `Unable to convert to Table as requested: ${why}`);
  }
  return {
    ...accepted,
    includeObject: known ?? 'Metadata',
    pretty: isTrue(query, 'pretty'),
    clock,
  };
}

/** One object as JSON text: as it is stored, without parsing, or in the shape that the client wants. */
export function objectText(view: View, place: Place, found: Found): string {
  const rows = rowsOf(place, found);
  if (view.as === 'object' || !rows) return found.text;
  if (view.as !== 'table') return partialText(found, view.version);
  return tableOf(rows, [found], { resourceVersion: String(found.revision) }, view);
}

/** What a subresource gives (a token, a status) has no columns of its own, but for a scale. */
function rowsOf({ kind }: Place, { value }: Found): Rows | undefined {
  if (value.kind === kind.kind) return kind;
  return value.kind === 'Scale' ? SCALE_ROWS : undefined;
}

export function objectAnswer(view: View, place: Place, found: Found, code = 200, warnings: readonly string[] = []): Answer {
  if (view.as === 'partialList') throw otherShape('PartialObjectMetadataList', 'not a list', place.kind, '');
  return { ...formatted(view, objectText(view, place, found), code), headers: warningHeaders(warnings) };
}

/** A value that is made for this answer. */
export function valueAnswer(view: View, value: unknown, code = 200): Answer {
  return formatted(view, JSON.stringify(value), code);
}

function formatted(view: View, text: string, code: number): Answer {
  if (view.format === 'yaml') return textAnswer(formatYaml(JSON.parse(text)), code, 'application/yaml');
  return textAnswer(view.pretty ? JSON.stringify(JSON.parse(text), null, 2) : text, code, JSON_TYPE);
}

/** A pretty list is read by a person: beyond this many characters it comes as it is. */
const LONGEST_PRETTY = 1 << 20;
const SAMPLE = 20;

/** In the words of the server's language. */
function otherShape(asked: string, what: string, { group, kind, schema }: Kind, suffix: 'List' | ''): StatusError {
  const type = 'custom' in schema ? `unstructured.Unstructured${suffix}` : `${group.split('.', 1)[0] || 'core'}.${kind}${suffix}`;
  return notAcceptable(`you requested ${asked}, but the requested object is ${what} (*${type})`);
}

export function listAnswer(view: View, place: Place, list: FoundList): Answer {
  if (view.as === 'partial') throw otherShape('PartialObjectMetadata', 'a list', place.kind, 'List');
  const size = sizeOf(list.items);
  const pieces = listPieces(view, place.kind, list);
  if (view.format === 'yaml' || (view.pretty && size < LONGEST_PRETTY)) return formatted(view, [...pieces].join(''), 200);
  return { code: 200, type: JSON_TYPE, body: { kind: 'pieces', pieces, size } };
}

/** To know whether it is large, the first few tell enough. */
function sizeOf(items: readonly Found[]): number {
  const few = items.slice(0, SAMPLE);
  return few.length === 0 ? 0 : (few.reduce((sum, { text }) => sum + text.length, 0) / few.length) * items.length;
}

function* listPieces(view: View, kind: Kind, list: FoundList): Generator<string> {
  const { revision, items, continue: next, remaining } = list;
  const metadata = {
    resourceVersion: String(revision),
    ...(next ? { continue: next } : {}),
    ...(remaining ? { remainingItemCount: remaining } : {}),
  };
  if (view.as === 'table') {
    yield tableHead(metadata, kind.columns, view.version);
    const shown = kind.compareRows ? items.toSorted((a, b) => kind.compareRows!(a.value, b.value)) : items;
    yield* separated(shown, (found) => rowText(kind, found, view));
  } else if (view.as === 'partialList') {
    yield listHead('PartialObjectMetadataList', `meta.k8s.io/${view.version}`, metadata);
    yield* separated(items, (found) => partialText(found, view.version));
  } else {
    yield listHead(kind.listKind ?? `${kind.kind}List`, apiVersionOf(kind), metadata);
    yield* separated(items, itemText(kind));
  }
  yield ']}';
}

function listHead(kind: string, apiVersion: string, metadata: object): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;
}

function* separated<T>(items: Iterable<T>, text: (item: T) => string): Generator<string> {
  let separator = '';
  for (const item of items) {
    yield separator + text(item);
    separator = ',';
  }
}

/** Kubernetes leaves kind and apiVersion out of the items of its own lists, and keeps them in those of custom resources. */
function itemText(kind: Kind): (found: Found) => string {
  if ('custom' in kind.schema) return ({ text }) => text;
  const prefix = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},`;
  return ({ text }) => (text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text);
}

/** The answer with one warning more. */
export function warned(answer: Answer, text: string): Answer {
  const others = [answer.headers?.['warning'] ?? []].flat();
  return { ...answer, headers: { ...answer.headers, warning: [...new Set([warningHeader(text), ...others])] } };
}

export function warningHeaders(warnings: readonly string[]): Record<string, readonly string[]> {
  if (warnings.length === 0) return {};
  return { warning: [...new Set(warnings)].map(warningHeader) };
}

const warningHeader = (text: string) => `299 - "${headerText(text)}"`;

/** A header holds no line breaks and no letters beyond Latin 1. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]+/g, ' ').replace(/["\\]/g, (sign) => `\\${sign}`);
}
