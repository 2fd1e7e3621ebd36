/** The API over HTTPS: from requests to verbs, and from what the verbs give to answers in Kubernetes' forms. */
export type { VersionInfo } from './backend.ts';
export * from './server.ts';
