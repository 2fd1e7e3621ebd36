/** The rules of placement, one subject a file: each is a function of a pod and a node. */
import { nodeFilter, type Plugins } from '../plugin.ts';
import { betweenLowestAndHighest, inProportionToHighest, leastIsBest, mostIsBest } from '../scale.ts';
import { prepareImages } from './images.ts';
import { isNamedNode, isPreferred, isSelected } from './nodes.ts';
import { prepareAffinity, prepareWishes } from './podaffinity.ts';
import { portsAreFree } from './ports.ts';
import { balancedAllocation, leastAllocated, resourcesFit } from './resources.ts';
import { prepareEvenness, prepareSpread } from './spread.ts';
import { isSchedulable, toleratesTaints, unwelcome } from './taints.ts';
import { prepareVolumes } from './volumes.ts';

/** Kubernetes' plugins under their names, in its order and with its weights. */
export const DEFAULT_PLUGINS: Plugins = {
  filters: [
    nodeFilter('NodeUnschedulable', isSchedulable),
    nodeFilter('NodeName', isNamedNode, ({ pod }) => Boolean(pod.spec.nodeName)),
    nodeFilter('TaintToleration', toleratesTaints),
    nodeFilter('NodeAffinity', isSelected, (pod) => pod.nodeSelector.length > 0 || pod.requiredTerms !== undefined),
    nodeFilter('NodePorts', portsAreFree, (pod) => pod.hostPorts.length > 0),
    nodeFilter('NodeResourcesFit', resourcesFit),
    { name: 'VolumeBinding', scope: 'cluster', prepare: prepareVolumes },
    { name: 'PodTopologySpread', scope: 'cluster', prepare: prepareSpread },
    { name: 'InterPodAffinity', scope: 'cluster', prepare: prepareAffinity },
  ],
  scores: [
    {
      name: 'TaintToleration',
      weight: 3,
      scale: leastIsBest,
      prepare: (pod, _, nodes) => (nodes.some(({ softTaints }) => softTaints.length > 0) ? (node) => unwelcome(pod, node) : undefined),
    },
    {
      name: 'NodeAffinity',
      weight: 2,
      scale: mostIsBest,
      prepare: (pod) => (pod.preferredTerms.length > 0 ? (node) => isPreferred(pod, node) : undefined),
    },
    { name: 'PodTopologySpread', weight: 2, scale: inProportionToHighest, prepare: prepareEvenness },
    { name: 'InterPodAffinity', weight: 2, scale: betweenLowestAndHighest, prepare: prepareWishes },
    { name: 'NodeResourcesFit', weight: 1, prepare: (pod) => (node) => leastAllocated(pod, node) },
    {
      name: 'NodeResourcesBalancedAllocation',
      weight: 1,
      prepare: (pod) => (pod.requests.cpu > 0 || pod.requests.memory > 0 ? (node) => balancedAllocation(pod, node) : undefined),
    },
    { name: 'ImageLocality', weight: 1, prepare: prepareImages },
  ],
};
