/** Makes pods run: a node in the API, one worker a pod, and one narrow port to whatever runs them. */
export { startKubelet, type Kubelet, type KubeletOptions } from './kubelet.ts';
export { KUBELET_VERSION, type NodeSpec } from './node.ts';
export { identityOf, isAlive, type ProcessIdentity } from './process/procfs.ts';
export { CRI_SOCKETS, criProblem, usedCriSocket } from './cri/find.ts';
export { criRuntime, type CriRuntimeOptions } from './cri/index.ts';
export { processRuntime, type ProcessRuntimeOptions } from './process/index.ts';
export { roomOf, type Room } from './pressure/room.ts';
export * from './runtime.ts';
export { FAKE_NODE, followFakeNodes, SIMULATED_CAPACITY } from './simulated/fakenodes.ts';
export { simulatedRuntime, type SimulatedRuntimeOptions } from './simulated/index.ts';
export type { ClusterDns } from './worker/sandboxspec.ts';
export { VOLUMES_ANNOTATION } from './worker/refusal.ts';
