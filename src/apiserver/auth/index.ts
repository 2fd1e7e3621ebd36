/** Who asks: certificates, bearer tokens, acting in another's name; and how a refusal is worded. */
export * from './authenticate.ts';
export * from './authorize.ts';
export * from './certificates.ts';
export type { KeyPair } from './pairs.ts';
export * from './impersonate.ts';
export * from './kubeconfig.ts';
export * from './tokens/index.ts';
