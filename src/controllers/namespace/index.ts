/** Empties a namespace that is being deleted, and lets it go once nothing is left in it. */
export { namespaceController } from './controller.ts';
export { decideNamespaceStatus, type Remains } from './status.ts';
