/** What judges by rules in CEL: read with the first definition that has any. */
export { enforce } from './enforce.ts';
export { definitionRuleProblems } from './rule-problems.ts';
export { compileRules } from './rules.ts';
