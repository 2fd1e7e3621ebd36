/** What Kubernetes calls structural: schemas that people write, whose objects are pruned, defaulted and judged by them. */
export * from './defaults.ts';
export * from './expand.ts';
export { FORMATS } from './formats.ts';
export { validateCustom } from './judge.ts';
export * from './lists.ts';
export * from './pattern.ts';
export * from './prune.ts';
