/** How things are: conditions, the readiness of pods, health by kind, and the events that tell people of it. */
export * from './conditions.ts';
export * from './events/index.ts';
export * from './health.ts';
export * from './pods.ts';
export * from './resize.ts';
