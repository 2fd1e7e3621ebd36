import type { Millis } from '../../base/index.ts';
import type { Pod, Taint } from '../../model/index.ts';
import { tolerates } from '../taints.ts';

/** How long the pod may stay under these taints: 0 not at all, undefined for ever. The shortest of its tolerations counts. */
export function decideEviction({ spec }: Pod, taints: readonly Taint[]): Millis | undefined {
  const executing = taints.filter(({ effect }) => effect === 'NoExecute');
  let shortest = Infinity;
  for (const taint of executing) {
    const tolerations = (spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (tolerations.length === 0) return 0;
    for (const { tolerationSeconds } of tolerations) {
      if (tolerationSeconds !== undefined) shortest = Math.min(shortest, Math.max(0, tolerationSeconds));
    }
  }
  return shortest === Infinity ? undefined : shortest * 1000;
}
