import type { FieldPath } from '../../meta/index.ts';
import type { JobSpec } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';

const MOST_INDEXED = 100_000;
/** Of more indexes than that, where each has a limit of its own, fewer may run and fail. */
const LARGE = 100_000;
const MOST_OF_LARGE = 10_000;

/** How many indexes a job may run and lose: its status lists them. */
export function validateIndexLimits({ completionMode, completions, parallelism = 0, ...spec }: JobSpec, path: FieldPath): FieldProblem[] {
  const { backoffLimitPerIndex: limit, maxFailedIndexes: failed } = spec;
  const at = [...path, 'maxFailedIndexes'];
  const atMost = (field: string, value: number, most: number, where = '') =>
    value > most ? [invalid([...path, field], value, `must be less than or equal to ${most}${where}`)] : [];
  const needsLimit = failed !== undefined && limit === undefined ? [required([...path, 'backoffLimitPerIndex'], 'when maxFailedIndexes is specified')] : [];
  if (completionMode !== 'Indexed') {
    return [
      ...needsLimit,
      ...(limit === undefined ? [] : [invalid([...path, 'backoffLimitPerIndex'], limit, 'requires indexed completion mode')]),
      ...(failed === undefined ? [] : [invalid(at, failed, 'requires indexed completion mode')]),
    ];
  }
  const isLarge = completions !== undefined && completions > LARGE && limit !== undefined;
  const ofLarge = ` when completions are above ${LARGE} and used with backoff limit per index`;
  return [
    ...needsLimit,
    ...(completions === undefined ? [required([...path, 'completions'], 'when completion mode is Indexed')] : []),
    ...atMost('parallelism', parallelism, MOST_INDEXED, ' when completion mode is Indexed'),
    ...(failed !== undefined && completions !== undefined && failed > completions
      ? [invalid(at, failed, 'must be less than or equal to completions')]
      : []),
    ...atMost('maxFailedIndexes', failed ?? 0, MOST_INDEXED),
    ...(isLarge && failed === undefined ? [required(at, `must be specified when completions is above ${LARGE}`)] : []),
    ...(isLarge ? atMost('parallelism', parallelism, MOST_OF_LARGE, ofLarge) : []),
    ...(isLarge ? atMost('maxFailedIndexes', failed ?? 0, MOST_OF_LARGE, ofLarge) : []),
  ];
} // prettier-ignore
