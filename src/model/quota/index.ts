/** What objects take of a ResourceQuota: by which names, how much, and which quotas they concern. */
export * from './amounts.ts';
export * from './qos.ts';
export * from './scopes.ts';
export * from './usage.ts';
