/** What the objects of each kind look like, and how a client names the kind. */
export * from './apps.ts';
export * from './coordination.ts';
export * from './core.ts';
export * from './discovery.ts';
export * from './slipway.ts';
