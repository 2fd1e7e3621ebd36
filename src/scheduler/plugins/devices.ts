import { matchesTerm, type NodeView } from '../nodeview.ts';
import { FITS, nowhere, refusal, type Nowhere, type Verdict } from '../plugin.ts';
import type { PodView } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';
import { toTerm } from '../wants.ts';

const NOT_GIVEN = refusal('none', 'cannot allocate all claims');
const ELSEWHERE = refusal('none', 'resourceclaim not available on the node');

/** Where the devices are that the pod has. Nobody here hands any out: without them it runs nowhere. */
export function prepareDevices(pod: PodView, { surroundings }: Snapshot): ((node: NodeView) => Verdict) | Nowhere | undefined {
  if (pod.deviceClaims.length === 0) return undefined;
  const claims = [];
  for (const name of pod.deviceClaims) {
    if (name === undefined) return nowhere('ResourceClaim not created yet');
    const claim = surroundings.deviceClaim(pod.namespace, name);
    if (!claim) return nowhere(`resourceclaim.resource.k8s.io "${name}" not found`);
    claims.push(claim);
  }
  const isOurs = claims.every(({ status }) => status?.allocation && status.reservedFor?.some(({ uid }) => uid === pod.uid));
  if (!isOurs) return () => NOT_GIVEN;
  const reach = claims.map(({ status }) => status?.allocation?.nodeSelector?.nodeSelectorTerms.map(toTerm));
  return (node) => (reach.every((terms) => !terms || terms.some((term) => matchesTerm(term, node))) ? FITS : ELSEWHERE);
}
