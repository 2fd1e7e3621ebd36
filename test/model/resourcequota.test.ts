import { expect, test } from 'vitest';
import { problemsOf } from './problems.ts';

const at = 'spec.scopeSelector.matchExpressions';
const selects = (scopeName: string, operator: string, values?: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values ? { values } : {}) }] },
});

test.each<[what: string, spec: object, expected: string[]]>([
  ['a scope that suits what it bounds', { hard: { pods: '1', cpu: '1' }, scopes: ['NotBestEffort'] }, []],
  [
    'a resource that nobody knows',
    { hard: { bogus: '1' } },
    [
      'spec.hard[bogus]: Invalid value: "bogus": must be a standard resource type or fully qualified',
      'spec.hard[bogus]: Invalid value: "bogus": must be a standard resource for quota',
    ],
  ],
  [
    'a scope in which that is not counted',
    { hard: { cpu: '1' }, scopes: ['BestEffort'] },
    ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  ],
  [
    'a selected scope in which that is not counted',
    { hard: { configmaps: '1' }, ...selects('PriorityClass', 'Exists') },
    [
      `${at}: Invalid value: {"matchExpressions":[{"scopeName":"PriorityClass","operator":"Exists"}]}: unsupported scope applied to resource`,
    ],
  ],
  ['a class by its name', { hard: { pods: '1' }, ...selects('PriorityClass', 'In', ['high']) }, []],
  [
    'a class by no name',
    { hard: { pods: '1' }, ...selects('PriorityClass', 'In') },
    [`${at}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`],
  ],
  [
    'names where none are compared',
    { hard: { pods: '1' }, ...selects('PriorityClass', 'Exists', ['high']) },
    [`${at}.values: Invalid value: ["high"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`],
  ],
  [
    'a scope that pods are in or not',
    { hard: { pods: '1' }, ...selects('BestEffort', 'DoesNotExist') },
    [
      `${at}.operator: Invalid value: "DoesNotExist": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
    ],
  ],
  [
    'scopes that exclude each other',
    { hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] },
    ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
  ],
])('a quota with %s', (_, spec, expected) => expect(problemsOf('ResourceQuota', spec)).toEqual(expected));
