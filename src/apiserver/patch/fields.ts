import type { AnyShape, Shape, StructShape } from '../../model/index.ts';
import { freeStep, namedStep, type Step } from './step.ts';

/** What is not in the schema is merged by what it is. */
export const ANY: AnyShape = { type: 'any' };

/** One field of a struct, as changes are measured. */
export interface Field {
  readonly step: Step;
  readonly shape: Shape;
  /** Whether the schema declares it. */
  readonly isKnown: boolean;
  /**
   * What Kubernetes' own types hold in a field that nobody set: an embedded struct is always there, and so is a field
   * that is never left out. A change is measured against that, so setting such a field to its zero makes nobody its owner.
   */
  readonly zero?: { readonly value: unknown };
}

const structs = new WeakMap<StructShape, ReadonlyMap<string, Field>>();

/** A field that the schema does not know is merged by what it is. */
export function fieldOf(struct: StructShape, name: string): Field {
  let fields = structs.get(struct);
  if (!fields) structs.set(struct, (fields = fieldsOf(struct)));
  return fields.get(name) ?? { step: freeStep(name), shape: ANY, isKnown: false };
}

/** What stands for a field that is missing. A null on the other side says as much: it is how a time that nobody set is written. */
export function absent({ zero }: Field, other: unknown): unknown {
  return zero ? zero.value : other === null ? null : undefined;
}

function fieldsOf(struct: StructShape): ReadonlyMap<string, Field> {
  return new Map(struct.fieldNames().map((name) => [name, newField(struct, name)]));
}

function newField(struct: StructShape, name: string): Field {
  const value = struct.fieldDefault?.(name);
  const isZero = value === '' || value === 0 || value === false || isEmptyStruct(value);
  const zero = isZero ? { zero: { value } } : struct.required.includes(name) ? { zero: { value: null } } : {};
  return { step: namedStep(name), shape: struct.field(name) ?? ANY, isKnown: true, ...zero };
}

const isEmptyStruct = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
