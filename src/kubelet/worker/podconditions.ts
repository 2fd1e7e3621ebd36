import type { Condition, PodPhase } from '../../model/index.ts';
import { conditionOf, withCondition } from '../../status/index.ts';
import { isContainerReady, type Observed } from './observe.ts';
import type { Doom, PodView } from './view.ts';

type Answer = Omit<Condition, 'type' | 'lastTransitionTime'>;

const TRUE: Answer = { status: 'True' };

/** The conditions that a kubelet owns, put among those that others own. */
export function podConditions(
  view: PodView,
  seen: Observed,
  facts: { readonly phase: PodPhase; readonly initialized: boolean },
): readonly Condition[] {
  const containersReady = readyContainers(view, seen, facts.phase);
  const answers: readonly (readonly [type: string, answer: Answer])[] = [
    ['PodReadyToStartContainers', view.runtime ? TRUE : { status: 'False' }],
    ['Initialized', initialized(seen, facts, view)],
    ['Ready', ready(view, containersReady)],
    ['ContainersReady', containersReady],
    ...disruption(view.memory.doom),
  ];
  const { generation } = view.pod.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  return answers.reduce<readonly Condition[]>(
    (conditions, [type, answer]) => withCondition(conditions, { type, ...observed, ...answer }, view.now),
    view.pod.status?.conditions ?? [],
  );
}

function disruption(doom: Doom | undefined): readonly (readonly [string, Answer])[] {
  if (!doom?.isPressing) return [];
  return [['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: doom.message }]];
}

function initialized({ inits }: Observed, facts: { readonly phase: PodPhase; readonly initialized: boolean }, view: PodView): Answer {
  if (facts.phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (facts.initialized) return TRUE;
  const incomplete = inits.filter((init) => !isContainerReady(init, view)).map(({ spec }) => spec.name);
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.join(' ')}]` };
}

function readyContainers(view: PodView, { inits, mains }: Observed, phase: PodPhase): Answer {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const kept = [...inits.filter(({ role }) => role === 'sidecar'), ...mains];
  const stray = kept.find(({ probes }) => probes.wildcardPorts?.length);
  const unready = kept.filter((each) => !isContainerReady(each, view)).map(({ spec }) => spec.name);
  if (unready.length === 0) return TRUE;
  const message = `containers with unready status: [${unready.join(' ')}]`;
  if (!stray) return { status: 'False', reason: 'ContainersNotReady', message };
  return {
    status: 'False',
    reason: 'ListensOnAllAddresses',
    message: `${message}: ${wildcardMessage(view, stray.spec.name, stray.probes.wildcardPorts!)}`,
  };
}

export function wildcardMessage({ runtime }: Pick<PodView, 'runtime'>, container: string, ports: readonly number[]): string {
  const ip = runtime?.sandbox.ip ?? 'its own';
  return `container ${container} listens on port ${ports.join(', ')} of all addresses, which keeps other pods from it: let it listen on its pod's address ${ip} ($POD_IP, $HOST)`;
}

function ready({ pod }: PodView, containersReady: Answer): Answer {
  if (containersReady.status !== 'True') return containersReady;
  const missing = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => conditionOf(pod.status?.conditions, conditionType)?.status !== 'True',
  );
  if (missing.length === 0) return TRUE;
  const messages = missing.map(({ conditionType }) => {
    const there = conditionOf(pod.status?.conditions, conditionType);
    return there
      ? `the status of pod readiness gate "${conditionType}" is not "True", but ${there.status}`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
