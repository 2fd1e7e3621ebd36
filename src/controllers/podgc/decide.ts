import type { Node, Pod } from '../../model/index.ts';
import { isConditionTrue, isTerminal, isTerminating } from '../../status/index.ts';
import { compareTexts } from '../order.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Somebody vouches that nothing runs there any more. */
export function isOutOfService(node: Node | undefined): boolean {
  const isMarked = node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;
  return isMarked && !isConditionTrue(node?.status?.conditions, 'Ready');
}

/** It is to go, and there is nobody who would end it. */
export function isStuck(pod: Pod, nodeOf: (name: string) => Node | undefined): boolean {
  const { nodeName } = pod.spec;
  return isTerminating(pod) && (!nodeName || isOutOfService(nodeOf(nodeName)));
}

/** Of those that have ended, what is beyond the limit: first what was evicted, then the oldest. */
export function decideSurplus(pods: readonly Pod[], limit: number): readonly Pod[] {
  const ended = pods.filter(isTerminal);
  return ended.toSorted(compareLoss).slice(0, Math.max(0, ended.length - limit));
}

function compareLoss(a: Pod, b: Pod): number {
  const [left, right] = [a, b].map(({ status }) => Number(status?.reason === 'Evicted'));
  const byTime = compareTexts(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '');
  return right! - left! || byTime || compareTexts(a.metadata.name, b.metadata.name);
}
