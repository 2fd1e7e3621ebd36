import type { ContainerStatus, Pod } from '../model/index.ts';
import { isReady } from './pods.ts';
import { degraded, healthy, progressing, type HealthRule } from './healthrule.ts';

/** A container that waits for one of these needs a person. */
const HOPELESS = new Set([
  'CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName', 'CreateContainerConfigError',
  'CreateContainerError', 'RunContainerError',
]); // prettier-ignore

export const podHealth: HealthRule = (object) => {
  const pod = object as unknown as Pod;
  const { phase = 'Pending', reason, message, containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  switch (phase) {
    case 'Succeeded':
      return healthy;
    case 'Failed':
      return degraded([reason, message].filter(Boolean).join(': ') || exitOf(containerStatuses) || 'failed');
    case 'Unknown':
      return { state: 'Unknown', message: 'its node does not answer' };
    case 'Pending':
    case 'Running':
      return hopelessOf([...initContainerStatuses, ...containerStatuses]) ?? (isReady(pod) ? healthy : progressing(waitingOf(pod)));
  }
};

function hopelessOf(statuses: readonly ContainerStatus[]) {
  const stuck = statuses.find(({ state }) => HOPELESS.has(state?.waiting?.reason ?? ''));
  if (!stuck) return undefined;
  const { reason, message } = stuck.state!.waiting!;
  return degraded(`container ${stuck.name}: ${[reason, message].filter(Boolean).join(': ')}${lastEndOf(stuck)}`);
}

/** A container that is started again and again says why only in how it ended last. */
function lastEndOf({ lastState }: ContainerStatus): string {
  const ended = lastState?.terminated;
  if (!ended) return '';
  const why = ended.message?.trimEnd() ?? (ended.reason === 'Error' ? undefined : ended.reason);
  return `; it ended with exit code ${ended.exitCode}${why ? `: ${why}` : ''}`;
}

function exitOf(statuses: readonly ContainerStatus[]): string | undefined {
  const ended = statuses.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return ended && `container ${ended.name} ended with exit code ${ended.state!.terminated!.exitCode}`;
}

function waitingOf(pod: Pod): string {
  const condition = pod.status?.conditions?.find(({ status, message }) => status === 'False' && message);
  return condition?.message ?? (pod.spec.nodeName ? 'is not ready' : 'waits for a node');
}
