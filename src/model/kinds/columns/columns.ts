import type { Clock } from '../../../base/index.ts';
import { formatAge, parseTime, type KubeObject, type LabelSelector, formatSelector, selectorFrom } from '../../meta/index.ts';
import type { Container } from '../../types/index.ts';
import type { Column } from '../kind.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';
export const UNKNOWN = '<unknown>';

/** The column that names the object: kubectl prints it in the colour of names, and `-o name` reads it. */
export const NAME: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 };
export const AGE: Column = textColumn('Age');

export function textColumn(name: string): Column {
  return { name, type: 'string', format: '', priority: 0 };
}

export function wideColumn(name: string): Column {
  return { name, type: 'string', format: '', priority: 1 };
}

export function countColumn(name: string): Column {
  return { name, type: 'integer', format: '', priority: 0 };
}

export function booleanColumn(name: string): Column {
  return { name, type: 'boolean', format: '', priority: 0 };
}

/** Kinds without a printer of their own show when they were made, as a time. */
export const CREATED_AT: Column = { name: 'Created At', type: 'date', format: '', priority: 0 };

export const createdCell = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? null;

export function ageOf(object: KubeObject, clock: Clock): string {
  return since(object.metadata.creationTimestamp, clock);
}

export function since(time: string | null | undefined, clock: Clock): string {
  const at = parseTime(time ?? undefined);
  return at === undefined ? UNKNOWN : formatAge(clock.now() - at);
}

/** Containers and Images as `-o wide` shows them for everything that has a pod template. */
export function containerCells(containers: readonly Container[]): [names: string, images: string] {
  return [containers.map(({ name }) => name).join(','), containers.map(({ image }) => image ?? '').join(',')];
}

export function selectorCell(selector: LabelSelector | undefined): string {
  const requirements = selectorFrom(selector) ?? [];
  return requirements.length === 0 ? NONE : formatSelector(requirements);
}

export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? NONE : entries.map(([key, value]) => `${key}=${value}`).join(',');
}
