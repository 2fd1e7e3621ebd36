/** Who asks, and whether they may: certificates, the administrator's kubeconfig, authentication, authorization. */
export * from './authenticate.ts';
export * from './authorize.ts';
export * from './certificates.ts';
export * from './kubeconfig.ts';
