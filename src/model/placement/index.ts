/** Which nodes a pod may be on, by what both say. */
export * from './affinity.ts';
export * from './ports.ts';
export * from './sysctls.ts';
export * from './taints.ts';
