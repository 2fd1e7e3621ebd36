import type { Millis } from '../../base/index.ts';
import { parseTime, type ContainerStatus, type Pod } from '../../model/index.ts';
import type { RunState, RuntimeContainer } from '../runtime.ts';

/** The containers of a pod as it was reported last: what is simulated leaves nothing else behind. */
export function reportedContainers({ metadata: { uid = '' }, status = {} }: Pod, now: Millis): readonly RuntimeContainer[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].flatMap((each) => {
    const state = stateOf(each, now);
    const { name, restartCount: attempt, image: asked } = each;
    return state ? [{ id: containerId(uid, name, attempt), podUid: uid, name, attempt, asked, state }] : [];
  });
}

export function containerId(podUid: string, name: string, attempt: number): string {
  return [podUid, name, attempt].join('/');
}

/** Undefined: it has not run yet. One that waits to run again has ended. */
function stateOf({ containerID, state, lastState }: ContainerStatus, now: Millis): RunState | undefined {
  if (!containerID) return undefined;
  if (state?.running) return { kind: 'running', startedAt: parseTime(state.running.startedAt) ?? now };
  const ended = state?.terminated ?? lastState?.terminated;
  if (!ended) return undefined;
  const { exitCode, reason, message } = ended;
  const finishedAt = parseTime(ended.finishedAt) ?? now;
  return { kind: 'exited', startedAt: parseTime(ended.startedAt) ?? finishedAt, finishedAt, exitCode, reason, message };
}
