/** What judges by expressions in CEL: read with the first policy that is bound, and the first that is written. */
export { decide } from './decide.ts';
export { Mutations } from './mutate.ts';
export { mutatingPolicyProblems, policyProblems } from './problems.ts';
export { wantsToKnow, webhookProblems } from './webhooks.ts';
