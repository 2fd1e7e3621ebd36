import { equalJson, ownMember } from '../../../base/index.ts';
import { dns1123Subdomain, isWhole, mapKey, NO_QUANTITY, parseQuantity, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { RESOURCE_QUOTAS, type ResourceList, type ResourceQuota, type ScopeRequirement } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { resourceNameProblems } from '../rules/resources.ts';

type Spec = NonNullable<ResourceQuota['spec']>;

const SCOPES = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating', 'VolumeAttributesClass']; // prettier-ignore
const OPPOSED = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']]; // prettier-ignore

/** What can be counted, beside `count/KIND` and extended resources. */
const COUNTED =
  /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$|^requests\.storage$|^(pods|services|services\.(nodeports|loadbalancers)|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims)$|^(requests\.)?hugepages-.+$/;
/** These are whole things. */
const WHOLE =
  /^(pods|services|services\.(nodeports|loadbalancers)|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims)$|^count\//;
const COMPUTE = /^(pods|(requests\.|limits\.)?(cpu|memory|ephemeral-storage|hugepages-.+))$/;
/** What can be counted of pods that ask for nothing, and of claims of a class; of all other pods, everything that pods take. */
const COUNTED_IN: Readonly<Record<string, RegExp>> = {
  BestEffort: /^pods$/,
  VolumeAttributesClass: /^(persistentvolumeclaims|requests\.storage)$/,
};

export const RESOURCE_QUOTA = declareKind<ResourceQuota>({
  ref: RESOURCE_QUOTAS,
  schema: { definition: 'core.v1.ResourceQuota' },
  name: dns1123Subdomain,
  shortNames: ['quota'],
  subresources: ['status'],
  initialStatus: () => ({}),
  validate: ({ spec = {} }, old) => [
    ...validateAmounts(spec.hard, ['spec', 'hard']),
    ...validateScopes(spec),
    ...(old && !equalJson((spec.scopes ?? []).toSorted(), (old.spec?.scopes ?? []).toSorted())
      ? [invalid(['spec', 'scopes'], spec.scopes ?? null, 'field is immutable')]
      : []),
  ],
  columns: [NAME, ...['Request', 'Limit'].map(textColumn), AGE],
  row: (quota, clock) => [quota.metadata.name, usedCell(quota, false), usedCell(quota, true), ageOf(quota, clock)],
});

/** `pods: 3/10, requests.cpu: 1/4`. */
function usedCell({ status }: ResourceQuota, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).filter((name) => name.startsWith('limits.') === limits);
  return names
    .toSorted()
    .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${status?.hard?.[name]}`)
    .join(', ');
}

function validateAmounts(hard: ResourceList | undefined, path: FieldPath): FieldProblem[] {
  return Object.entries(hard ?? {}).flatMap(([name, amount]) => {
    const at = [...path, mapKey(name)];
    const quantity = parseQuantity(amount) ?? NO_QUANTITY;
    return [
      ...nameProblems(name).map((why) => invalid(at, name, why)),
      ...(quantity.nanos < 0n ? [invalid(at, amount, 'must be greater than or equal to 0')] : []),
      ...(WHOLE.test(name) && !isWhole(quantity) ? [invalid(at, amount, 'must be an integer')] : []),
    ];
  });
}

function nameProblems(name: string): readonly string[] {
  if (name.includes('/')) return qualifiedName(name);
  return COUNTED.test(name) ? [] : [...resourceNameProblems(name), 'must be a standard resource for quota'];
}

function validateScopes({ scopes = [], scopeSelector, hard = {} }: Spec): FieldProblem[] {
  const path = ['spec', 'scopes'];
  const selectorPath = ['spec', 'scopeSelector', 'matchExpressions'];
  const selected = scopeSelector?.matchExpressions ?? [];
  const names = Object.keys(hard).filter((name) => COUNTED.test(name));
  return [
    ...scopes.flatMap((scope) => validateScope(scope, names).map((why) => invalid(path, scopes, why))),
    ...conflicts(scopes).map((why) => invalid(path, scopes, why)),
    ...selected.flatMap((requirement) => validateRequirement(requirement, selectorPath)),
    ...selected.flatMap(({ scopeName }) => unfit(scopeName, names).map((why) => invalid(selectorPath, scopeSelector, why))),
    ...conflicts(selected.map(({ scopeName }) => scopeName)).map((why) => invalid(selectorPath, scopes, why)),
  ];
}

function validateScope(scope: string, names: readonly string[]): readonly string[] {
  return SCOPES.includes(scope) ? unfit(scope, names) : ['unsupported scope'];
}

/** Once for each resource that is not counted in the scope. */
function unfit(scope: string, names: readonly string[]): readonly string[] {
  if (!SCOPES.includes(scope)) return [];
  const counted = ownMember(COUNTED_IN, scope) ?? COMPUTE;
  return names.filter((name) => !counted.test(name)).map(() => 'unsupported scope applied to resource');
}

function conflicts(scopes: readonly string[]): readonly string[] {
  return OPPOSED.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() => 'conflicting scopes');
}

/** A pod is in one of these or not: there is nothing to compare. */
const PLAIN = SCOPES.filter((scope) => scope !== 'PriorityClass' && scope !== 'VolumeAttributesClass');
const NOT_PLAIN =
  "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateRequirement({ scopeName, operator, values = [] }: ScopeRequirement, path: FieldPath): FieldProblem[] {
  return [
    ...(SCOPES.includes(scopeName) ? [] : [invalid([...path, 'scopeName'], scopeName, 'unsupported scope')]),
    ...(PLAIN.includes(scopeName) && operator !== 'Exists' ? [invalid([...path, 'operator'], operator, NOT_PLAIN)] : []),
    ...validateValues(operator, values, path),
  ];
}

function validateValues(operator: string, values: readonly string[], path: FieldPath): FieldProblem[] {
  const at = [...path, 'values'];
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(at, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0 ? [] : [invalid(at, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")];
    default:
      return [invalid([...path, 'operator'], operator, 'not a valid selector operator')];
  }
} // prettier-ignore
