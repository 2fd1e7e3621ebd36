/** Bearer tokens: from a file, and those of service accounts, which this cluster signs. */
export * from './accounts.ts';
export * from './claims.ts';
export * from './key.ts';
export * from './known.ts';
export * from './openid.ts';
export * from './request.ts';
export * from './static.ts';
