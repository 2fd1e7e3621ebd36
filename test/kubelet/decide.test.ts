import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../src/base/index.ts';
import type { ContainerStatus, PodStatus, VolumeMount } from '../../src/model/index.ts';
import type { RuntimeContainer } from '../../src/kubelet/index.ts';
import { decide, decideOrphan, type Action } from '../../src/kubelet/worker/decide.ts';
import { noticesOf } from '../../src/kubelet/worker/transitions.ts';
import type { PodView } from '../../src/kubelet/worker/view.ts';
import { container, CONTAINERS, exited, NOTHING_REMEMBERED, NOW, pod, priorStatus, PROCESS, running, view } from './samples.ts';

const PROBE = { tcpSocket: { port: 80 } };

/** Actions in a few words: `start web 0`, `stop web 30000 podDeleted`. */
function told(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    switch (action.do) {
      case 'sandbox':
      case 'volumes':
        return action.do;
      case 'start':
        return `start ${action.container} ${action.attempt}${action.backoff ? ` then ${action.backoff.delayMs}` : ''}`;
      case 'stop':
        return `stop ${action.container} ${action.forceAt - NOW} ${action.cause}${action.waits ? ', in its turn' : ''}`;
      case 'resize':
        return `resize ${action.container}`;
      case 'renew':
        return `renew ${[...action.ended.keys()].join(' ')}`;
      case 'remove':
        return `remove ${action.id}`;
    }
  });
}

const actionsOf = (of: PodView) => told(decide(deepFreeze(of)).actions);
const withMemory = (memory: Partial<PodView['memory']>) => ({
  memory: { ...NOTHING_REMEMBERED, ...memory },
});
const deletedAt = (secondsFromNow: number, deletionGracePeriodSeconds: number) => ({
  metadata: { deletionTimestamp: new Date(NOW + secondsFromNow * 1000).toISOString(), deletionGracePeriodSeconds },
});
const inits = { initContainers: [container('one'), container('two')] };
const sidecars = { initContainers: [container('log', { restartPolicy: 'Always' }), container('mesh', { restartPolicy: 'Always' })] };

const debugged = { ephemeralContainers: [container('debug')] };
const laid = { stale: false, renewAt: undefined };
const withVolume = { volumes: [{ name: 'tmp', emptyDir: {} }] };
const missing = { reason: 'ContainerCreating', message: 'configmap "x" not found', retryAt: NOW + 5000 };
const started = (secondsAgo: number) => ({ status: { startTime: new Date(NOW - secondsAgo * 1000).toISOString() } });
const hook = { lifecycle: { postStart: { exec: { command: ['x'] } } } };
const hooks = (state: 'running' | 'failed') => withMemory({ hooks: new Map([['u1/web/0', state]]) });
const onCode = (restartPolicy: 'Never' | 'OnFailure', ...values: number[]) =>
  container('web', { restartPolicy, restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values } }] });

const ALL_ANEW = {
  restartPolicy: 'Never' as const,
  initContainers: [container('one')],
  containers: [
    container('web', {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }],
    }),
    container('db'),
  ],
};
const LAST_ATTEMPTS = new Map([['one', 'u1/one/0'], ['web', 'u1/web/0'], ['db', 'u1/db/0']]); // prettier-ignore
const renewed = withMemory({ replaced: LAST_ATTEMPTS, reset: LAST_ATTEMPTS });

const ENDED_WELL = { exitCode: 0, reason: 'Completed', containerID: 'test://u1/web/1', finishedAt: '2026-01-01T00:05:00Z' };

/** The third attempt was the last that was reported. */
function lostStatus(phase: 'Running', rest: Partial<ContainerStatus> = {}) {
  const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  return {
    status: { phase, containerStatuses: [priorStatus('web', { containerID: 'test://u1/web/2', restartCount: 2, state, ...rest })] },
  };
}

const notStarted = (secondsAgo: number): RuntimeContainer => {
  const { state, ...ended } = exited(128, 'web', 1, secondsAgo);
  return { ...ended, state: { ...state, reason: 'StartError', message: 'no such file' } as RuntimeContainer['state'] };
};
const justRestarted = withMemory({ backoffs: new Map([['web', { delayMs: 10_000, since: NOW - 1000 }]]) });

