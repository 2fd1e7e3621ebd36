/** Rolls a Deployment's pod template out over ReplicaSets, one per template, and back. */
export { deploymentController } from './controller.ts';
export { decideDeployment, type Decision, type Live } from './decide.ts';
export { templateHash } from './template.ts';
