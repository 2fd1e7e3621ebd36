import { equalJson } from '../../../base/index.ts';
import type { FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, invalidWhole, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { ExemptLevel, LimitedLevel, PriorityLevel, Queuing } from '../../types/index.ts';
import { bootstrapLevels, MANDATORY } from './bootstrap.ts';

const EXEMPT = 'exempt';
const MOST_QUEUES = 10_000_000;
/** Of the hash by which a flow is dealt its queues. */
const HASH_BITS = 60;

export function validatePriorityLevel({ metadata: { name }, spec = {} }: PriorityLevel): FieldProblem[] {
  const { type = '', limited, exempt } = spec;
  const path = ['spec'];
  return [
    ...((name === EXEMPT) === (type === 'Exempt') ? [] : [invalid([...path, 'type'], type, "type must be 'Exempt' if and only if name is 'exempt'")]),
    ...validateType(type, { limited, exempt }, path),
    ...validateFixed(name, spec, path),
  ];
} // prettier-ignore

type Spec = NonNullable<PriorityLevel['spec']>;

function validateType(type: string, { limited, exempt }: Pick<Spec, 'limited' | 'exempt'>, path: FieldPath): FieldProblem[] {
  if (type === 'Exempt') {
    const wrong = limited ? [forbidden([...path, 'limited'], 'must be nil if the type is not Limited')] : [];
    return [...(exempt ? validateShares(exempt, [...path, 'exempt']) : []), ...wrong];
  }
  if (type !== 'Limited') return [notSupported([...path, 'type'], type, ['Exempt', 'Limited'])];
  return [
    ...(exempt ? [forbidden([...path, 'exempt'], 'must be nil if the type is Limited')] : []),
    ...(limited
      ? validateLimited(limited, [...path, 'limited'])
      : [required([...path, 'limited'], 'must not be empty when type is Limited')]),
  ];
}

function validateShares({ nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 }: ExemptLevel, path: FieldPath) {
  return [
    ...(shares < 0 ? [invalid([...path, 'nominalConcurrencyShares'], shares, 'must be a non-negative integer')] : []),
    ...(lendable < 0 || lendable > 100 ? [invalid([...path, 'lendablePercent'], lendable, 'must be between 0 and 100, inclusive')] : []),
  ];
}

function validateLimited(limited: LimitedLevel, path: FieldPath): FieldProblem[] {
  const { limitResponse: { type = '', queuing } = {}, borrowingLimitPercent: borrowed = 0 } = limited;
  const answer = [...path, 'limitResponse'];
  return [
    ...validateShares(limited, path),
    ...(borrowed < 0 ? [invalid([...path, 'borrowingLimitPercent'], borrowed, 'if specified, must be a non-negative integer')] : []),
    ...(type === 'Queue' || type === 'Reject' ? [] : [notSupported([...answer, 'type'], type, ['Queue', 'Reject'])]),
    ...(type === 'Reject' && queuing
      ? [forbidden([...answer, 'queuing'], 'must be nil if limited.limitResponse.type is not Limited')]
      : []),
    ...(type === 'Queue' && !queuing
      ? [required([...answer, 'queuing'], 'must not be empty if limited.limitResponse.type is Limited')]
      : []),
    ...(type === 'Queue' && queuing ? validateQueuing(queuing, [...answer, 'queuing']) : []),
  ];
}

function validateQueuing({ queues = 0, handSize: hand = 0, queueLengthLimit: length = 0 }: Queuing, path: FieldPath): FieldProblem[] {
  const bits = Math.ceil(Math.log2(queues) * hand);
  const handProblem =
    hand <= 0
      ? 'must be positive'
      : hand > queues
        ? `should not be greater than queues (${queues})`
        : bits > HASH_BITS
          ? `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${HASH_BITS}`
          : undefined;
  return [
    ...(length <= 0 ? [invalid([...path, 'queueLengthLimit'], length, 'must be positive')] : []),
    ...(queues <= 0 ? [invalid([...path, 'queues'], queues, 'must be positive')] : []),
    ...(queues > MOST_QUEUES ? [invalid([...path, 'queues'], queues, `must not be greater than ${MOST_QUEUES}`)] : []),
    ...(handProblem ? [invalid([...path, 'handSize'], hand, handProblem)] : []),
  ];
}

/** What the exempt level lends may be changed, and nothing else of the two. */
function validateFixed(name: string, spec: Spec, path: FieldPath): FieldProblem[] {
  const fixed = MANDATORY.includes(name) ? bootstrapLevels().find(({ metadata }) => metadata.name === name)?.spec : undefined;
  if (!fixed) return [];
  const isExempt = name === EXEMPT;
  const compared = isExempt ? { ...spec, exempt: fixed.exempt } : spec;
  const except = isExempt ? " except the 'spec.exempt' field" : '';
  return equalJson(compared, fixed) ? [] : [invalidWhole(path, `spec of '${name}'${except} must equal the fixed value`)];
}