describe('what is done', () => {
  test.each<[string, PodView, string[]]>([
    ['a new pod gets its sandbox first', view(pod(), undefined), ['sandbox']],
    ['then its containers', view(pod({ containers: [container('a'), container('b')] }), []), ['start a 0', 'start b 0']],
    ['a running one is left alone', view(pod(), [running()]), []],
    [
      'one that asks for all to be started anew ends the others',
      view(pod(ALL_ANEW), [exited(0, 'one'), exited(42), running('db')]),
      ['stop db 0 restartAll'],
    ],
    [
      'and when they have ended, all begins anew',
      view(pod(ALL_ANEW), [exited(0, 'one'), exited(42), exited(137, 'db')]),
      ['renew one web db'],
    ],
    [
      'with the first init container',
      view(pod(ALL_ANEW), [exited(0, 'one'), exited(42), exited(137, 'db')], renewed),
      ['start one 1 then 10000'],
    ],
    [
      'the others come when that has done',
      view(pod(ALL_ANEW), [exited(0, 'one'), exited(0, 'one', 1), exited(42), exited(137, 'db')], renewed),
      ['start web 1 then 10000', 'start db 1 then 10000'],
    ],
    ['another exit code asks for nothing', view(pod(ALL_ANEW), [exited(0, 'one'), exited(1), running('db')]), []],
    ['volumes are laid before anything starts', view(pod(withVolume), []), ['volumes']],
    ['and not again once they are there', view(pod(withVolume), [], withMemory({ volumes: laid })), ['start web 0']],
    ['a pod whose volumes are missing waits', view(pod(withVolume), [], withMemory({ volumes: missing })), []],
    ['and tries again when it is time', view(pod(withVolume), [], withMemory({ volumes: { ...missing, retryAt: NOW } })), ['volumes']],
    [
      'volumes whose sources changed are laid anew beside a running container',
      view(pod(withVolume), [running()], withMemory({ volumes: { ...laid, stale: true } })),
      ['volumes'],
    ],
    [
      'a token that runs out is renewed',
      view(pod(withVolume), [running()], withMemory({ volumes: { ...laid, renewAt: NOW } })),
      ['volumes'],
    ],
    [
      'the container after one with a postStart hook waits for it',
      view(pod({ containers: [container('web', hook), container('b')] }), [running()], hooks('running')),
      [],
    ],
    ['and starts when it has done', view(pod({ containers: [container('web', hook), container('b')] }), [running()]), ['start b 0']],
    ['an ephemeral container starts beside the others', view(pod(debugged), [running()]), ['start debug 0']],
    ['also before they have started', view(pod({ ...debugged, ...inits }), [running('one')]), ['start debug 0']],
    ['and only once', view(pod(debugged), [running(), exited(1, 'debug')]), []],
    [
      'it keeps no pod from its end',
      view(pod({ ...debugged, restartPolicy: 'Never' }), [exited(0), running('debug')]),
      ['stop debug 30000 podEnded'],
    ],
    [
      'and ends with it',
      view(pod(debugged, deletedAt(30, 30)), [running(), running('debug')]),
      ['stop web 30000 podDeleted', 'stop debug 30000 podDeleted'],
    ],
    ['a failed postStart hook stops its container', view(pod(), [running()], hooks('failed')), ['stop web 30000 postStartHook']],
    ['a pod past its deadline ends', view(pod({ activeDeadlineSeconds: 60 }, started(61)), [running()]), ['stop web 30000 podEnded']],
    ['and not before', view(pod({ activeDeadlineSeconds: 60 }, started(59)), [running()]), []],
    [
      'a container restarts by its own policy before its pod’s',
      view(pod({ restartPolicy: 'Never', containers: [container('web', { restartPolicy: 'Always' })] }), [exited(0)]),
      ['start web 1 then 10000'],
    ],
    [
      'a container of its own policy Never stays ended',
      view(pod({ containers: [container('web', { restartPolicy: 'Never' }), container('b')] }), [exited(1), running('b')]),
      [],
    ],
    [
      'an exit code restarts where a rule names it',
      view(pod({ containers: [onCode('Never', 42)] }), [exited(42)]),
      ['start web 1 then 10000'],
    ],
    ['and no other does', view(pod({ containers: [onCode('Never', 42), container('b')] }), [exited(41), running('b')]), []],
    ['Always restarts after success', view(pod(), [exited(0)]), ['start web 1 then 10000']],
    ['Always restarts after failure', view(pod(), [exited(1)]), ['start web 1 then 10000']],
    ['OnFailure restarts after failure', view(pod({ restartPolicy: 'OnFailure' }), [exited(1)]), ['start web 1 then 10000']],
    ['OnFailure does not restart after success', view(pod({ restartPolicy: 'OnFailure' }), [exited(0)]), []],
    ['Never does not restart', view(pod({ restartPolicy: 'Never' }), [exited(1)]), []],
    ['a pod that has ended is not begun again', view(pod({}, { status: { phase: 'Failed' } }), []), []],
    [
      'the attempt before the last is kept, older ones go',
      view(pod(), [exited(1, 'web', 0), exited(1, 'web', 1), running('web', 2)]),
      ['remove u1/web/0'],
    ],
    ['init containers come one', view(pod(inits), []), ['start one 0']],
    ['after another', view(pod(inits), [exited(0, 'one')]), ['start two 0']],
    ['and the others when all have succeeded', view(pod(inits), [exited(0, 'one'), exited(0, 'two')]), ['start web 0']],
    ['nothing goes on while one runs', view(pod(inits), [running('one')]), []],
    ['one that failed is tried again', view(pod(inits), [exited(1, 'one')]), ['start one 1 then 10000']],
    ['but not with Never', view(pod({ ...inits, restartPolicy: 'Never' }), [exited(1, 'one')]), []],
    ['once the main ones were there, init containers are over', view(pod(inits), [running('web')]), []],
    ['sidecars come one', view(pod(sidecars), []), ['start log 0']],
    ['after the other has started', view(pod(sidecars), [running('log')]), ['start mesh 0']],
    ['and the others beside them', view(pod(sidecars), [running('log'), running('mesh')]), ['start web 0']],
    [
      'a sidecar restarts even with Never',
      view(pod({ ...sidecars, restartPolicy: 'Never' }), [exited(0, 'log'), running('mesh'), running()]),
      ['start log 1 then 10000'],
    ],
    [
      'when the main ones have ended, sidecars stop, the last first',
      view(pod({ ...sidecars, restartPolicy: 'Never' }), [running('log'), running('mesh'), exited(0)]),
      ['stop mesh 30000 podEnded', 'stop log 30000 podEnded, in its turn'],
    ],
    [
      'a deleted pod stops its main containers with its grace',
      view(pod({}, deletedAt(30, 30)), [running()]),
      ['stop web 30000 podDeleted'],
    ],
    ['of which a part may have passed', view(pod({}, deletedAt(5, 30)), [running()]), ['stop web 6000 podDeleted']],
    ['without grace at once', view(pod({}, deletedAt(0, 0)), [running()]), ['stop web 0 podDeleted']],
    [
      'sidecars after them',
      view(pod(sidecars, deletedAt(30, 30)), [running('log'), running('mesh'), running()]),
      ['stop web 30000 podDeleted', 'stop log 30000 podDeleted, in its turn', 'stop mesh 30000 podDeleted, in its turn'],
    ],
    [
      'which are told once',
      view(pod(sidecars, deletedAt(30, 30)), [running('log'), running('mesh')], withMemory({ warned: new Set(['u1/log/0', 'u1/mesh/0']) })),
      ['stop mesh 30000 podDeleted'],
    ],
    [
      'and end together when there is no time left',
      view(pod(sidecars, deletedAt(-1, 30)), [running('log'), running('mesh')], withMemory({ warned: new Set(['u1/log/0']) })),
      ['stop log 0 podDeleted', 'stop mesh 0 podDeleted'],
    ],
    ['a deleted pod starts nothing', view(pod({}, deletedAt(30, 30)), undefined), []],
    [
      'a stop is not repeated',
      view(pod({}, deletedAt(30, 30)), [running()], withMemory({ stopping: new Map([['u1/web/0', NOW + 30_000]]) })),
      [],
    ],
    [
      'unless it can be sooner',
      view(pod({}, deletedAt(2, 2)), [running()], withMemory({ stopping: new Map([['u1/web/0', NOW + 20_000]]) })),
      ['stop web 2000 podDeleted'],
    ],
    [
      'a failed liveness probe stops the container',
      view(pod(), [running()], { probes: () => ({ liveness: false }) }),
      ['stop web 30000 livenessProbe'],
    ],
    ['a failed startup probe too', view(pod(), [running()], { probes: () => ({ startup: false }) }), ['stop web 30000 startupProbe']],
    [
      'with the grace of the probe',
      view(pod({ containers: [container('web', { livenessProbe: { ...PROBE, terminationGracePeriodSeconds: 3 } })] }), [running()], {
        probes: () => ({ liveness: false }),
      }),
      ['stop web 3000 livenessProbe'],
    ],
    [
      'a start that failed waits for its time',
      view(pod(), [], withMemory({ failures: new Map([['web', { reason: 'X', message: '', retryAt: NOW + 1 }]]) })),
      [],
    ],
    [
      'and is tried again',
      view(pod(), [], withMemory({ failures: new Map([['web', { reason: 'X', message: '', retryAt: NOW }]]) })),
      ['start web 0'],
    ],
    [
      'a process without a command waits',
      view(pod({ containers: [container('web', { command: [] })] }), undefined, { features: PROCESS }),
      [],
    ],
    [
      'what was reported running and is lost is restarted as the next attempt',
      view(pod({}, lostStatus('Running')), []),
      ['start web 3 then 10000'],
    ],
    ['and with Never it is not', view(pod({ restartPolicy: 'Never' }, lostStatus('Running')), []), []],
    [
      'also where the attempt before it is still known',
      view(pod({}, lostStatus('Running')), [exited(1, 'web', 1)]),
      ['start web 3 then 10000'],
    ],
    [
      'how the attempt before it ended says nothing of it',
      view(pod({ restartPolicy: 'OnFailure' }, lostStatus('Running', { lastState: { terminated: ENDED_WELL } })), []),
      ['start web 3 then 10000'],
    ],
    [
      'what was reported ended and is lost has ended as it was reported',
      view(pod({ restartPolicy: 'OnFailure' }, lostStatus('Running', { state: { terminated: ENDED_WELL } })), []),
      [],
    ],
  ])('%s', (_name, of, actions) => {
    expect(actionsOf(of)).toEqual(actions);
  });

  test.each([
    ['the second restart waits 10 s', { delayMs: 10_000, since: NOW - 2000 }, [], 9000],
    ['and when that is over doubles it', { delayMs: 10_000, since: NOW - 60_000 }, ['start web 1 then 20000'], undefined],
    ['up to 5 minutes', { delayMs: 300_000, since: NOW - 400_000 }, ['start web 1 then 300000'], undefined],
    ['ten minutes of running are forgiven', { delayMs: 300_000, since: NOW - 602_000 }, ['start web 1 then 10000'], undefined],
  ])('back-off: %s', (name, backoff, actions, dueIn) => {
    const ended = name.startsWith('the second') || name.startsWith('ten') ? 1 : 301;
    const decision = decide(view(pod(), [exited(1, 'web', 0, ended)], withMemory({ backoffs: new Map([['web', backoff]]) })));
    expect(told(decision.actions)).toEqual(actions);
    expect(decision.dueAt && decision.dueAt - NOW).toBe(dueIn);
  });

  test('a pod that nobody asks for is stopped, and then removed', () => {
    const sandbox = { podUid: 'u1', namespace: 'default', name: 'web-1', ip: '127.64.0.9' };
    expect(decideOrphan({ sandbox, containers: [running(), exited(0, 'other')] }, new Map())).toEqual({
      stop: [{ id: 'u1/web/0', graceMs: 2000 }],
      remove: false,
    });
    expect(decideOrphan({ sandbox, containers: [running()] }, new Map([['u1/web/0', NOW]]))).toEqual({ stop: [], remove: false });
    expect(decideOrphan({ sandbox, containers: [exited(0)] }, new Map())).toEqual({ stop: [], remove: true });
  });
});

