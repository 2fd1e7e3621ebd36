/** Custom resources: the kinds that definitions make, how their names are accepted, and what goes with a definition. */
export { acceptNames, CLEANUP_FINALIZER, condemn } from './accept.ts';
export { DEFINITIONS, followDefinitions } from './follow.ts';
export { hasRules, ruleEngine } from './has-rules.ts';
export { definitionWarnings } from './warnings.ts';
