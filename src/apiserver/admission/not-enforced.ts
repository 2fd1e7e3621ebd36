import { resourceName } from '../../model/index.ts';
import type { AdmissionStep } from './step.ts';

const FLOWS = 'all requests are treated alike';
const RANGES = "addresses are given out of the range of 'kubernetes' alone";

/** Objects that are kept for the day on which they are honoured. */
const STORED_ONLY: Readonly<Record<string, string>> = {
  'flowschemas.flowcontrol.apiserver.k8s.io': FLOWS,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': FLOWS,
  'servicecidrs.networking.k8s.io': RANGES,
};

/** Nobody may take a rule for enforced that is not. */
export const notEnforced: AdmissionStep = {
  name: 'NotEnforced',
  of: Object.keys(STORED_ONLY),
  judge: ({ kind, object, operation }) => {
    const why = operation === 'create' ? STORED_ONLY[resourceName(kind)] : undefined;
    return why ? [`${kind.kind} ${JSON.stringify(object.metadata.name)} is stored, but not enforced: ${why}`] : [];
  },
};
