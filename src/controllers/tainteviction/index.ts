/** Deletes pods from nodes whose taints they do not tolerate, or do not tolerate any longer. */
export { taintEvictionController } from './controller.ts';
export { decideEviction } from './decide.ts';
