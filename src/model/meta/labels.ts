import { StatusError } from '../../base/index.ts';

export type Labels = Readonly<Record<string, string>>;

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** All requirements must hold. No requirement at all matches everything. */
export type Selector = readonly Requirement[];

/** `metav1.LabelSelector`. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: Operator; readonly values?: readonly string[] }[];
}

export const EVERYTHING: Selector = [];

export function matches(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => holds(requirement, labels?.[requirement.key]));
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** A label selector that is absent selects nothing, an empty one everything: `undefined` stands for nothing. */
export function selectorFrom(selector: LabelSelector | undefined): Selector | undefined {
  if (!selector) return undefined;
  return [
    ...selectorFromLabels(selector.matchLabels ?? {}),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({ key, operator, values })),
  ];
}

export function selectorFromLabels(labels: Labels): Selector {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }));
}

/** As printed by `kubectl get -o wide`: `app=web,tier in (a,b),!old`. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.toSorted().join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.toSorted().join(',')})`;
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

const TERM =
  /^\s*(?:(?<not>!)\s*(?<absent>[^\s=!<>,()]+)|(?<key>[^\s=!<>,()]+)\s*(?:(?<equal>==?|!=)\s*(?<value>[^\s,()=!<>]*)|(?<order>[<>])\s*(?<number>-?\d+)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\))?)\s*$/;

/** Parses the `labelSelector` query parameter. */
export function parseSelector(text: string): Selector {
  if (text.trim() === '') return EVERYTHING;
  return splitOutsideParentheses(text).map((term) => {
    const found = TERM.exec(term)?.groups;
    if (!found) throw new StatusError('BadRequest', `unable to parse requirement: ${JSON.stringify(term.trim())} is not a label selector`);
    if (found['absent']) return { key: found['absent'], operator: 'DoesNotExist', values: [] };
    const key = found['key']!;
    if (found['equal']) return { key, operator: found['equal'] === '!=' ? 'NotIn' : 'In', values: [found['value'] ?? ''] };
    if (found['order']) return { key, operator: found['order'] === '>' ? 'Gt' : 'Lt', values: [found['number']!] };
    if (found['set']) {
      const values = found['values']!.split(',').map((value) => value.trim());
      return { key, operator: found['set'] === 'in' ? 'In' : 'NotIn', values };
    }
    return { key, operator: 'Exists', values: [] };
  });
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}
