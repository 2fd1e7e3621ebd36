import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deepFreeze, Scope } from '../../src/base/index.ts';
import type { Limits, Runtime, RuntimeContainer } from '../../src/kubelet/index.ts';
import { decide, type Decision } from '../../src/kubelet/worker/decide.ts';
import { limitsOf } from '../../src/kubelet/worker/starting.ts';
import { noticesOf } from '../../src/kubelet/worker/transitions.ts';
import type { PodView } from '../../src/kubelet/worker/view.ts';
import {
  EVENTS,
  PODS,
  PRIORITY_CLASSES,
  type Pod,
  type PodSpec,
  type PodStatus,
  type ResourceRequirements,
} from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { simulatedOn, startNode } from './node.ts';
import { container, exited, NOTHING_REMEMBERED, NOW, pod, running, view } from './samples.ts';

const ANEW = { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' as const }] };
const EITHER = { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' as const }] };
const small = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } };
const faster = { ...small, requests: { cpu: '200m', memory: '64Mi' } };
const larger = { ...small, limits: { memory: '256Mi' } };
const cpu = (amount: string): ResourceRequirements => ({ requests: { cpu: amount } });

const NEVER: Partial<PodSpec> = { restartPolicy: 'Never' };
const remembering = (memory: Partial<PodView['memory']>) => ({ memory: { ...NOTHING_REMEMBERED, ...memory } });
const report = (of: PodView) => decide(deepFreeze(of)).status();
const conditionIn = ({ conditions }: PodStatus) => conditions?.find(({ type }) => type.startsWith('PodResize'));

function told({ actions }: Decision): string[] {
  return actions.map((action) => {
    switch (action.do) {
      case 'start':
        return `start ${action.attempt}${action.resources ? ` with ${action.resources.requests?.['cpu']}` : ''}${action.backoff ? ` then ${action.backoff.delayMs}` : ''}`;
      case 'stop':
        return `stop ${action.cause}`;
      default:
        return action.do;
    }
  });
}

/** A pod that ran with one size and whose spec asks for another by now. */
function resized(
  from: ResourceRequirements,
  to: ResourceRequirements,
  containers: readonly RuntimeContainer[] = [running()],
  { spec = {}, rest = {}, of = {} }: { spec?: Partial<PodSpec>; rest?: Partial<PodView>; of?: Parameters<typeof container>[1] } = {},
): PodView {
  const sized = (resources: ResourceRequirements) => ({ ...spec, containers: [container('web', { ...of, resources })] });
  const status = report(view(pod(sized(from)), [running()]));
  return view(pod(sized(to), { metadata: { generation: 2 }, status }), containers, rest);
}

const beside = (...amounts: string[]) => ({
  share: () => ({
    allocatable: { cpu: '1', memory: '1Gi' },
    others: amounts.map((amount) => pod({ containers: [container('other', { resources: cpu(amount) })] })),
  }),
});

