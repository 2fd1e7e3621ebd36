import type { Deployment, ReplicaSet } from '../../model/index.ts';
import { compareTexts } from '../order.ts';
import { isSameTemplate } from './template.ts';

/** A Deployment's sets: the one of its present template, and the others. */
export interface Sets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** Oldest first. Should two sets have the present template, the older one is the current one. */
export function sortOut(deployment: Deployment, sets: readonly ReplicaSet[]): Sets {
  const byAge = sets.toSorted(compareAge);
  const current = byAge.find((set) => isSameTemplate(set.spec.template, deployment.spec.template));
  return { current, old: byAge.filter((set) => set !== current) };
}

export const allOf = ({ current, old }: Sets): readonly ReplicaSet[] => (current ? [...old, current] : old);

export const sizeOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;

export const isInUse = (set: ReplicaSet): boolean => sizeOf(set) > 0;

export const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;

export const total = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((sum, set) => sum + count(set), 0);

/** Its controller has seen the present size. A set that is only about to be made has no size to be seen yet. */
export function isObserved({ metadata, status }: ReplicaSet): boolean {
  return !metadata.uid || (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

export function compareAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    compareTexts(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compareTexts(a.metadata.name, b.metadata.name)
  );
}
