import { NODES, type Labels, type Manifest, type Node, type Pod } from '../../model/index.ts';
import { newPod, type AdmissionStep, type Surroundings } from './step.ts';

const KEYS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod that is given to its node by a binding gets the labels there; this is for one that names its node itself. */
export const podTopologyLabels: AdmissionStep = {
  name: 'PodTopologyLabels',
  of: ['pods'],
  mutate: (request, around) => {
    const pod = newPod(request);
    return pod?.spec.nodeName ? (withTopology(pod, pod.spec.nodeName, around) as unknown as Manifest) : request.object;
  },
};

/** Its containers learn from its labels where it runs. */
export function withTopology(pod: Pod, nodeName: string, around: Surroundings): Pod {
  const labels = around.find<Node>(NODES, nodeName)?.metadata.labels ?? {};
  const known = KEYS.filter((key) => labels[key] !== undefined);
  if (known.length === 0) return pod;
  const found: Labels = Object.fromEntries(known.map((key) => [key, labels[key]!]));
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...found } } };
}