describe('what is reported', () => {
  const report = (of: PodView) => decide(deepFreeze(of)).status();
  const conditions = ({ conditions: all = [] }: PodStatus) =>
    Object.fromEntries(all.map(({ type, status, reason }) => [type, reason ? `${status} ${reason}` : status]));
  const state = ({ containerStatuses = [] }: PodStatus) => {
    const [kind, value] = Object.entries(containerStatuses[0]?.state ?? {})[0]!;
    return `${kind} ${(value as { reason?: string }).reason ?? ''}`.trim();
  };

  test.each<[string, PodView, string, string, string, string]>([
    ['before its sandbox', view(pod(), undefined), 'Pending', 'waiting ContainerCreating', 'False ContainersNotReady', 'True'],
    [
      'before its init containers are done',
      view(pod(inits), []),
      'Pending',
      'waiting PodInitializing',
      'False ContainersNotReady',
      'False ContainersNotInitialized',
    ],
    ['running', view(pod(), [running()]), 'Running', 'running', 'True', 'True'],
    [
      'while only some have started',
      view(pod({ containers: [container('web'), container('x')] }), [running()]),
      'Pending',
      'running',
      'False ContainersNotReady',
      'True',
    ],
    [
      'between two runs',
      view(pod(), [exited(1)], withMemory({ backoffs: new Map([['web', { delayMs: 10_000, since: NOW - 2000 }]]) })),
      'Running',
      'waiting CrashLoopBackOff',
      'False ContainersNotReady',
      'True',
    ],
    [
      'shortly after a start that failed',
      view(pod(), [notStarted(0.5)], justRestarted),
      'Running',
      'waiting RunContainerError',
      'False ContainersNotReady',
      'True',
    ],
    [
      'a while after a start that failed',
      view(pod(), [notStarted(1)], justRestarted),
      'Running',
      'waiting CrashLoopBackOff',
      'False ContainersNotReady',
      'True',
    ],
    [
      'when all have succeeded',
      view(pod({ restartPolicy: 'Never' }), [exited(0)]),
      'Succeeded',
      'terminated Completed',
      'False PodCompleted',
      'True PodCompleted',
    ],
    [
      'when all have succeeded, while a sidecar still runs',
      view(pod({ ...sidecars, restartPolicy: 'Never' }), [running('log'), exited(0)]),
      'Running',
      'terminated Completed',
      'False ContainersNotReady',
      'True',
    ],
    ['when one has failed', view(pod({ restartPolicy: 'Never' }), [exited(2)]), 'Failed', 'terminated Error', 'False PodFailed', 'True'],
    [
      'when an init container has failed for good',
      view(pod({ ...inits, restartPolicy: 'Never' }), [exited(2, 'one')]),
      'Failed',
      'waiting PodInitializing',
      'False PodFailed',
      'False ContainersNotInitialized',
    ],
    ['while it is being deleted', view(pod({}, deletedAt(30, 30)), [running()]), 'Running', 'running', 'True', 'True'],
    ['deleted and stopped', view(pod({}, deletedAt(30, 30)), [exited(143)]), 'Failed', 'terminated Error', 'False PodFailed', 'True'],
    [
      'without a command for a process',
      view(pod({ containers: [container('web', { command: [] })] }), undefined, { features: PROCESS }),
      'Pending',
      'waiting CreateContainerConfigError',
      'False ContainersNotReady',
      'True',
    ],
    [
      'with mounts where there are none',
      view(pod({ containers: [container('web', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })] }), undefined, { features: PROCESS }),
      'Pending',
      'waiting VolumeMountsNotSupported',
      'False ContainersNotReady',
      'True',
    ],
    [
      'before its startup probe has passed',
      view(pod({ containers: [container('web', { startupProbe: PROBE })] }), [running()]),
      'Running',
      'running',
      'False ContainersNotReady',
      'True',
    ],
    [
      'before its readiness probe has passed',
      view(pod({ containers: [container('web', { readinessProbe: PROBE })] }), [running()]),
      'Running',
      'running',
      'False ContainersNotReady',
      'True',
    ],
    [
      'after it',
      view(pod({ containers: [container('web', { readinessProbe: PROBE })] }), [running()], { probes: () => ({ readiness: true }) }),
      'Running',
      'running',
      'True',
      'True',
    ],
    [
      'where nothing can be asked',
      view(pod({ containers: [container('web', { readinessProbe: PROBE })] }), [running()], { features: { ...PROCESS, network: false } }),
      'Running',
      'running',
      'True',
      'True',
    ],
    [
      'listening on all addresses',
      view(pod(), [running()], { probes: () => ({ wildcardPorts: [80] }) }),
      'Running',
      'running',
      'False ListensOnAllAddresses',
      'True',
    ],
    [
      'with a readiness gate that nobody opened',
      view(pod({ readinessGates: [{ conditionType: 'x/y' }] }), [running()]),
      'Running',
      'running',
      'False ReadinessGatesNotReady',
      'True',
    ],
  ])('a pod %s', (_name, of, phase, first, ready, initialized) => {
    const status = report(of);
    expect([status.phase, state(status), conditions(status)['Ready'], conditions(status)['Initialized']]).toEqual([
      phase,
      first,
      ready,
      initialized,
    ]);
  });

  test('it keeps what others have written', () => {
    const status: PodStatus = {
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: 'x' },
        { type: 'example.com/gate', status: 'False', lastTransitionTime: 'y' },
      ],
      qosClass: 'BestEffort',
      nominatedNodeName: 'n1',
    };
    const next = report(view(pod({}, { status }), [running()]));
    expect(next.conditions?.[0]).toBe(status.conditions![1]);
    expect(next.conditions?.at(-1)).toMatchObject({ type: 'PodScheduled', lastTransitionTime: 'x' });
    expect(next.qosClass).toBe('BestEffort');
    expect(next.nominatedNodeName).toBeUndefined();
  });

  test('its own conditions stand in the order in which `kubectl describe` shows them, each said never to have been probed', () => {
    const { conditions = [] } = report(view(pod(), [running()]));
    expect(conditions.map(({ type }) => type)).toEqual([
      'PodReadyToStartContainers',
      'Initialized',
      'Ready',
      'ContainersReady',
      'PodScheduled',
    ]);
    expect(conditions.every(({ lastProbeTime }) => lastProbeTime === null)).toBe(true);
  });

  test('reporting the same again changes nothing', () => {
    const first = report(view(pod(), [running()]));
    const later = report(view(pod({}, { status: first }), [running()], { now: NOW + 3_600_000 }));
    expect(later).toEqual(first);
  });

  test('a container that crashed tells of its last run', () => {
    const [status] = report(view(pod(), [exited(3, 'web', 0), running('web', 1)])).containerStatuses!;
    expect(status).toMatchObject({
      restartCount: 1,
      containerID: 'test://u1/web/1',
      state: { running: { startedAt: '2026-01-01T00:09:00Z' } },
      lastState: { terminated: { exitCode: 3, reason: 'Error', finishedAt: '2026-01-01T00:09:59Z', containerID: 'test://u1/web/0' } },
    });
  });

  test('a container’s mounts are told of, and whether what lies below them is read only', () => {
    const volumeMounts: VolumeMount[] = [
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', readOnly: true },
      { name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'IfPossible' },
    ];
    const told = (recursiveReadOnly: boolean) => {
      const features = { ...CONTAINERS, recursiveReadOnly };
      return report(view(pod({ containers: [container('web', { volumeMounts })] }), [], { features })).containerStatuses?.[0]?.volumeMounts;
    };
    const [a, b, c] = [
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', readOnly: true, recursiveReadOnly: 'Disabled' },
      { name: 'c', mountPath: '/c', readOnly: true, recursiveReadOnly: 'Disabled' },
    ];
    expect(told(false)).toEqual([a, b, c]);
    expect(told(true)).toEqual([a, b, { ...c, recursiveReadOnly: 'Enabled' }]);
  });

  test('back-off is told in Kubernetes’ words', () => {
    const status = report(view(pod(), [exited(1)], withMemory({ backoffs: new Map([['web', { delayMs: 80_000, since: NOW - 2000 }]]) })));
    expect(status.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'back-off 1m20s restarting failed container=web pod=web-1_default(u1)',
    );
  });

  test('readiness is kept over a restart of the daemon until a probe says otherwise', () => {
    const spec = { containers: [container('web', { readinessProbe: PROBE })] };
    const status = { containerStatuses: [priorStatus('web', { ready: true, started: true, containerID: 'test://u1/web/0' })] };
    const ready = (probed: { readiness?: boolean }, attempt = 0) =>
      report(view(pod(spec, { status }), [running('web', attempt)], { probes: () => probed })).containerStatuses?.[0]?.ready;
    expect([ready({}), ready({ readiness: false }), ready({}, 1)]).toEqual([true, false, false]);
  });

  test('finished is said only of a deleted pod whose containers have ended', () => {
    expect(decide(view(pod({}, deletedAt(30, 30)), [running()])).finished).toBe(false);
    expect(decide(view(pod({}, deletedAt(30, 30)), [exited(0)])).finished).toBe(true);
    expect(decide(view(pod({ restartPolicy: 'Never' }), [exited(0)])).finished).toBe(false);
  });
});

