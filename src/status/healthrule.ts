import { getPath, type Condition, type FieldPath, type HealthState, type Manifest } from '../model/index.ts';

export interface Health {
  readonly state: HealthState;
  readonly message?: string;
}

/** Judges one kind; the object is not being deleted. */
export type HealthRule = (object: Manifest) => Health;

export const healthy: Health = { state: 'Healthy' };
export const progressing = (message: string): Health => ({ state: 'Progressing', message });
export const degraded = (message: string): Health => ({ state: 'Degraded', message });
export const suspended = (message: string): Health => ({ state: 'Suspended', message });

export function countAt(object: Manifest, ...path: FieldPath): number {
  const value = getPath(object, path);
  return typeof value === 'number' ? value : 0;
}

export function conditionsOf(object: Manifest): readonly Condition[] {
  const conditions = getPath(object, ['status', 'conditions']);
  return Array.isArray(conditions) ? (conditions as readonly Condition[]) : [];
}

export function conditionWhere(object: Manifest, type: string, status: Condition['status']): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type && condition.status === status);
}

export function wordsOf({ reason, message }: Condition): string {
  return [reason, message].filter(Boolean).join(': ');
}

/** Its controller has not looked at the present spec yet. */
export function isUnobserved(object: Manifest): boolean {
  const observed = getPath(object, ['status', 'observedGeneration']);
  return object.metadata.generation !== undefined && (typeof observed !== 'number' || observed < object.metadata.generation);
}
