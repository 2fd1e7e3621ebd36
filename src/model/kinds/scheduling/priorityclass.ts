import { dns1123Subdomain } from '../../meta/index.ts';
import { PRIORITY_CLASSES, type PriorityClass } from '../../types/index.ts';
import { forbidden, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, booleanColumn, countColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';

const POLICIES = ['Never', 'PreemptLowerPriority'];
const HIGHEST = 1_000_000_000;
/** What Kubernetes' own classes are called, and how much they weigh. */
export const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

export const PRIORITY_CLASS = declareKind<PriorityClass>({
  ref: PRIORITY_CLASSES,
  schema: { definition: 'scheduling.v1.PriorityClass' },
  name: dns1123Subdomain,
  shortNames: ['pc'],
  defaults: (kind) => ({ ...kind, value: kind.value ?? 0, preemptionPolicy: kind.preemptionPolicy ?? 'PreemptLowerPriority' }),
  validate: (kind, old) => [
    ...validateWeight(kind),
    ...validatePolicy(kind.preemptionPolicy),
    ...(old && old.value !== kind.value ? [forbidden(['value'], 'may not be changed in an update.')] : []),
    ...(old ? immutable(kind.preemptionPolicy, old.preemptionPolicy, ['preemptionPolicy']) : []),
  ],
  /** Nothing that counts can change. */
  raisesGeneration: () => false,
  columns: [NAME, countColumn('Value'), booleanColumn('Global-Default'), AGE, textColumn('PreemptionPolicy')],
  row: (kind, clock) => [kind.metadata.name, kind.value, kind.globalDefault ?? false, ageOf(kind, clock), kind.preemptionPolicy ?? ''],
});

function validateWeight({ metadata, value }: PriorityClass): FieldProblem[] {
  const { name = '' } = metadata;
  if (name.startsWith('system-')) {
    if (SYSTEM_PRIORITIES[name] === value) return [];
    return [forbidden(['metadata', 'name'], `priority class names with 'system-' prefix are reserved for system use only`)];
  }
  return value > HIGHEST ? [forbidden(['value'], `maximum allowed value of a user defined priority is ${HIGHEST}`)] : [];
}

function validatePolicy(policy: string | undefined): FieldProblem[] {
  if (!policy) return [required(['preemptionPolicy'])];
  return POLICIES.includes(policy) ? [] : [notSupported(['preemptionPolicy'], policy, POLICIES)];
}
