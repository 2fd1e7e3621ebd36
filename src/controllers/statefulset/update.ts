import { resolveCount, type Pod } from '../../model/index.ts';
import { isTerminating } from '../../status/index.ts';
import type { StatefulState } from './decide.ts';
import { revisionOf } from './identity.ts';
import { waitFor, type Member } from './members.ts';

/** Which outdated pods go next, the highest first. One that does not serve costs nothing. */
export function decideUpdate({ set, update, now }: StatefulState, wanted: readonly Member[]): readonly Pod[] {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const serves = (pod: Pod | undefined) => waitFor(set, pod, now) === 0;
  const allowed = Math.max(1, resolveCount(rollingUpdate?.maxUnavailable ?? 1, set.spec.replicas ?? 1, 'down'));
  let left = allowed - wanted.filter(({ pod }) => !serves(pod)).length;
  const chosen: Pod[] = [];
  for (const { pod } of wanted.slice(rollingUpdate?.partition ?? 0).toReversed()) {
    if (!pod || isTerminating(pod) || revisionOf(pod) === update) continue;
    if (!serves(pod)) chosen.push(pod);
    else if (left-- > 0) chosen.push(pod);
    else break;
  }
  return chosen;
}
