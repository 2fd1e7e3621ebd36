/** The rules of placement, one subject a file: each is a function of a pod and a node. */
import { nodeFilter, type Plugins } from '../plugin.ts';
import { betweenLowestAndHighest, inProportionToHighest, leastIsBest, mostIsBest } from '../scale.ts';
import { prepareDevices } from './devices.ts';
import { prepareImages } from './images.ts';
import { isNamedNode, isPreferred, isSelected } from './nodes.ts';
import { prepareAffinity, prepareWishes } from './podaffinity.ts';
import { portsAreFree } from './ports.ts';
import { balancedAllocation, leastAllocated, resourcesFit } from './resources.ts';
import { prepareEvenness, prepareSpread } from './spread.ts';
import { isSchedulable, toleratesTaints, unwelcome } from './taints.ts';
import { prepareVolumeLimits } from './volumelimits.ts';
import { prepareVolumes } from './volumes.ts';

/** Kubernetes' plugins under their names, in its order and with its weights. */
export const DEFAULT_PLUGINS: Plugins = {
  filters: [
    nodeFilter('NodeUnschedulable', isSchedulable),
    nodeFilter('NodeName', isNamedNode, ({ nodeName }) => nodeName !== ''),
    nodeFilter('TaintToleration', toleratesTaints),
    nodeFilter('NodeAffinity', isSelected, (wants) => wants.nodeSelector.length > 0 || wants.requiredTerms !== undefined),
    nodeFilter('NodePorts', portsAreFree, (wants) => wants.hostPorts.length > 0),
    nodeFilter('NodeResourcesFit', resourcesFit),
    { name: 'NodeVolumeLimits', scope: 'cluster', prepare: prepareVolumeLimits },
    { name: 'VolumeBinding', scope: 'cluster', prepare: prepareVolumes },
    { name: 'PodTopologySpread', scope: 'cluster', prepare: prepareSpread },
    { name: 'InterPodAffinity', scope: 'cluster', prepare: prepareAffinity },
    { name: 'DynamicResources', scope: 'cluster', prepare: prepareDevices },
  ],
  scores: [
    {
      name: 'TaintToleration',
      scope: 'cluster',
      weight: 3,
      scale: leastIsBest,
      prepare: ({ wants }, _, nodes) =>
        nodes.some(({ softTaints }) => softTaints.length > 0) ? (node) => unwelcome(wants, node) : undefined,
    },
    {
      name: 'NodeAffinity',
      scope: 'cluster',
      weight: 2,
      scale: mostIsBest,
      prepare: (pod) => (pod.preferredTerms.length > 0 ? (node) => isPreferred(pod, node) : undefined),
    },
    { name: 'PodTopologySpread', scope: 'cluster', weight: 2, scale: inProportionToHighest, prepare: prepareEvenness },
    { name: 'InterPodAffinity', scope: 'cluster', weight: 2, scale: betweenLowestAndHighest, prepare: prepareWishes },
    { name: 'NodeResourcesFit', scope: 'node', weight: 1, prepare: (wants) => (node) => leastAllocated(wants, node) },
    {
      name: 'NodeResourcesBalancedAllocation',
      scope: 'node',
      weight: 1,
      prepare: (wants) => (wants.requests.cpu > 0 || wants.requests.memory > 0 ? (node) => balancedAllocation(wants, node) : undefined),
    },
    { name: 'ImageLocality', scope: 'cluster', weight: 1, prepare: prepareImages },
  ],
};
