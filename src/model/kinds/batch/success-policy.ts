import type { FieldPath } from '../../meta/index.ts';
import type { JobSpec } from '../../types/index.ts';
import { invalid, required, tooLong, tooMany, type FieldProblem } from '../../schema/problems.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { countOf, whyUnreadable } from './indexes.ts';

type Rule = NonNullable<JobSpec['successPolicy']>['rules'][number];

const MOST_RULES = 20;
const LONGEST_INDEXES = 64 * 1024;

/** When a job has succeeded before all of its indexes have. */
export function validateSuccessPolicy({ successPolicy, completionMode, completions = Infinity }: JobSpec, path: FieldPath): FieldProblem[] {
  if (!successPolicy) return [];
  if (completionMode !== 'Indexed') return [invalid(path, successPolicy, 'requires indexed completion mode')];
  const at = [...path, 'rules'];
  const { rules = [] } = successPolicy;
  return [
    ...(rules.length === 0 ? [required(at, 'at least one rules must be specified when the successPolicy is specified')] : []),
    ...(rules.length > MOST_RULES ? [tooMany(at, rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, i) => validateRule(rule, completions, [...at, i])),
  ];
}

function validateRule({ succeededIndexes: indexes, succeededCount: count }: Rule, completions: number, path: FieldPath): FieldProblem[] {
  if (indexes === undefined && count === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const why = indexes ? whyUnreadable(indexes, completions) : undefined;
  return [
    ...(indexes && indexes.length > LONGEST_INDEXES ? [tooLong([...path, 'succeededIndexes'], LONGEST_INDEXES)] : []),
    ...(why ? [invalid([...path, 'succeededIndexes'], indexes, `error parsing succeededIndexes: ${why}`)] : []),
    ...validateCount(count, completions, why || indexes === undefined ? undefined : countOf(indexes), [...path, 'succeededCount']),
  ];
}

function validateCount(count: number | undefined, completions: number, named: number | undefined, path: FieldPath): FieldProblem[] {
  const mostIs = (most: number, what: string) => invalid(path, count, `must be less than or equal to ${most} (the number of ${what})`);
  return [
    ...validateNotNegative(count, path),
    ...(count !== undefined && count > completions ? [mostIs(completions, 'specified completions')] : []),
    ...(count !== undefined && named !== undefined && count > named
      ? [mostIs(named, 'indexes in the specified succeededIndexes field')]
      : []),
  ];
}
