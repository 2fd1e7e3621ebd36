import type { Clock } from '../../base/index.ts';
import type { Column, Kind } from '../../model/index.ts';
import type { Found } from '../api.ts';
import type { MetaVersion } from './accept.ts';

/** How objects are shown in a table. */
export type Rows = Pick<Kind, 'columns' | 'row'>;

/** What a row carries of its object. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

export interface RowOptions {
  readonly version: MetaVersion;
  readonly includeObject: IncludeObject;
  readonly clock: Clock;
}

/** A whole table as JSON text. Without columns for a watch's later events: the client has them from the first. */
export function tableOf(
  rows: Rows,
  items: readonly Found[],
  metadata: object,
  options: RowOptions,
  columns: readonly Column[] = rows.columns,
): string {
  return `${tableHead(metadata, columns, options.version)}${items.map((found) => rowText(rows, found, options)).join(',')}]}`;
}

/** All of a table up to its first row; `]}` ends it. */
export function tableHead(metadata: object, columns: readonly Column[], version: MetaVersion): string {
  const definitions = columns.map(({ name, type, format = '', description = '', priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${JSON.stringify(definitions)},"rows":[`;
}

export function rowText(rows: Rows, found: Found, { includeObject, clock, version }: RowOptions): string {
  const cells = JSON.stringify(rows.row(found.value, clock));
  return `{"cells":${cells},"object":${objectOf(found, includeObject, version)}}`;
}

function objectOf(found: Found, include: IncludeObject, version: MetaVersion): string {
  if (include === 'None') return 'null';
  if (include === 'Object') return found.text;
  return partialText(found, version);
}

/** An object without anything but its metadata. */
export function partialText({ value }: Found, version: MetaVersion): string {
  return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: value.metadata });
}
