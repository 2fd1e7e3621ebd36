import { sharing } from '../../base/index.ts';
import { NEVER_PROBED, type Condition, type Container, type Pod, type PodPhase } from '../../model/index.ts';
import { conditionOf, nextCondition, RESIZE_IN_PROGRESS, RESIZE_PENDING } from '../../status/index.ts';
import { isContainerReady, restartsAll, type Observed } from './observe.ts';
import { awaitsResize, type Refusal } from './resize.ts';
import { readySandbox, type PodView } from './view.ts';

type Answer = Omit<Condition, 'type' | 'lastTransitionTime'>;
type Answered = readonly [type: string, answer: Answer];

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
  const answers: Answered[] = resizeAnswers(seen, facts.refusal);
  if (doom?.isDisrupted) answers.push(['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: doom.message }]);
  answers.push(
    ['PodReadyToStartContainers', readySandbox(view) && !isEnded(facts.phase) ? TRUE : FALSE],
    ['Initialized', initialized(seen, facts, view)],
    ['Ready', ready(view, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', TRUE],
  );
  if (mayRestartAll(view.pod)) answers.push([ALL_RESTARTING, allRestarting(seen, facts.phase)]);
  const old = view.pod.status?.conditions ?? [];
  const isOwn = (type: string) => type === RESIZE_PENDING || type === RESIZE_IN_PROGRESS || answers.some(([own]) => own === type);
  const others = old.filter(({ type }) => !isOwn(type));
  return shared([...others, ...answers.map(([type, said]) => answer(conditionOf(old, type), type, said, view))]);
}

/** Pods that become ready in one second share what is said of it. */
const shared = sharing<readonly Condition[]>();

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

function resizeAnswers({ inits, mains }: Observed, refusal: Refusal | undefined): Answered[] {
  const answers: Answered[] = refusal ? [[RESIZE_PENDING, { status: 'True', ...refusal }]] : [];
  if (!mains.some(awaitsResize) && !inits.some(awaitsResize)) return answers;
  const failures = [...inits, ...mains].filter(awaitsResize).flatMap(({ unresized }) => unresized?.message ?? []);
  const failed: Answer = { status: 'True', reason: 'Error', message: failures.join('; ') };
  return [...answers, [RESIZE_IN_PROGRESS, failures.length > 0 ? failed : TRUE]];
}

function answer(old: Condition | undefined, type: string, said: Answer, { pod, now }: PodView): Condition {
  const { generation } = pod.metadata;
  // Kubernetes says it of all its conditions but this one.
  const isUnobserved = generation === undefined || type === ALL_RESTARTING;
  const beginning = isUnobserved ? NEVER_PROBED : { ...NEVER_PROBED, observedGeneration: generation };
  return nextCondition(old, { ...beginning, type, ...said }, now);
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
