/** What the client library's types do not say of the schema. Read by the generator only. */
export * from './defaults.ts';
export * from './enums.ts';
export * from './merging.ts';
export * from './packages.ts';
export * from './types.ts';
export * from './zeros.ts';
