import { formatYaml, isRecord } from '../../../base/index.ts';
import type { Manifest } from '../../../model/index.ts';
import { comparable } from '../changes.ts';

const FIRST = ['apiVersion', 'kind', 'metadata', 'name', 'namespace'];

function byFieldOrder(a: string, b: string): number {
  const [left, right] = [FIRST.indexOf(a), FIRST.indexOf(b)];
  if (left >= 0 || right >= 0) return (left < 0 ? FIRST.length : left) - (right < 0 ? FIRST.length : right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One order of fields for both sides of a diff, whoever wrote them. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .filter((name) => value[name] !== undefined)
      .toSorted(byFieldOrder)
      .map((name) => [name, ordered(value[name])]),
  );
}

/** The part of an object that people decide about. Secrets must be covered before. */
export function viewText(object: Manifest): string {
  return formatYaml(ordered(comparable(object)));
}
