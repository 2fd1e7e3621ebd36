import type { Kind, MatchResources } from '../../../model/index.ts';
import { isSelected, meantAs, type Question } from '../question.ts';
import type { Surroundings } from '../step.ts';

/** The kind as which a request is judged: another version of its own, where the rules name only that. Undefined where it is not meant. */
export function matchedKind(match: MatchResources, question: Question, around: Surroundings): Kind | undefined {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match;
  const kind = resourceRules.length === 0 ? question.kind : meantAs({ rules: resourceRules, matchPolicy }, question, around);
  if (!kind || meantAs({ rules: excludeResourceRules, matchPolicy }, question, around)) return undefined;
  return isSelected(match, question, around) ? kind : undefined;
}
