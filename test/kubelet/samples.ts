import type { Container, ContainerStatus, Pod, PodSpec } from '../../src/model/index.ts';
import type { RunState, RuntimeContainer, RuntimeFeatures } from '../../src/kubelet/index.ts';
import type { PodView } from '../../src/kubelet/worker/view.ts';

export const NOW = Date.parse('2026-01-01T00:10:00Z');
const UID = 'u1';

export const PROCESS: RuntimeFeatures = { images: false, volumes: 'underRoot', network: true, sharedPorts: true };
export const CONTAINERS: RuntimeFeatures = { images: true, volumes: 'mounted', network: true, sharedPorts: false };

export const NOTHING_REMEMBERED: PodView['memory'] = {
  backoffs: new Map(),
  failures: new Map(),
  stopping: new Map(),
  warned: new Set(),
  hooks: new Map(),
  replaced: new Map(),
  reset: new Map(),
  sizes: new Map(),
  unresized: new Map(),
};

export function container(name: string, rest: Partial<Container> = {}): Container {
  return { name, image: `${name}:1`, command: [name], ...rest };
}

export function pod(spec: Partial<PodSpec> = {}, rest: { metadata?: Partial<Pod['metadata']>; status?: Pod['status'] } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'default', uid: UID, generation: 1, resourceVersion: '7', ...rest.metadata },
    spec: { nodeName: 'n1', containers: [container('web')], ...spec },
    status: rest.status ?? {},
  };
}

export function running(name = 'web', attempt = 0, secondsAgo = 60): RuntimeContainer {
  return at(name, attempt, { kind: 'running', startedAt: NOW - secondsAgo * 1000 });
}

export function exited(exitCode: number, name = 'web', attempt = 0, secondsAgo = 1): RuntimeContainer {
  return at(name, attempt, { kind: 'exited', startedAt: NOW - 60_000, finishedAt: NOW - secondsAgo * 1000, exitCode });
}

function at(name: string, attempt: number, state: RunState): RuntimeContainer {
  return { id: `${UID}/${name}/${attempt}`, podUid: UID, name, attempt, state };
}

export function view(of: Pod, containers: readonly RuntimeContainer[] | undefined, rest: Partial<PodView> = {}): PodView {
  return {
    pod: of,
    runtime: containers && { sandbox: { podUid: UID, namespace: 'default', name: 'web-1', ip: '127.64.0.9' }, containers },
    runtimeName: 'test',
    features: CONTAINERS,
    probes: () => ({}),
    memory: NOTHING_REMEMBERED,
    hostIP: '127.0.0.1',
    node: () => undefined,
    share: () => ({ allocatable: { cpu: '1', memory: '1Gi' }, others: [] }),
    now: NOW,
    ...rest,
  };
}

export function priorStatus(name: string, rest: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: '', imageID: '', ready: false, restartCount: 0, ...rest };
}
