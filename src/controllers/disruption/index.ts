/** Counts how many pods of a PodDisruptionBudget may be evicted now. */
export { disruptionController } from './controller.ts';
export { decideBudget, type BudgetDecision } from './decide.ts';
