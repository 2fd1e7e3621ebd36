import type { Clock } from '../../../base/index.ts';
import { parseTime } from '../../meta/index.ts';
import type { Container, ContainerStatus, Pod } from '../../types/index.ts';
import { since } from './columns.ts';

/** What `kubectl get pods` says of a pod in one word, its ready containers, and how often they were started again. */
interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

interface Counts {
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

export function summarizePod(pod: Pod, clock: Clock): PodSummary {
  const init = summarizeInit(pod);
  const isInitialized = !init.initializing || isTrue(pod, 'Initialized');
  const counts = isInitialized ? { ...init.sidecars, ready: init.started.ready } : init.started;
  let status = init.initializing ?? gatedReason(pod) ?? pod.status?.reason ?? pod.status?.phase ?? '';
  if (isInitialized) status = summarizeMain(pod, status, counts);
  if (pod.metadata.deletionTimestamp) status = deletedStatus(pod, status);
  return { ready: `${counts.ready}/${countable(pod).length}`, status, restarts: restartCell(counts, clock) };
}

const isSidecar = (container: Container) => container.restartPolicy === 'Always';
const countable = ({ spec }: Pod) => [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];

function isTrue(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function gatedReason(pod: Pod): string | undefined {
  return pod.status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')?.reason;
}

/** The first init container that is not done speaks for the pod; sidecars that run count as ready. */
function summarizeInit(pod: Pod): { initializing: string | undefined; started: Counts; sidecars: Counts } {
  const containers = pod.spec.initContainers ?? [];
  const started = noCounts();
  const sidecars = noCounts();
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = containers.some((container) => container.name === status.name && isSidecar(container));
    addRestarts(started, status);
    if (sidecar) addRestarts(sidecars, status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) started.ready++;
      continue;
    }
    return { initializing: initStatus(status, i, containers.length), started, sidecars };
  }
  return { initializing: undefined, started, sidecars };
}

function initStatus({ state }: ContainerStatus, place: number, total: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated) return `Init:${terminationText(terminated)}`;
  return waiting?.reason && waiting.reason !== 'PodInitializing' ? `Init:${waiting.reason}` : `Init:${place}/${total}`;
}

/** The first container that has something to say speaks for the pod, unless one that ended hides others that run. */
function summarizeMain(pod: Pod, before: string, counts: Counts): string {
  let status = before;
  let running = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    addRestarts(counts, container);
    const { waiting, terminated } = container.state ?? {};
    if (waiting?.reason) status = waiting.reason;
    else if (terminated) status = terminationText(terminated);
    else if (container.ready && container.state?.running) {
      running = true;
      counts.ready++;
    }
  }
  if (status !== 'Completed' || !running) return status;
  return isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
}

function terminationText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function deletedStatus(pod: Pod, status: string): string {
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? status : 'Terminating';
}

const noCounts = (): Counts => ({ ready: 0, restarts: 0, lastRestart: undefined });

function addRestarts(counts: Counts, { restartCount, lastState }: ContainerStatus): void {
  counts.restarts += restartCount;
  const ended = lastState?.terminated?.finishedAt;
  if (ended && (parseTime(ended) ?? 0) > (parseTime(counts.lastRestart) ?? 0)) counts.lastRestart = ended;
}

function restartCell({ restarts, lastRestart }: Counts, clock: Clock): string {
  return restarts > 0 && lastRestart ? `${restarts} (${since(lastRestart, clock)} ago)` : String(restarts);
}
