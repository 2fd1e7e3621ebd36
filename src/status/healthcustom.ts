import { getPath } from '../model/index.ts';
import { conditionWhere, degraded, healthy, isUnobserved, progressing, wordsOf, type HealthRule } from './healthrule.ts';

/** Custom resources by what most of them agree on: `observedGeneration`, `Stalled`, `Reconciling` and `Ready`. */
export const customHealth: HealthRule = (object) => {
  if (getPath(object, ['status', 'observedGeneration']) !== undefined && isUnobserved(object))
    return progressing('the last change has not been taken up yet');
  const stalled = conditionWhere(object, 'Stalled', 'True');
  if (stalled) return degraded(wordsOf(stalled));
  const busy =
    conditionWhere(object, 'Reconciling', 'True') ?? conditionWhere(object, 'Ready', 'Unknown') ?? conditionWhere(object, 'Ready', 'False');
  return busy ? progressing(wordsOf(busy)) : healthy;
};
