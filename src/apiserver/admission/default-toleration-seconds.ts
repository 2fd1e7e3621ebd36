import type { Pod, Toleration } from '../../model/index.ts';
import { withSpec, type AdmissionStep } from './step.ts';

const SECONDS = 300;
const TROUBLES = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** A pod stays five minutes on a node that is in trouble, unless it says for how long. */
export const defaultTolerationSeconds: AdmissionStep = {
  name: 'DefaultTolerationSeconds',
  of: ['pods'],
  mutate: ({ object }) => {
    const { tolerations = [] } = (object as unknown as Pod).spec;
    const missing = TROUBLES.filter((key) => !tolerations.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return object;
    const added = missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }));
    return withSpec(object, { tolerations: [...tolerations, ...added] });
  },
};

function covers({ key, effect }: Toleration, trouble: string): boolean {
  return (!key || key === trouble) && (!effect || effect === 'NoExecute');
}
