import type { FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';
import { validateNotNegative } from './numbers.ts';

const STATUS: FieldPath = ['status'];

type Counts<Field extends string> = { readonly [F in Field]?: number } | undefined;

/** No count of a status is negative. */
export function validateCounts<Field extends string>(status: Counts<Field>, fields: readonly Field[]): FieldProblem[] {
  return fields.flatMap((field) => validateNotNegative(status?.[field], [...STATUS, field]));
}

/** Those of its pods that are such and such are no more than there are. */
export function validateShares<Field extends string>(status: Counts<Field | 'replicas'>, fields: readonly Field[]): FieldProblem[] {
  const all = status?.replicas ?? 0;
  return fields.flatMap((field) => atMost(status?.[field], all, field, 'cannot be greater than status.replicas'));
}

/** What is available is ready, and has been for a while. */
export function validateAvailable(status: Counts<'availableReplicas' | 'readyReplicas'>, ready = 'readyReplicas'): FieldProblem[] {
  return atMost(status?.availableReplicas, status?.readyReplicas ?? 0, 'availableReplicas', `cannot be greater than ${ready}`);
}

function atMost(count: number | undefined, most: number, field: string, detail: string): FieldProblem[] {
  return count !== undefined && count > most ? [invalid([...STATUS, field], count, detail)] : [];
}

/** What names are made unique with never goes back. */
export function validateCollisions(status: Counts<'collisionCount'>, old: Counts<'collisionCount'>): FieldProblem[] {
  const { collisionCount: count = 0 } = status ?? {};
  return count < (old?.collisionCount ?? 0) ? [invalid([...STATUS, 'collisionCount'], count, 'cannot be decremented')] : [];
}
