import { dns1123Subdomain } from '../../meta/index.ts';
import { POD_DISRUPTION_BUDGETS, type PodDisruptionBudget } from '../../types/index.ts';
import { invalid, notSupported, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, countColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { validateAtMostAll, validateCountOrPercent } from '../rules/numbers.ts';
import { validateLabelSelector } from '../rules/selector.ts';
import { validateCounts } from '../rules/status.ts';

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];
const NOT_SET = 'N/A';

export const POD_DISRUPTION_BUDGET = declareKind<PodDisruptionBudget>({
  ref: POD_DISRUPTION_BUDGETS,
  schema: { definition: 'policy.v1.PodDisruptionBudget' },
  name: dns1123Subdomain,
  needsRevision: true,
  shortNames: ['pdb'],
  subresources: ['status'],
  initialStatus: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateStatus: ({ status }) => validateCounts(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  raisesGeneration: specChanged,
  columns: [NAME, ...['Min Available', 'Max Unavailable'].map(textColumn), countColumn('Allowed Disruptions'), AGE],
  row: (budget, clock) => {
    const { minAvailable = NOT_SET, maxUnavailable = NOT_SET } = budget.spec ?? {};
    const allowed = budget.status?.disruptionsAllowed ?? 0;
    return [budget.metadata.name, String(minAvailable), String(maxUnavailable), allowed, ageOf(budget, clock)];
  },
});

function validateSpec(spec: NonNullable<PodDisruptionBudget['spec']>): FieldProblem[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const path = ['spec'];
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalid(path, spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateCountOrPercent(minAvailable, [...path, 'minAvailable']),
    ...validateAtMostAll(minAvailable, [...path, 'minAvailable']),
    ...validateCountOrPercent(maxUnavailable, [...path, 'maxUnavailable']),
    ...validateAtMostAll(maxUnavailable, [...path, 'maxUnavailable']),
    ...validateLabelSelector(selector, [...path, 'selector']),
    ...(policy && !POLICIES.includes(policy) ? [notSupported([...path, 'unhealthyPodEvictionPolicy'], policy, POLICIES)] : []),
  ];
}
