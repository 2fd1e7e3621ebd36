import { EVERYTHING, NAMESPACES, selectorFrom, type Kind, type MatchResources } from '../../../model/index.ts';
import { isSelected, meantAs, type Question } from '../question.ts';
import type { Surroundings } from '../step.ts';

/** The kind as which a request is judged: another version of its own, where the rules name only that. Undefined where it is not meant. */
export function matchedKind(match: MatchResources, question: Question, around: Surroundings): Kind | undefined {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector, objectSelector } = match;
  const equivalents = () => around.sameObjects(question.kind);
  const kind = resourceRules.length === 0 ? question.kind : meantAs({ rules: resourceRules, matchPolicy }, question, equivalents);
  if (!kind || meantAs({ rules: excludeResourceRules, matchPolicy }, question, equivalents)) return undefined;
  const selectors = { namespaces: selectorFrom(namespaceSelector) ?? EVERYTHING, objects: selectorFrom(objectSelector) ?? EVERYTHING };
  return isSelected(selectors, question, (name) => around.find(NAMESPACES, name)?.metadata.labels) ? kind : undefined;
}
