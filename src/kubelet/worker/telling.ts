import { oncePerObject } from '../../base/index.ts';
import { PODS, type Container, type Pod } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';

/** Tells of a pod, or of one of its containers. */
export type Tell = (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string) => void;

export function tellerOf(events: EventRecorder): Tell {
  return (pod, type, reason, message, container) => {
    const fieldPath = container === undefined ? undefined : containerPath(pod, container);
    events.event({ kind: PODS, object: pod, fieldPath }, type, reason, message);
  };
}

const LISTS = ['initContainers', 'ephemeralContainers', 'containers'] as const;

/** The pods of a template share their containers, and so many events about these name one part. */
const pathIn = Object.fromEntries(
  LISTS.map((list) => [list, oncePerObject(({ name }: Pick<Container, 'name'>) => `spec.${list}{${name}}`)]),
);

/** As events name the part of a pod that they are about. */
function containerPath({ spec }: Pod, name: string): string {
  for (const list of LISTS) {
    const container = spec[list]?.find((each) => each.name === name);
    if (container) return pathIn[list]!(container);
  }
  return `spec.containers{${name}}`;
}