describe('what its containers can start in', () => {
  test.each<[string, PodView, 'True' | 'False', string | undefined]>([
    ['is not there before the sandbox', view(pod(), undefined), 'False', undefined],
    ['is the sandbox where there are no volumes', view(pod(), []), 'True', '127.64.0.9'],
    ['waits until somebody has looked at the volumes', view(pod(withVolume), []), 'False', undefined],
    ['waits for volumes that are missing', view(pod(withVolume), [], withMemory({ volumes: missing })), 'False', undefined],
    ['has its address once they are laid', view(pod(withVolume), [], withMemory({ volumes: laid })), 'True', '127.64.0.9'],
    ['stays when they go missing later', view(pod(withVolume), [running()], withMemory({ volumes: missing })), 'True', '127.64.0.9'],
    ['is given up when the pod has ended', view(pod({ restartPolicy: 'Never' }), [exited(0)]), 'False', '127.64.0.9'],
    ['stays while a new kubelet looks at them', view(pod(withVolume), [running()]), 'True', '127.64.0.9'],
  ])('%s', (_, of, ready, podIP) => {
    const status = decide(deepFreeze(of)).status();
    expect(status.conditions?.find(({ type }) => type === 'PodReadyToStartContainers')?.status).toBe(ready);
    expect(status.podIP).toBe(podIP);
  });
});

