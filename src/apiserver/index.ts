/** The Kubernetes API: verbs over the store, the HTTPS server in front of them, and the client that needs no HTTP. */
export * from './api.ts';
export { localClient, type LocalClientOptions } from './local/client.ts';
export { createApi, storeOptions, type ApiOptions } from './verbs/index.ts';
export {
  ensureCertificates,
  kubeconfigText,
  type Authenticate,
  type Authorize,
  type Certificates,
  type Identity,
  type KeyPair,
} from './auth/index.ts';
export { startServer, type RunningServer, type ServerOptions, type VersionInfo } from './http/index.ts';
