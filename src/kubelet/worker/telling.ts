import { PODS, type Pod } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';

/** Tells of a pod, or of one of its containers. */
export type Tell = (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string) => void;

export function tellerOf(events: EventRecorder): Tell {
  return (pod, type, reason, message, container) => {
    const fieldPath = container === undefined ? undefined : containerPath(pod, container);
    events.event({ kind: PODS, object: pod, fieldPath }, type, reason, message);
  };
}

const BESIDE_MAINS = ['initContainers', 'ephemeralContainers'] as const;

/** As events name the part of a pod that they are about. */
function containerPath({ spec }: Pod, name: string): string {
  const list = BESIDE_MAINS.find((each) => spec[each]?.some((container) => container.name === name)) ?? 'containers';
  return `spec.${list}{${name}}`;
}