describe('a pod that has to end before its time', () => {
  const late = pod({ activeDeadlineSeconds: 60 }, started(61));

  test('has failed with the reason once nothing of it runs, also when all went well', () => {
    expect(decide(view(late, [exited(0)])).status()).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(decide(view(late, [running()])).status().reason).toBeUndefined();
  });

  test('has no time where the node must be rid of it, and only a pod without a fault is told as disrupted', () => {
    const doom = { reason: 'Evicted', message: 'too much', isPressing: true };
    const driven = (more: object) => decide(view(pod(), [running()], withMemory({ doom: { ...doom, ...more } })));
    expect(told(driven({}).actions)).toEqual(['stop web 1000 podEnded']);
    const disrupted = (of: ReturnType<typeof driven>) => of.status().conditions?.some(({ type }) => type === 'DisruptionTarget');
    expect([disrupted(driven({})), disrupted(driven({ isDisrupted: true }))]).toEqual([false, true]);
  });

  test('is as it ended where it ended by itself before', () => {
    const doom = { reason: 'Evicted', message: 'Usage of EmptyDir volume "tmp" exceeds the limit "5Mi". ' };
    const done = pod({ restartPolicy: 'Never' }, { status: { phase: 'Succeeded' } });
    const { phase, reason } = decide(view(done, [exited(0)], withMemory({ doom }))).status();
    expect({ phase, reason }).toEqual({ phase: 'Succeeded', reason: undefined });
  });

  test('is looked at again at its deadline', () => {
    expect(decide(view(pod({ activeDeadlineSeconds: 60 }, started(20)), [running()])).dueAt).toBe(NOW + 40_000);
    expect(decide(view(pod({ activeDeadlineSeconds: 60 }), [running()])).dueAt).toBe(NOW + 60_000);
  });
});

