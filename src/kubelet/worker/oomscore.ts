import { amountsOfPod, formatQuantity, NO_QUANTITY, qosClass, wholeUnits, type Container, type Pod } from '../../model/index.ts';

const NODE_CRITICAL = 'system-node-critical';

/** Of those that are to go last, and of those that go first. */
const LAST = -997;
const FIRST = 1000;
/** Whose memory lies between has a score between. */
const [LEAST, MOST] = [3, 999];

/** How soon the kernel ends a container when the machine has no memory left: the more it asked for, the later. */
export function oomScoreOf(pod: Pod, container: Container, machineBytes: number): number {
  const { spec } = pod;
  const quality = qosClass(spec);
  if (spec.priorityClassName === NODE_CRITICAL || quality === 'Guaranteed') return LAST;
  if (quality === 'BestEffort') return FIRST;
  // A sidecar goes no sooner than those for which it is there.
  const isSidecar = container.restartPolicy === 'Always' && spec.initContainers?.some(({ name }) => name === container.name);
  const own = isSidecar ? Math.max(askedBy(container), Math.min(...spec.containers.map(askedBy))) : askedBy(container);
  const score = FIRST - Math.floor((1000 * (own + shareOfRest(pod))) / machineBytes);
  return Math.min(MOST, Math.max(LEAST, score));
}

function askedBy({ resources }: Container): number {
  return wholeUnits(resources?.requests?.['memory']);
}

/** What a pod asks for as a whole beyond what its containers do is for all of them. */
function shareOfRest(pod: Pod): number {
  const { resources, containers, initContainers = [] } = pod.spec;
  const whole = wholeUnits(resources?.requests?.['memory']);
  if (whole === 0) return 0;
  const { resources: _, overhead: __, ...spec } = pod.spec;
  const asked = wholeUnits(formatQuantity(amountsOfPod({ ...pod, spec }, 'requests').get('memory') ?? NO_QUANTITY));
  return Math.floor((whole - asked) / (containers.length + initContainers.length));
}