describe('a container that is to have other resources', () => {
  test.each<[string, PodView, string[]]>([
    ['gets them while it runs', resized(small, faster), ['resize']],
    ['that has them already is left alone', resized(small, small), []],
    ['gets less even on a full node', resized(cpu('900m'), cpu('800m'), [running()], { rest: beside('1') }), ['resize']],
    ['gets what others leave', resized(cpu('100m'), cpu('400m'), [running()], { rest: beside('300m', '300m') }), ['resize']],
    ['waits for what others have', resized(cpu('100m'), cpu('401m'), [running()], { rest: beside('300m', '300m') }), []],
    ['does not get what the node does not have', resized(cpu('100m'), cpu('2')), []],
    ['is started anew where it wants that', resized(small, larger, [running()], { of: ANEW }), ['stop resize']],
    ['and not for anything else', resized(small, faster, [running()], { of: ANEW }), ['resize']],
    ['that has ended starts with them', resized(small, faster, [exited(1)]), ['start 1 then 10000']],
    ['that has ended starts with what it had, while others have the rest', resized(cpu('100m'), cpu('2'), [exited(1)]), ['start 1 with 100m then 10000']],
    ['that has ended for good is left alone', resized(small, faster, [exited(0)], { spec: NEVER }), []],
    ['in a pod that is deleted is only stopped', { ...resized(small, faster), pod: deleted(resized(small, faster).pod) }, ['stop podDeleted']],
  ])('%s', (_, given, wanted) => {
    expect(told(decide(deepFreeze(given)))).toEqual(wanted);
  }); // prettier-ignore

  test('that could not be given them is tried again, not at once', () => {
    const unresized = (retryAt: number) => remembering({ unresized: new Map([['u1/web/0', { message: 'busy', retryAt }]]) });
    const later = resized(small, faster, [running()], { rest: unresized(NOW + 5000) });
    expect(decide(later)).toMatchObject({ actions: [], dueAt: NOW + 5000 });
    expect(conditionIn(report(later))).toMatchObject({ type: 'PodResizeInProgress', status: 'True', reason: 'Error', message: 'busy' });
    expect(told(decide(resized(small, faster, [running()], { rest: unresized(NOW) })))).toEqual(['resize']);
  });

  test.each<[string, PodView, object | undefined, ResourceRequirements, ResourceRequirements['requests']]>([
    ['has not begun', resized(small, small), undefined, small, small.requests],
    ['is being given them', resized(small, faster), { type: 'PodResizeInProgress' }, small, faster.requests],
    ['has been given them', resized(small, faster, [running()], { rest: remembering({ sizes: new Map([['u1/web/0', faster]]) }) }), undefined, faster, faster.requests],
    [
      'has to wait',
      resized(cpu('100m'), cpu('500m'), [running()], { rest: beside('600m') }),
      { type: 'PodResizePending', reason: 'Deferred', message: `Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000`, observedGeneration: 2 },
      cpu('100m'),
      { cpu: '100m' },
    ],
    [
      'cannot have them',
      resized(small, { ...small, requests: { cpu: '100m', memory: '2Gi' } }),
      { type: 'PodResizePending', reason: 'Infeasible', message: `Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824` },
      small,
      small.requests,
    ],
  ])('says so when it %s', (_, given, condition, resources, allocatedResources) => {
    const status = report(given);
    if (condition) expect(conditionIn(status)).toMatchObject({ status: 'True', ...condition });
    else expect(conditionIn(status)).toBeUndefined();
    expect(status.containerStatuses).toMatchObject([{ resources, allocatedResources }]);
  }); // prettier-ignore

  test('what was granted stays so, whatever others take meanwhile', () => {
    const granted = resized(cpu('100m'), cpu('500m'));
    const later = { ...granted, pod: { ...granted.pod, status: report(granted) }, ...beside('900m') };
    expect(told(decide(later))).toEqual(['resize']);
  });

  test('that has not begun says nothing of what it has', () => {
    expect(report(view(pod({ containers: [container('web', { resources: small })] }), [])).containerStatuses?.[0]).not.toHaveProperty(
      'resources',
    );
  });

  test('people are told of a refusal once', () => {
    const waiting = resized(cpu('100m'), cpu('500m'), [running()], { rest: beside('600m') });
    const deferred = report(waiting);
    const reasons = (before: Pod, next: PodStatus) => noticesOf(before, next).map(({ type, reason }) => `${type} ${reason}`);
    expect(reasons(waiting.pod, deferred)).toEqual(['Warning ResizeDeferred']);
    expect(reasons({ ...waiting.pod, status: deferred }, deferred)).toEqual([]);
  });

  test('what was granted goes on, also when more than that is refused', () => {
    const { pod: two } = resized(cpu('100m'), cpu('500m'), [running()], { of: EITHER });
    const spec = { ...two.spec, containers: [container('web', { ...EITHER, resources: cpu('9') })] };
    const view = { ...resized(cpu('100m'), cpu('500m')), pod: { ...two, spec }, ...remembering({ granted: two.spec }) };
    expect(told(decide(deepFreeze(view)))).toEqual(['stop resize']);
    const { conditions, containerStatuses } = report(view);
    expect(conditions?.map(({ type, reason }) => [type, reason])).toEqual(
      expect.arrayContaining([['PodResizePending', 'Infeasible'], ['PodResizeInProgress', undefined]]),
    );
    expect(containerStatuses).toMatchObject([{ resources: cpu('100m'), allocatedResources: { cpu: '500m' } }]);
    expect(told(decide({ ...view, runtime: { ...view.runtime!, containers: [exited(1)] } }))).toEqual(['start 1 with 500m then 10000']);
  }); // prettier-ignore
});

