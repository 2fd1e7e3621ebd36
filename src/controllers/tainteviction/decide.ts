import type { Millis } from '../../base/index.ts';
import { tolerates, type Pod, type Taint } from '../../model/index.ts';

/**
 * How long the pod may stay under these taints: 0 not at all, undefined for ever. Of each taint the first toleration that
 * fits it says so, and of them the shortest counts.
 */
export function decideEviction({ spec }: Pod, taints: readonly Taint[]): Millis | undefined {
  let shortest = Infinity;
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const toleration = spec.tolerations?.find((each) => tolerates(each, taint));
    if (!toleration) return 0;
    const { tolerationSeconds } = toleration;
    if (tolerationSeconds !== undefined) shortest = Math.min(shortest, Math.max(0, tolerationSeconds));
  }
  return shortest === Infinity ? undefined : shortest * 1000;
}
