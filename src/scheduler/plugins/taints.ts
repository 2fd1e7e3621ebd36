import { isTolerated, type Taint } from '../../model/index.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { Wants } from '../wants.ts';

const UNTOLERATED = refusal('none', 'node(s) had untolerated taint(s)');
const UNSCHEDULABLE = refusal('none', 'node(s) were unschedulable');
const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export function toleratesTaints({ tolerations }: Wants, { hardTaints }: NodeView): Verdict {
  for (const taint of hardTaints) if (!isTolerated(taint, tolerations)) return UNTOLERATED;
  return FITS;
}

export function isSchedulable({ tolerations }: Wants, { unschedulable }: NodeView): Verdict {
  return !unschedulable || isTolerated(CORDON, tolerations) ? FITS : UNSCHEDULABLE;
}

/** How many taints ask to keep this pod away if there is another node. */
export function unwelcome({ tolerations }: Wants, { softTaints }: NodeView): number {
  let count = 0;
  for (const taint of softTaints) if (!isTolerated(taint, tolerations)) count++;
  return count;
}
