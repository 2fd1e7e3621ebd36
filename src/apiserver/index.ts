/** The Kubernetes API: verbs over the store, the HTTPS server in front of them, and the client that needs no HTTP. */
export * from './api.ts';
export { localClient, type LocalClientOptions } from './local/client.ts';
export { collectionOf, createApi, storeOptions, type ApiOptions } from './verbs/index.ts';
export { ensureBootstrapPolicy } from './access/index.ts';
export { keepFlowControl } from './flowcontrol/index.ts';
export { openMetrics } from './metrics/index.ts';
export { openGate, type Gate, type GateOptions } from './gate.ts';
export {
  ensureCertificates,
  ensureServerCertificate,
  ensureSigningKey,
  kubeconfigText,
  readStaticTokens,
  signCertificate,
  type Authenticate,
  type Authorize,
  type Certificates,
  type Identity,
  type KeyPair,
  type KnowsToken,
  type SigningKey,
} from './auth/index.ts';
export { webhookCaller } from './webhooks/index.ts';
export { startServer, type RunningServer, type ServerOptions, type VersionInfo } from './http/index.ts';
