import { dns1123Subdomain } from '../../meta/index.ts';
import { PODS, type Pod, type PodCondition, type PodStatus } from '../../types/index.ts';
import { AGE, ageOf, NAME, NONE, textColumn, wideColumn } from '../columns/columns.ts';
import { summarizePod } from '../columns/pod.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultPod } from '../defaulting/podspec.ts';
import { forbidden, type FieldProblem } from '../../schema/problems.ts';
import { validateImages } from '../rules/container.ts';
import { validateDeletionCost, validatePodSpec } from '../rules/podspec.ts';
import { nameWarnings, podWarnings } from '../rules/warnings.ts';
import { withOwnLabels } from './label-keys.ts';
import { EPHEMERAL_CONTAINERS } from './pod-debug.ts';
import { RESOURCES } from './pod-resize.ts';
import { validatePodUpdate } from './pod-update.ts';
import { qosClass } from '../../quota/index.ts';

export const POD = declareKind<Pod>({
  ref: PODS,
  schema: { definition: 'core.v1.Pod' },
  name: dns1123Subdomain,
  shortNames: ['po'],
  categories: ['all'],
  subresources: ['status', 'binding', 'eviction', 'log', 'exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers', 'resize'],
  statusKeeps: ['ownerReferences'],
  parts: { ephemeralcontainers: EPHEMERAL_CONTAINERS, resize: RESOURCES },
  defaults: (pod) => ({ ...pod, spec: defaultPod(pod.spec ?? {}) }),
  completeStatus: withTimes,
  prepareCreate: withOwnLabels,
  initialStatus: (pod): PodStatus => ({ phase: 'Pending', ...gated(pod), qosClass: qosClass(pod.spec) }),
  validate: (pod, old) => [
    ...validateDeletionCost(pod.metadata.annotations, ['metadata', 'annotations']),
    ...validatePodSpec(pod.spec, ['spec']),
    ...(['containers', 'initContainers'] as const).flatMap((list) => validateImages(pod.spec[list], ['spec', list])),
    ...(old ? validatePodUpdate(pod, old) : validateNewPod(pod)),
  ],
  warnings: (pod, old) => (old ? [] : [...nameWarnings(pod, "the Pod's hostname"), ...podWarnings(pod.spec, ['spec'])]),
  raisesGeneration: specChanged,
  columns: [
    NAME,
    ...['Ready', 'Status', 'Restarts'].map(textColumn),
    AGE,
    ...['IP', 'Node', 'Nominated Node', 'Readiness Gates'].map(wideColumn),
  ],
  row: (pod, clock) => {
    const { ready, status, restarts } = summarizePod(pod, clock);
    const ip = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP;
    const wide = [ip || NONE, pod.spec.nodeName || NONE, pod.status?.nominatedNodeName || NONE, readinessGates(pod)];
    return [pod.metadata.name, ready, status, restarts, ageOf(pod, clock), ...wide];
  },
  selectable: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.podIPs': ({ status }) => status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
});

/** What only comes later: containers to look inside, and a node where gates still hold it. */
function validateNewPod({ spec }: Pod): FieldProblem[] {
  return [
    ...(spec.ephemeralContainers?.length ? [forbidden(['spec', 'ephemeralContainers'], 'cannot be set on create')] : []),
    ...(spec.schedulingGates?.length && spec.nodeName
      ? [forbidden(['spec', 'nodeName'], 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}

/** Times of conditions that nobody said are null. */
function withTimes(pod: Pod): Pod {
  const conditions = pod.status?.conditions;
  if (!conditions || conditions.every(isTimed)) return pod;
  return { ...pod, status: { ...pod.status, conditions: conditions.map(timed) } };
}

const isTimed = ({ lastProbeTime, lastTransitionTime }: PodCondition) => lastProbeTime !== undefined && lastTransitionTime !== undefined;

function timed(condition: PodCondition): PodCondition {
  const { lastProbeTime = null, lastTransitionTime = null } = condition;
  return { ...condition, lastProbeTime, lastTransitionTime };
}

function gated({ spec }: Pod): Pick<PodStatus, 'conditions'> {
  if (!spec.schedulingGates?.length) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { conditions: [timed({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message })] };
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: is }) => type === conditionType && is === 'True'),
  );
  return `${open.length}/${gates.length}`;
}
