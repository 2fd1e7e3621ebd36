import { agreesToNode, isTolerated, type DaemonSet, type Node } from '../../model/index.ts';
import { tolerationsOf } from './newpod.ts';

/** Whether a node gets a pod, and whether one that it has may stay. */
export interface Placement {
  readonly wants: boolean;
  readonly keeps: boolean;
}

/** What the node is by name, labels and taints; whether there is room is the scheduler's to say. */
export function placementOf({ spec }: DaemonSet, node: Node): Placement {
  const pod = spec.template.spec;
  const fits = (!pod.nodeName || pod.nodeName === node.metadata.name) && agreesToNode(pod, node);
  if (!fits) return { wants: false, keeps: false };
  const tolerations = tolerationsOf(pod);
  const untolerated = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations));
  return { wants: untolerated.length === 0, keeps: untolerated.every(({ effect }) => effect !== 'NoExecute') };
}