describe('a pod that wants no groups but its own', () => {
  const strict = pod({ securityContext: { supplementalGroupsPolicy: 'Strict' } });
  const begun = (strictGroups?: boolean) => {
    const features = { ...CONTAINERS, ...(strictGroups === undefined ? {} : { strictGroups }) };
    const { actions, status } = decide(view(strict, undefined, { features }));
    return [told(actions), status().reason];
  };

  test('is begun where the runtime can do that, and rejected elsewhere', () => {
    expect(begun(true)).toEqual([['sandbox'], undefined]);
    expect(begun(false)).toEqual([[], 'SupplementalGroupsPolicyNotSupported']);
    expect(begun()).toEqual([[], 'SupplementalGroupsPolicyNotSupported']);
  });
});

describe('a container whose postStart hook runs', () => {
  const { containerStatuses, phase } = decide(view(pod({ containers: [container('web', hook)] }), [running()], hooks('running'))).status();

  test('is being created, and its pod is pending', () => {
    expect(phase).toBe('Pending');
    expect(containerStatuses).toMatchObject([{ ready: false, started: false, state: { waiting: { reason: 'ContainerCreating' } } }]);
  });
});

describe('a pod that has lost what its containers share', () => {
  const broken = (of: Parameters<typeof view>[0], containers: Parameters<typeof view>[1]) => {
    const seen = view(of, containers);
    return { ...seen, runtime: seen.runtime && { ...seen.runtime, broken: true } };
  };

  test.each([
    ['running', [running()]],
    ['about to start anew', [exited(1)]],
  ] as const)('gets it anew where something is %s', (_, containers) => {
    expect(actionsOf(broken(pod(), containers))).toEqual(['sandbox']);
  });

  test('is left as it is where nothing is to run again', () => {
    expect(actionsOf(broken(pod({ restartPolicy: 'Never' }), [exited(0)]))).toEqual([]);
  });
});

