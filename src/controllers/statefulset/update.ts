import type { Pod } from '../../model/index.ts';
import { isTerminating } from '../../status/index.ts';
import type { StatefulState } from './decide.ts';
import { revisionOf } from './identity.ts';
import { waitFor, type Member } from './members.ts';

/** Which outdated pod goes next: the highest, once all above it serve. It need not serve itself, nor need those below it. */
export function decideUpdate({ set, update, now }: StatefulState, wanted: readonly Member[]): Pod | undefined {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return undefined;
  for (const { pod } of wanted.slice(rollingUpdate?.partition ?? 0).toReversed()) {
    if (pod && !isTerminating(pod) && revisionOf(pod) !== update) return pod;
    if (waitFor(set, pod, now) !== 0) return undefined;
  }
  return undefined;
}
