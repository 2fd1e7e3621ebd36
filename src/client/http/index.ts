/** The client port over HTTPS, and the configuration that says where to. */
export * from './client.ts';
export type { Connection } from './connection.ts';
export { loadKubeconfig } from './kubeconfig.ts';
