/** What the objects of each kind look like, and how a client names the kind. */
export * from './apiextensions.ts';
export * from './apps.ts';
export * from './autoscaling.ts';
export * from './batch.ts';
export * from './containers.ts';
export * from './coordination.ts';
export * from './core.ts';
export * from './discovery.ts';
export * from './events.ts';
export * from './limits.ts';
export * from './networking.ts';
export * from './placement.ts';
export * from './pods.ts';
export * from './rbac.ts';
export * from './reviews.ts';
export * from './slipway.ts';
export * from './volumes.ts';
