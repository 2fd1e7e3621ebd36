import type { StructShape } from '../../model/index.ts';

const zeros = new WeakMap<StructShape, ReadonlyMap<string, unknown>>();

/**
 * What Kubernetes' own types hold in a field that nobody set: an embedded struct is always there, and so is a field that
 * is never left out. A change is measured against that, so setting such a field to its zero makes nobody its owner.
 * A null on the other side says as much: it is how a time that nobody set is written.
 */
export function absentField(struct: StructShape, name: string, other: unknown): unknown {
  let zero = zeros.get(struct);
  if (!zero) zeros.set(struct, (zero = zeroFields(struct)));
  return zero.has(name) ? zero.get(name) : other === null ? null : undefined;
}

function zeroFields(struct: StructShape): ReadonlyMap<string, unknown> {
  const zero = new Map<string, unknown>();
  for (const name of struct.required) zero.set(name, null);
  for (const name of struct.fieldNames()) {
    const value = struct.fieldDefault?.(name);
    if (value === '' || value === 0 || value === false || isEmptyStruct(value)) zero.set(name, value);
  }
  return zero;
}

const isEmptyStruct = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
