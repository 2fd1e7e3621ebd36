import type { Taint, Toleration } from '../../model/index.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { Wants } from '../wants.ts';

const UNTOLERATED = refusal('none', 'node(s) had untolerated taint(s)');
const UNSCHEDULABLE = refusal('none', 'node(s) were unschedulable');
const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** An empty key tolerates every key, an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '');
}

function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}

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
