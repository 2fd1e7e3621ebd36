/** What an object is: its metadata, its schema, its kinds. */
export * from './kinds/index.ts';
export * from './meta/index.ts';
export * from './placement/index.ts';
export * from './quota/index.ts';
export * from './schema/index.ts';
export * from './storage/index.ts';
export * from './types/index.ts';