describe('a container whose image is another by now', () => {
  const of = (containers: readonly RuntimeContainer[], spec: Partial<PodSpec> = {}, rest: Partial<PodView> = {}) =>
    view(pod({ containers: [container('web', { image: 'web:2' })], ...spec }), containers, rest);
  const asked = (each: RuntimeContainer, image = 'web:1'): RuntimeContainer => ({ ...each, asked: image });
  const replaced = remembering({ replaced: new Map([['web', 'u1/web/0']]) });
  const backingOff = remembering({ backoffs: new Map([['web', { delayMs: 300_000, since: NOW - 1000 }]]) });

  test.each<[string, PodView, string[]]>([
    ['is ended, to be started anew', of([asked(running())]), ['stop definition']],
    ['whatever the restart policy says', of([asked(running())], NEVER), ['stop definition']],
    ['and starts when it has ended', of([asked(exited(0))], NEVER, replaced), ['start 1 then 10000']],
    ['is left alone if it had ended by itself', of([asked(exited(0))], NEVER), []],
    ['does not wait for what the old one did wrong', of([asked(exited(1))], {}, backingOff), ['start 1 then 10000']],
    ['waits for what it did wrong itself', of([asked(exited(1), 'web:2')], {}, backingOff), []],
    ['of which nobody remembers what it was is left alone', of([running()]), []],
  ])('%s', (_, given, wanted) => {
    expect(told(decide(deepFreeze(given)))).toEqual(wanted);
  });

  test('says which image it runs, until it runs the other', () => {
    expect(report(of([asked(running())])).containerStatuses).toMatchObject([{ image: 'web:1', restartCount: 0 }]);
    expect(report(of([asked(running('web', 1), 'web:2')])).containerStatuses).toMatchObject([{ image: 'web:2', restartCount: 1 }]);
  });

  test('an init container that is not to go on stays as it is', () => {
    const init = { initContainers: [container('one', { image: 'one:2' })] };
    expect(told(decide(of([asked(running('one'), 'one:1')], init)))).toEqual([]);
  });
});

function deleted(of: Pod): Pod {
  return { ...of, metadata: { ...of.metadata, deletionTimestamp: new Date(NOW).toISOString(), deletionGracePeriodSeconds: 30 } };
}

