/** Who may: role-based access control, as functions of the roles and bindings that the store holds. */
export { authorizeBy, rulesFor } from './authorizer.ts';
export { ensureBootstrapPolicy } from './bootstrap/ensure.ts';
export { guardGrants, type Guard } from './guard.ts';
export { guardSigners } from './signers.ts';
export { followPolicies, type Policies } from './policies.ts';
