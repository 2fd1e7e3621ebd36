import { NEVER_PROBED, type Condition, type Container, type Pod, type PodPhase } from '../../model/index.ts';
import { conditionOf, nextCondition, RESIZE_IN_PROGRESS, RESIZE_PENDING } from '../../status/index.ts';
import { isContainerReady, restartsAll, type Observed } from './observe.ts';
import { awaitsResize, type Refusal } from './resize.ts';
import { readySandbox, type PodView } from './view.ts';

type Answer = Omit<Condition, 'type' | 'lastTransitionTime'>;
type Answers = Readonly<Record<string, Answer>>;

const TRUE: Answer = { status: 'True' };
const FALSE: Answer = { status: 'False' };

/** The conditions that a kubelet owns, in its order, after those that only others own. */
export function podConditions(
  view: PodView,
  seen: Observed,
  facts: { readonly phase: PodPhase; readonly initialized: boolean; readonly refusal?: Refusal | undefined },
): readonly Condition[] {
  const containersReady = readyContainers(view, seen, facts.phase);
  const { doom } = view.memory;
  const answers: Answers = {
    ...resizeAnswers(seen, facts.refusal),
    ...(doom?.isDisrupted ? { DisruptionTarget: { status: 'True', reason: 'TerminationByKubelet', message: doom.message } } : {}),
    PodReadyToStartContainers: readySandbox(view) && !isEnded(facts.phase) ? TRUE : FALSE,
    Initialized: initialized(seen, facts, view),
    Ready: ready(view, containersReady),
    ContainersReady: containersReady,
    PodScheduled: TRUE,
    ...(mayRestartAll(view.pod) ? { [ALL_RESTARTING]: allRestarting(seen, facts.phase) } : undefined),
  };
  const old = view.pod.status?.conditions ?? [];
  const others = old.filter(({ type }) => !Object.hasOwn(answers, type) && type !== RESIZE_PENDING && type !== RESIZE_IN_PROGRESS);
  return [...others, ...Object.entries(answers).map(([type, said]) => answer(conditionOf(old, type), { type, ...said }, view))];
}

/** That all containers of a pod are ended, to be started anew; said only of pods that have a rule for it. */
export const ALL_RESTARTING = 'AllContainersRestarting';

function mayRestartAll({ spec: { containers, initContainers } }: Pod): boolean {
  const hasRule = ({ restartPolicyRules }: Container) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers');
  return containers.some(hasRule) || (initContainers?.some(hasRule) ?? false);
}

function allRestarting(seen: Observed, phase: PodPhase): Answer {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  if (!restartsAll(seen)) return FALSE;
  return { status: 'True', reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' };
}

function isEnded(phase: PodPhase): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function resizeAnswers({ inits, mains }: Observed, refusal: Refusal | undefined): Answers | undefined {
  const isResizing = mains.some(awaitsResize) || inits.some(awaitsResize);
  if (!isResizing) return refusal && { [RESIZE_PENDING]: { status: 'True', ...refusal } };
  const failures = [...inits, ...mains].filter(awaitsResize).flatMap(({ unresized }) => unresized?.message ?? []);
  return {
    ...(refusal ? { [RESIZE_PENDING]: { status: 'True', ...refusal } } : {}),
    [RESIZE_IN_PROGRESS]: failures.length > 0 ? { status: 'True', reason: 'Error', message: failures.join('; ') } : TRUE,
  };
}

function answer(old: Condition | undefined, said: Omit<Condition, 'lastTransitionTime'>, { pod, now }: PodView): Condition {
  const { generation } = pod.metadata;
  // Kubernetes says it of all its conditions but this one.
  const observed = generation === undefined || said.type === ALL_RESTARTING ? undefined : { observedGeneration: generation };
  return nextCondition(old, { ...NEVER_PROBED, ...observed, ...said }, now);
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
  const kept = inits.length > 0 ? [...inits.filter(({ role }) => role === 'sidecar'), ...mains] : mains;
  if (kept.every((each) => isContainerReady(each, view))) return TRUE;
  const stray = kept.find(({ probes }) => probes.wildcardPorts?.length);
  const unready = kept.filter((each) => !isContainerReady(each, view)).map(({ spec }) => spec.name);
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
  const missing = pod.spec.readinessGates?.filter(
    ({ conditionType }) => conditionOf(pod.status?.conditions, conditionType)?.status !== 'True',
  );
  if (!missing?.length) return TRUE;
  const messages = missing.map(({ conditionType }) => {
    const there = conditionOf(pod.status?.conditions, conditionType);
    return there
      ? `the status of pod readiness gate "${conditionType}" is not "True", but ${there.status}`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