describe('a container that the runtime has lost', () => {
  const unknown = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:10:00Z',
    containerID: 'test://u1/web/2',
  };
  const reported = (...of: Parameters<typeof view>) => decide(deepFreeze(view(...of))).status().containerStatuses![0]!;

  test.each<[string, Parameters<typeof view>, object]>([
    [
      'and that is not run again is told as ended',
      [pod({ restartPolicy: 'Never' }, lostStatus('Running')), []],
      { restartCount: 2, state: { terminated: unknown } },
    ],
    [
      'and that runs again already is its last state',
      [pod({}, lostStatus('Running')), [running('web', 3)]],
      { restartCount: 3, lastState: { terminated: unknown } },
    ],
    [
      'is told before an older attempt that the runtime still knows',
      [pod({}, lostStatus('Running')), [exited(1, 'web', 1), running('web', 3)]],
      { restartCount: 3, lastState: { terminated: unknown } },
    ],
    [
      'is told before an older attempt that was reported',
      [pod({}, lostStatus('Running', { lastState: { terminated: ENDED_WELL } })), [running('web', 3)]],
      { restartCount: 3, lastState: { terminated: unknown } },
    ],
    [
      'is told as it was reported to have ended',
      [pod({}, lostStatus('Running', { containerID: 'test://u1/web/1', state: { terminated: ENDED_WELL } })), [running('web', 2)]],
      { restartCount: 2, lastState: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:05:00Z' } } },
    ],
  ])('%s', (_name, of, status) => {
    expect(reported(...of)).toMatchObject(status);
  });
});

test.each([
  [1, 4096],
  [4, 3072],
  [12, 1024],
])('of %i containers each leaves a last word of at most %i bytes', (count, most) => {
  const names = Array.from({ length: count }, (_, i) => `c${i}`);
  const ended = names.map((name) => ({ ...exited(1, name), state: { ...exited(1, name).state, message: 'x'.repeat(4096) } }));
  const { containerStatuses = [] } = decide(
    view(pod({ restartPolicy: 'Never', containers: names.map((name) => container(name)) }), ended),
  ).status();
  expect(containerStatuses.map(({ state }) => state?.terminated?.message?.length)).toEqual(names.map(() => most));
});

