import { mapKey, parseNanos, qualifiedName, quantityOf, type FieldPath } from '../../meta/index.ts';
import type { LimitRangeItem, ResourceList } from '../../types/index.ts';
import { duplicate, forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { containerResourceProblems, mayExceed, resourceNameProblems } from '../rules/resources.ts';

const TYPES = ['Container', 'PersistentVolumeClaim', 'Pod'];

type Part = 'max' | 'min' | 'default' | 'defaultRequest';

/** Each must not be above the next, and how Kubernetes says that it is: at the path of one part, with the amount of one. */
const ORDERED: readonly (readonly [below: Part, above: Part, blamed: Part, shown: Part, words: readonly [string, string]])[] = [
  ['min', 'max', 'min', 'min', ['min value', 'max value']],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', ['min value', 'default request value']],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', ['default request value', 'max value']],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', ['default request value', 'default limit value']],
  ['min', 'default', 'default', 'min', ['min value', 'default value']],
  ['default', 'max', 'default', 'max', ['default value', 'max value']],
];

export function validateLimits(items: readonly LimitRangeItem[]): FieldProblem[] {
  return items.flatMap((item, i) => {
    const path = ['spec', 'limits', i];
    const isRepeated = items.findIndex(({ type }) => type === item.type) < i;
    return [...typeProblems(item.type, [...path, 'type']), ...(isRepeated ? [duplicate([...path, 'type'], item.type)] : []), ...validateItem(item, path)];
  });
} // prettier-ignore

function typeProblems(type: string | undefined, path: FieldPath): FieldProblem[] {
  if (!type) return [required(path)];
  const problems = qualifiedName(type);
  const isKnown = type.includes('/') || TYPES.includes(type);
  return [...problems, ...(problems.length === 0 && !isKnown ? ['must be a standard limit type or fully qualified'] : [])].map((why) =>
    invalid(path, type, why),
  );
}

function validateItem(item: LimitRangeItem, path: FieldPath): FieldProblem[] {
  const { type, max, min, maxLimitRequestRatio: ratios } = item;
  const noDefaults = type === 'Pod' ? (['default', 'defaultRequest'] as const).filter((part) => item[part] !== undefined) : [];
  const isUnbounded = type === 'PersistentVolumeClaim' && max?.['storage'] === undefined && min?.['storage'] === undefined;
  return [
    ...(['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const).flatMap((part) =>
      Object.keys(item[part] ?? {}).flatMap((name) => namesOf(type)(name).map((why) => invalid([...path, part, mapKey(name)], name, why))),
    ),
    ...noDefaults.map((part) => forbidden([...path, part], "may not be specified when `type` is 'Pod'")),
    ...(isUnbounded
      ? [required([...path, 'limits'], 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...ORDERED.flatMap((rule) => validateOrder(item, rule, path)),
    ...validateRatios(ratios, max, min, [...path, 'maxLimitRequestRatio']),
    ...validateEqual(item, [...path, 'defaultRequest']),
  ];
}

const namesOf = (type: string) => (type === 'Container' || type === 'Pod' ? containerResourceProblems : resourceNameProblems);

/** What is shared out whole is asked for as it is limited. */
function validateEqual({ type, default: limits = {}, defaultRequest = {} }: LimitRangeItem, path: FieldPath): FieldProblem[] {
  if (type === 'Pod') return [];
  return Object.entries(defaultRequest).flatMap(([name, request]) => {
    const limit = limits[name];
    if (mayExceed(name) || limit === undefined || nanosOf(limit) === nanosOf(request)) return [];
    const why = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    return [invalid([...path, mapKey(name)], request, why)];
  });
}

const nanosOf = (amount: string) => parseNanos(amount) ?? 0n;

function validateOrder(
  item: LimitRangeItem,
  [below, above, blamed, shown, words]: (typeof ORDERED)[number],
  path: FieldPath,
): FieldProblem[] {
  return Object.entries(item[below] ?? {}).flatMap(([name, low]) => {
    const high = item[above]?.[name];
    if (high === undefined || nanosOf(low) <= nanosOf(high)) return [];
    const why = `${words[0]} ${low} is greater than ${words[1]} ${high}`;
    return [invalid([...path, blamed, mapKey(name)], item[shown]![name], why)];
  });
}

function validateRatios(ratios: ResourceList | undefined, max: ResourceList = {}, min: ResourceList = {}, path: FieldPath): FieldProblem[] {
  return Object.entries(ratios ?? {}).flatMap(([name, ratio]) => {
    const at = [...path, mapKey(name)];
    const [most, least] = [nanosOf(max[name] ?? '0'), nanosOf(min[name] ?? '0')];
    const widest = least > 0n ? Number(most) / Number(least) : Infinity;
    return [
      ...(nanosOf(ratio) < quantityOf(1).nanos ? [invalid(at, ratio, `ratio ${ratio} is less than 1`)] : []),
      ...(most > 0n && Number(nanosOf(ratio)) / 1e9 > widest
        ? [invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${widest.toFixed(6)}`)]
        : []),
    ];
  });
}