describe('on a node', () => {
  let plane: ControlPlane;
  let scope: Scope;
  let runtime: Runtime;

  beforeEach(async () => {
    plane = await controlPlane();
    scope = new Scope('test');
    runtime = simulatedOn(plane);
    await startNode(plane, { scope, runtime });
  });
  afterEach(() => scope.close());

  interface More {
    readonly annotations?: Record<string, string>;
    readonly main?: typeof EITHER;
    readonly spec?: Partial<PodSpec>;
  }
  const create = (name: string, resources: ResourceRequirements, { annotations = {}, main, spec }: More = {}) =>
    plane.client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', annotations },
      spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1', resources, ...main }], ...spec },
    });
  const resize = (name: string, resources: ResourceRequirements) =>
    plane.client.patch(
      { kind: PODS, namespace: 'default', name, subresource: 'resize' },
      { type: 'strategic', patch: { spec: { containers: [{ name: 'web', resources }] } } },
    );
  const eventsOf = async (name: string) =>
    (await plane.client.list(EVENTS, { namespace: 'default' })).items
      .filter(({ involvedObject, reason }) => involvedObject.name === name && reason?.startsWith('Resize'))
      .map(({ reason }) => reason);
  const statusOf = async (name: string) => {
    const { status = {} } = await plane.client.get(PODS, name, 'default');
    return { has: status.containerStatuses?.[0]?.resources, why: conditionIn(status)?.reason, restarts: status.containerStatuses?.[0]?.restartCount };
  }; // prettier-ignore

  test('two pods that want the same rest: one gets it, the other when the first goes', async () => {
    await Promise.all([create('a', cpu('1')), create('b', cpu('1'))]);
    await plane.clock.settle();
    await Promise.all([resize('a', cpu('3')), resize('b', cpu('3'))]);
    await plane.clock.settle();
    const [a, b] = [await statusOf('a'), await statusOf('b')];
    expect([a, b].map(({ has }) => has?.requests?.['cpu']).toSorted()).toEqual(['1', '3']);
    const [first, second] = a.why ? ['b', 'a'] : ['a', 'b'];
    expect(await statusOf(second)).toEqual({ has: cpu('1'), why: 'Deferred', restarts: 0 });
    await plane.client.delete({ kind: PODS, name: first, namespace: 'default' }, { gracePeriodSeconds: 0 });
    await plane.clock.settle();
    expect(await statusOf(second)).toEqual({ has: cpu('3'), why: undefined, restarts: 0 });
    expect(await eventsOf(second)).toEqual(['ResizeDeferred', 'ResizeStarted', 'ResizeCompleted']);
  });

  test('what one was granted no other gets, whoever writes to it meanwhile', async () => {
    await Promise.all([create('a', cpu('1')), create('b', cpu('1'))]);
    await plane.clock.settle();
    await resize('a', cpu('3'));
    await plane.client.patch({ kind: PODS, namespace: 'default', name: 'a' }, { type: 'merge', patch: { metadata: { annotations: { a: 'b' } } } });
    await resize('b', cpu('3'));
    await plane.clock.settle();
    expect([await statusOf('a'), await statusOf('b')]).toMatchObject([{ has: cpu('3') }, { has: cpu('1'), why: 'Deferred' }]);
  }); // prettier-ignore

  test.each([
    ['is granted while it starts', '2', '2', undefined],
    ['cannot be had while it starts', '100', '1', 'Infeasible'],
  ])('a container for which another size %s has what its status says', async (_, wanted, has, why) => {
    const resizes: unknown[] = [];
    const { resize: given } = runtime;
    runtime.resize = (id, limits) => {
      resizes.push(limits);
      return given.call(runtime, id, limits);
    };
    await create('a', cpu('1'), { annotations: { 'slipway.dev/start-after': '6s' } });
    await plane.clock.advance(2000);
    await resize('a', cpu(wanted));
    await plane.clock.advance(5000);
    expect(await statusOf('a')).toEqual({ has: cpu(has), why, restarts: 0 });
    expect(resizes).toEqual(why ? [] : [{ cpuRequestMillis: 2000 }]);
  });

  test('a pod that has not begun starts with what it was granted', async () => {
    const init = { name: 'init', image: 'x' };
    await create('a', cpu('1'), { annotations: { 'slipway.dev/run-for.init': '10s' }, spec: { initContainers: [init] } });
    await plane.clock.advance(2000);
    await resize('a', cpu('100'));
    await plane.clock.advance(2000);
    expect(await statusOf('a')).toMatchObject({ has: cpu('1'), why: 'Infeasible' });
    await create('b', cpu('2'));
    await plane.clock.advance(10_000);
    expect([await statusOf('a'), await statusOf('b')]).toMatchObject([{ has: cpu('1'), why: 'Infeasible' }, { has: cpu('2') }]);
  });

  test('a way back is asked of the node like any other', async () => {
    await Promise.all([create('a', cpu('3'), { annotations: { 'slipway.dev/stop-after': '8s' }, main: EITHER }), create('b', cpu('1'))]);
    await plane.clock.settle();
    await resize('a', cpu('1'));
    await plane.clock.settle();
    await resize('b', cpu('3'));
    await plane.clock.settle();
    await resize('a', cpu('3'));
    await plane.clock.advance(10_000);
    expect([await statusOf('a'), await statusOf('b')]).toMatchObject([{ has: cpu('1'), why: 'Deferred' }, { has: cpu('3') }]);
  }); // prettier-ignore

  test('what becomes free goes to those of higher priority', async () => {
    await plane.client.create(PRIORITY_CLASSES, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'first' },
      value: 10,
    });
    await Promise.all([
      create('large', cpu('2')),
      create('low', cpu('1')),
      create('high', cpu('1'), { spec: { priorityClassName: 'first' } }),
    ]);
    await plane.clock.settle();
    await resize('low', cpu('3'));
    await resize('high', cpu('3'));
    await plane.clock.settle();
    await plane.client.delete({ kind: PODS, name: 'large', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await plane.clock.settle();
    expect([(await statusOf('low')).why, (await statusOf('high')).why]).toEqual(['Deferred', undefined]);
  });

  test('nobody is given less memory than it takes, until it takes less', async () => {
    await create('a', { limits: { memory: '1Gi' } }, { annotations: { 'slipway.dev/memory-usage': '512Mi' } });
    await plane.clock.settle();
    await resize('a', { requests: { memory: '256Mi' }, limits: { memory: '256Mi' } });
    await plane.clock.settle();
    expect(await statusOf('a')).toMatchObject({ has: { limits: { memory: '1Gi' } }, why: 'Error' });
    const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ message }) => message)).toContain('Pod resize error: attempting to set container web memory limit (268435456) below current usage (536870912)');
    await resize('a', { requests: { memory: '768Mi' }, limits: { memory: '768Mi' } });
    await plane.clock.settle();
    expect(await statusOf('a')).toEqual({ has: { requests: { memory: '768Mi' }, limits: { memory: '768Mi' } }, why: undefined, restarts: 0 });
  }); // prettier-ignore

  test('a container that crashes while it waits keeps what it had', async () => {
    await create('a', cpu('1'), { annotations: { 'slipway.dev/run-for': '20s', 'slipway.dev/exit-code': '1' } });
    await plane.clock.settle();
    await resize('a', cpu('8'));
    await plane.clock.advance(21_000);
    expect(await statusOf('a')).toEqual({ has: cpu('1'), why: 'Infeasible', restarts: 1 });
  });

  test('another image ends the container and starts it anew', async () => {
    await create('a', cpu('1'));
    await plane.clock.settle();
    await plane.client.patch({ kind: PODS, namespace: 'default', name: 'a' }, { type: 'strategic', patch: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } });
    await plane.clock.settle();
    const { status } = await plane.client.get(PODS, 'a', 'default');
    expect(status?.containerStatuses).toMatchObject([{ image: 'web:2', restartCount: 1, ready: true }]);
    const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ message }) => message)).toContain('Container web definition changed, will be restarted');
  }); // prettier-ignore
});

describe('the bounds of a container', () => {
  const MIB = 2 ** 20;
  const whole = { limits: { cpu: '500m', memory: '128Mi' } };

  test.each<[string, ResourceRequirements | undefined, ResourceRequirements | undefined, Limits]>([
    ['none where nothing is said', undefined, undefined, {}],
    ['its own', { requests: { cpu: '50m' }, limits: { cpu: '100m', memory: '32Mi' } }, whole, { cpuMillis: 100, cpuRequestMillis: 50, memoryBytes: 32 * MIB }],
    ['those of its pod as a whole', undefined, whole, { cpuMillis: 500, cpuRequestMillis: 500, memoryBytes: 128 * MIB }],
    ['of each what it says, or else its pod', { requests: { cpu: '50m' }, limits: { memory: '32Mi' } }, whole, { cpuMillis: 500, cpuRequestMillis: 50, memoryBytes: 32 * MIB }],
  ])('are %s', (_, own, shared, limits) => {
    expect(limitsOf(container('web', own ? { resources: own } : {}), pod(shared ? { resources: shared } : {}))).toEqual(limits);
  }); // prettier-ignore
});
