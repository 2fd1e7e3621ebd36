import {
  MUTATING_WEBHOOK_CONFIGURATION,
  resourceName,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type WebhookConfiguration,
} from '../../model/index.ts';
import type { AdmissionStep } from './step.ts';

const FLOWS = 'all requests are treated alike';
const POLICIES = 'admission policies are not evaluated yet';
const RANGES = "addresses are given out of the range of 'kubernetes' alone";

/** Objects that are kept for the day on which they are honoured. */
const STORED_ONLY: Readonly<Record<string, string>> = {
  'mutatingadmissionpolicies.admissionregistration.k8s.io': POLICIES,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': POLICIES,
  'validatingadmissionpolicies.admissionregistration.k8s.io': POLICIES,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': POLICIES,
  'flowschemas.flowcontrol.apiserver.k8s.io': FLOWS,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': FLOWS,
  'servicecidrs.networking.k8s.io': RANGES,
};

/** Nobody may take a rule for enforced that is not. */
export const notEnforced: AdmissionStep = {
  name: 'NotEnforced',
  judge: ({ kind, object, operation }) => {
    if (WEBHOOKS.has(resourceName(kind))) return conditionWarnings(object as unknown as WebhookConfiguration);
    const why = operation === 'create' ? STORED_ONLY[resourceName(kind)] : undefined;
    return why ? [`${kind.kind} ${JSON.stringify(object.metadata.name)} is stored, but not enforced: ${why}`] : [];
  },
};

const WEBHOOKS: ReadonlySet<string> = new Set([MUTATING_WEBHOOK_CONFIGURATION, VALIDATING_WEBHOOK_CONFIGURATION].map(resourceName));

/** A webhook is asked rather too often than too rarely. */
function conditionWarnings({ webhooks = [] }: WebhookConfiguration): readonly string[] {
  return webhooks.flatMap(({ name, matchConditions = [] }) =>
    matchConditions.length > 0
      ? [`the matchConditions of ${JSON.stringify(name)} are stored, but not evaluated yet: it is asked about all that its rules mean`]
      : [],
  );
}
