import { seededRandom, silentLog } from '../../src/base/index.ts';
import { simulatedRuntime, startKubelet, type Kubelet, type KubeletOptions, type NodeSpec, type Runtime } from '../../src/kubelet/index.ts';
import type { ControlPlane } from '../tools/control-plane.ts';

export const NODE: NodeSpec = {
  name: 'n1',
  labels: { zone: 'a' },
  capacity: { cpu: '4', memory: '8Gi', pods: '110' },
  addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
};

/** A node of the control plane, on its clock. */
export function startNode(
  { trusted, clock }: ControlPlane,
  rest: Pick<KubeletOptions, 'scope' | 'runtime'> & Partial<KubeletOptions>,
): Promise<Kubelet> {
  return startKubelet({ client: trusted.as('kubelet'), node: NODE, clock, random: seededRandom(3), log: silentLog, ...rest });
}

export function simulatedOn({ clock }: ControlPlane): Runtime {
  return simulatedRuntime({ clock, random: seededRandom(2) });
}
