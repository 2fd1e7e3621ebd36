/** One file a kind: names, defaults, rules, columns. */
export { BUILT_IN_KINDS } from './built-in.ts';
export * from './kind.ts';
export * from './refusal.ts';
export * from './registry.ts';
