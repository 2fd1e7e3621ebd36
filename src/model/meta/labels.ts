import { oncePerObject, ownMember } from '../../base/index.ts';

export type Labels = Readonly<Record<string, string>>;

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export interface Requirement {
  readonly key: string;
  /** Equality is printed otherwise than a set of one. */
  readonly operator: Operator | 'Equals' | 'NotEquals';
  readonly values: readonly string[];
}

/** All requirements must hold, in the order of their keys. No requirement at all matches everything. */
export type Selector = readonly Requirement[];

/** `metav1.LabelSelector`. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: Operator; readonly values?: readonly string[] }[];
}

export const EVERYTHING: Selector = [];

export function matches(selector: Selector, labels: Labels | undefined): boolean {
  for (const requirement of selector) if (!holds(requirement, ownMember(labels, requirement.key))) return false;
  return true;
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
    case 'Equals':
      return value !== undefined && values.includes(value);
    case 'NotIn':
    case 'NotEquals':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return isInteger(value) && Number(value) < Number(values[0]);
  }
}

const isInteger = (value: string | undefined) => value !== undefined && /^[-+]?\d+$/.test(value);

/** A label selector that is absent selects nothing, an empty one everything: `undefined` stands for nothing. */
export function selectorFrom(selector: LabelSelector | undefined): Selector | undefined {
  return selector && selectorOf(selector);
}

const selectorOf = oncePerObject(({ matchLabels, matchExpressions = [] }: LabelSelector): Selector =>
  byKey([
    ...(matchLabels ? selectorFromLabels(matchLabels) : EVERYTHING),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  ]),
);

export const selectorFromLabels = oncePerObject((labels: Labels): Selector =>
  byKey(Object.entries(labels).map(([key, value]) => ({ key, operator: 'Equals', values: [value] }))),
);

/** What keys alone stand for: to have the values that these labels have, or others. A key that they lack says nothing. */
export function keyRequirements(labels: Labels = {}, same: readonly string[] = [], other: readonly string[] = []) {
  const own = (keys: readonly string[], operator: 'In' | 'NotIn') =>
    keys.flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }]));
  return [...own(same, 'In'), ...own(other, 'NotIn')];
}

export function byKey(requirements: Selector): Selector {
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** As printed by `kubectl get -o wide`: `app=web,!old,tier in (a,b)`. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'Equals':
      return `${key}=${values[0]}`;
    case 'NotEquals':
      return `${key}!=${values[0]}`;
    case 'In':
      return `${key} in (${values.toSorted().join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.toSorted().join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]}`;
    case 'Lt':
      return `${key}<${values[0]}`;
  }
}
