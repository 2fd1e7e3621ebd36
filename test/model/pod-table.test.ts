import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import type { Container, ContainerStatus, Manifest, Pod, PodStatus } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

const POD = registry.byApiVersion('v1', 'Pod')!;
const clock = new ManualClock(Date.parse('2026-01-01T01:00:00Z'));

const running: ContainerStatus['state'] = { running: { startedAt: '2026-01-01T00:00:00Z' } };

function state(name: string, extra: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, image: 'i', imageID: '', ready: false, restartCount: 0, ...extra };
}

const up = (name: string, extra: Partial<ContainerStatus> = {}) => state(name, { ready: true, started: true, state: running, ...extra });
const container = (name: string, extra: Partial<Container> = {}): Container => ({ name, image: 'i', ...extra });
const ended = (exitCode: number, reason?: string) => ({
  terminated: { exitCode, ...(reason ? { reason } : {}), finishedAt: '2026-01-01T00:55:00Z' },
});

interface Case {
  readonly containers?: readonly Container[];
  readonly init?: readonly Container[];
  readonly status?: PodStatus;
  readonly deleted?: boolean;
}

function row({ containers = [container('a')], init, status, deleted }: Case): readonly unknown[] {
  const metadata = {
    name: 'p',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(deleted ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}),
  };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers, ...(init ? { initContainers: init } : {}) },
    ...(status ? { status } : {}),
  };
  return POD.row(pod as unknown as Manifest, clock);
}

describe('READY, STATUS and RESTARTS of a pod', () => {
  test.each<[name: string, given: Case, ready: string, status: string, restarts: string]>([
    ['not scheduled', { status: { phase: 'Pending' } }, '0/1', 'Pending', '0'],
    [
      'gated',
      { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
      '0/1',
      'SchedulingGated',
      '0',
    ],
    [
      'starting',
      { status: { phase: 'Pending', containerStatuses: [state('a', { state: { waiting: { reason: 'ContainerCreating' } } })] } },
      '0/1',
      'ContainerCreating',
      '0',
    ],
    ['running', { status: { phase: 'Running', containerStatuses: [up('a')] } }, '1/1', 'Running', '0'],
    ['running, not ready', { status: { phase: 'Running', containerStatuses: [up('a', { ready: false })] } }, '0/1', 'Running', '0'],
    [
      'one of two ready',
      {
        containers: [container('a'), container('b')],
        status: { phase: 'Running', containerStatuses: [up('a'), up('b', { ready: false })] },
      },
      '1/2',
      'Running',
      '0',
    ],
    [
      'restarted a while ago',
      { status: { phase: 'Running', containerStatuses: [up('a', { restartCount: 2, lastState: ended(1) })] } },
      '1/1',
      'Running',
      '2 (5m ago)',
    ],
    [
      'crashing',
      {
        status: {
          phase: 'Running',
          containerStatuses: [
            state('a', { restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended(1, 'Error') }),
          ],
        },
      },
      '0/1',
      'CrashLoopBackOff',
      '3 (5m ago)',
    ],
    [
      'done',
      { status: { phase: 'Succeeded', containerStatuses: [state('a', { state: ended(0, 'Completed') })] } },
      '0/1',
      'Completed',
      '0',
    ],
    ['failed', { status: { phase: 'Failed', containerStatuses: [state('a', { state: ended(1, 'Error') })] } }, '0/1', 'Error', '0'],
    [
      'failed without a reason',
      { status: { phase: 'Failed', containerStatuses: [state('a', { state: ended(3) })] } },
      '0/1',
      'ExitCode:3',
      '0',
    ],
    [
      'killed by a signal',
      { status: { phase: 'Failed', containerStatuses: [state('a', { state: { terminated: { exitCode: 137, signal: 9 } } })] } },
      '0/1',
      'Signal:9',
      '0',
    ],
    ['evicted', { status: { phase: 'Failed', reason: 'Evicted' } }, '0/1', 'Evicted', '0'],
    [
      'one done, one running and the pod ready',
      {
        containers: [container('a'), container('b')],
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [state('a', { state: ended(0, 'Completed') }), up('b')],
        },
      },
      '1/2',
      'Running',
      '0',
    ],
    [
      'one done, one running and the pod not ready',
      {
        containers: [container('a'), container('b')],
        status: { phase: 'Running', containerStatuses: [state('a', { state: ended(0, 'Completed') }), up('b')] },
      },
      '1/2',
      'NotReady',
      '0',
    ],
    ['being deleted', { deleted: true, status: { phase: 'Running', containerStatuses: [up('a')] } }, '1/1', 'Terminating', '0'],
    [
      'deleted after its end',
      { deleted: true, status: { phase: 'Succeeded', containerStatuses: [state('a', { state: ended(0, 'Completed') })] } },
      '0/1',
      'Completed',
      '0',
    ],
    [
      'deleted on a lost node',
      { deleted: true, status: { phase: 'Running', reason: 'NodeLost', containerStatuses: [up('a')] } },
      '1/1',
      'Unknown',
      '0',
    ],
    [
      'first init container runs',
      {
        init: [container('i'), container('j')],
        status: { phase: 'Pending', initContainerStatuses: [state('i', { state: running }), state('j')] },
      },
      '0/1',
      'Init:0/2',
      '0',
    ],
    [
      'second init container runs',
      {
        init: [container('i'), container('j')],
        status: { phase: 'Pending', initContainerStatuses: [state('i', { state: ended(0, 'Completed') }), state('j', { state: running })] },
      },
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'init container fails',
      {
        init: [container('i')],
        status: { phase: 'Pending', initContainerStatuses: [state('i', { restartCount: 1, state: ended(1, 'Error') })] },
      },
      '0/1',
      'Init:Error',
      '1',
    ],
    [
      'init container crashes',
      {
        init: [container('i')],
        status: {
          phase: 'Pending',
          initContainerStatuses: [state('i', { restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } })],
        },
      },
      '0/1',
      'Init:CrashLoopBackOff',
      '4',
    ],
    [
      'a sidecar counts',
      {
        init: [container('s', { restartPolicy: 'Always' })],
        status: {
          phase: 'Running',
          initContainerStatuses: [up('s', { restartCount: 1 })],
          containerStatuses: [up('a', { restartCount: 1 })],
        },
      },
      '2/2',
      'Running',
      '2',
    ],
    [
      'restarts of init containers that are done are forgotten',
      {
        init: [container('i')],
        status: {
          phase: 'Running',
          initContainerStatuses: [state('i', { restartCount: 5, state: ended(0, 'Completed') })],
          containerStatuses: [up('a')],
        },
      },
      '1/1',
      'Running',
      '0',
    ],
  ])('%s', (_, given, ready, status, restarts) => {
    expect(row(given).slice(1, 4)).toEqual([ready, status, restarts]);
  });
});

test('the wide columns name address, node and gates', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [container('a')], nodeName: 'n', readinessGates: [{ conditionType: 'x/open' }, { conditionType: 'x/shut' }] },
    status: { podIPs: [{ ip: '127.0.0.9' }], conditions: [{ type: 'x/open', status: 'True' }] },
  } as unknown as Manifest;
  expect(POD.row(pod, clock).slice(4)).toEqual(['<unknown>', '127.0.0.9', 'n', '<none>', '1/2']);
});
