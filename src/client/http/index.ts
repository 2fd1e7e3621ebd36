/** The client port over HTTPS, and the configuration that says where to. */
export * from './client.ts';
export { loadKubeconfig, type Connection } from './kubeconfig.ts';