test('a container whose image is on its way is not started, and shows what went wrong with it before', () => {
  const failure = { reason: 'ImagePullBackOff', message: 'Back-off', retryAt: 0 };
  const pulling = withMemory({ pulling: new Set(['web']), failures: new Map([['web', failure]]) });
  const { actions, status } = decide(view(pod(), [], pulling));
  expect(actions).toEqual([]);
  expect(status().containerStatuses).toMatchObject([{ state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } } }]);
});

describe('a pod that begins anew', () => {
  const reset = { exitCode: 137, reason: 'RestartingAllContainers' };
  const allEnded = [exited(0, 'one'), exited(42), exited(137, 'db')];
  const statusOf = (...of: Parameters<typeof view>) => decide(deepFreeze(view(...of))).status();
  const restarting = (status: PodStatus) => status.conditions?.find(({ type }) => type === 'AllContainersRestarting');

  test('says so while its containers end', () => {
    expect(restarting(statusOf(pod(ALL_ANEW), [exited(0, 'one'), running(), running('db')]))).toMatchObject({ status: 'False' });
    expect(restarting(statusOf(pod(ALL_ANEW), [exited(0, 'one'), exited(42), running('db')]))).toMatchObject({
      status: 'True',
      reason: 'RestartAllContainersStarted',
      message: 'container exited with restart policy rule',
    });
    expect(restarting(statusOf(pod(ALL_ANEW), allEnded, renewed))).toMatchObject({ status: 'False' });
    expect(restarting(statusOf(pod(), [running()]))).toBeUndefined();
  });

  test('says it, unlike all else, of no generation', () => {
    const { conditions } = statusOf({ ...pod(ALL_ANEW), metadata: { ...pod().metadata, generation: 2 } }, [running()]);
    const ofNone = conditions?.filter(({ observedGeneration }) => observedGeneration === undefined);
    expect(ofNone?.map(({ type }) => type)).toEqual(['AllContainersRestarting']);
  });

  test('shows how the one ended that asked for it, and not that it waits', () => {
    const backedOff = withMemory({ backoffs: new Map([['web', { delayMs: 10_000, since: NOW - 5000 }]]) });
    const status = statusOf(pod(ALL_ANEW), [exited(0, 'one', 1), exited(42, 'web', 1), running('db', 1)], backedOff);
    expect(status.containerStatuses?.[1]?.state).toMatchObject({ terminated: { exitCode: 42 } });
  });

  test('counts what is to start as restarted, and says why the last attempts ended', () => {
    const waiting = { state: { waiting: { reason: 'RestartingAllContainers' } }, lastState: { terminated: reset }, restartCount: 1 };
    expect(statusOf(pod(ALL_ANEW), allEnded, renewed)).toMatchObject({
      initContainerStatuses: [waiting],
      containerStatuses: [waiting, waiting],
    });
  });

  test('is no failure that people are told of', () => {
    expect(noticesOf(pod(ALL_ANEW), statusOf(pod(ALL_ANEW), allEnded, renewed))).toEqual([]);
  });

  test('says so of attempts that run, also when the daemon has been started anew', () => {
    const now = [exited(0, 'one', 1), ...allEnded, running('web', 1), running('db', 1)];
    const started = { state: { running: {} }, lastState: { terminated: reset }, restartCount: 1 };
    const status = statusOf(pod(ALL_ANEW), now, renewed);
    expect(status.containerStatuses).toMatchObject([started, started]);
    expect(statusOf(pod(ALL_ANEW, { status }), now).containerStatuses).toMatchObject([started, started]);
  });

  test('leaves what waited for a new start anyway with its own end', () => {
    const waited = priorStatus('db', { state: { waiting: { reason: 'CrashLoopBackOff' } } });
    const [renewal] = decide(view(pod(ALL_ANEW, { status: { containerStatuses: [waited] } }), allEnded)).actions;
    expect(renewal).toMatchObject({ do: 'renew', reset: new Map([['one', 'u1/one/0'], ['web', 'u1/web/0']]) }); // prettier-ignore
  });
});

describe('an ephemeral container', () => {
  const statusOf = (containers: Parameters<typeof view>[1]) => decide(view(pod(debugged), containers)).status();

  test('counts for nothing of its pod', () => {
    const { ephemeralContainerStatuses: _, ...beside } = statusOf([running(), exited(1, 'debug')]);
    expect(beside).toEqual(decide(view(pod(), [running()])).status());
  });

  test('is told of by itself, and is never ready', () => {
    const [status] = statusOf([running(), running('debug')]).ephemeralContainerStatuses!;
    expect(status).toMatchObject({ name: 'debug', ready: false, restartCount: 0, state: { running: {} } });
    expect(status).not.toHaveProperty('started');
    expect(statusOf([running()]).ephemeralContainerStatuses![0]!.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
  });
});
