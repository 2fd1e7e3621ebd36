/** What claims and volumes say of the storage that they want or are. */
export * from './binding.ts';
export * from './classes.ts';
