import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  formatTime,
  HORIZONTAL_POD_AUTOSCALERS,
  PODS,
  type HorizontalPodAutoscaler,
  type Manifest,
  type MetricSpec,
} from '../../src/model/index.ts';
import { define, GROUP, version, website, WEBSITES } from '../apiserver/customresources/definitions.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { pod } from '../tools/manifests.ts';
import { deployment } from './cluster.ts';

let plane: ControlPlane;
let scope: Scope;
/** What each pod uses of the processor; nothing is known of the others. */
let usage: Record<string, string>;

beforeEach(async () => {
  plane = await controlPlane();
  scope = new Scope('test');
  usage = {};
  const { clock, api } = plane;
  startControllers({
    client: measuring(plane.trusted),
    clock,
    random: seededRandom(7),
    log: silentLog,
    scope,
    kinds: api.kinds,
    only: ['horizontal-pod-autoscaler'],
  });
  await clock.settle();
});
afterEach(() => scope.close());

/** The client, with somebody behind it who serves metrics. */
function measuring(client: Client): Client {
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'as') return (manager: string) => measuring(target.as(manager));
      if (name !== 'list')
        return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind?.(target) ?? Reflect.get(target, name);
      return (kind: Parameters<Client['list']>[0], options: Parameters<Client['list']>[1]) =>
        kind.group === 'metrics.k8s.io' ? metrics() : target.list(kind, options);
    },
  });
}

async function metrics() {
  const timestamp = formatTime(plane.clock.now());
  const containers = (cpu: string) => [{ name: 'main', usage: { cpu } }];
  return {
    items: Object.entries(usage).map(([name, cpu]) => ({ metadata: { name }, timestamp, window: '15s', containers: containers(cpu) })),
  };
}

const cpu: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };

async function create(replicas: number, spec: Partial<HorizontalPodAutoscaler['spec']> = {}, name = 'web'): Promise<void> {
  await plane.client.create(DEPLOYMENTS, deployment('web', { replicas })).catch(() => undefined);
  await plane.client.create(HORIZONTAL_POD_AUTOSCALERS, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'default' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 20, metrics: [cpu], ...spec },
  });
  await plane.clock.settle();
}

async function start(...autoscaler: Parameters<typeof create>): Promise<void> {
  await create(...autoscaler);
  await look();
}

/** Each asks for a tenth of a processor, and has run for an hour. */
async function run(...values: readonly string[]): Promise<void> {
  const containers = [{ name: 'main', image: 'x', resources: { requests: { cpu: '100m' } } }];
  for (const [i, value] of values.entries()) await runPod(`p${i}`, value, { containers });
}

async function runPod(name: string, value: string, spec: object, ready: 'True' | 'False' = 'True'): Promise<void> {
  const made = await plane.trusted.create(PODS, pod(name, spec, { app: 'web' }));
  const startTime = formatTime(plane.clock.now() - 3_600_000);
  const conditions = [{ type: 'Ready', status: ready, lastTransitionTime: startTime } as const];
  await plane.trusted.updateStatus(PODS, { ...made, status: { phase: 'Running', startTime, conditions } });
  usage[name] = value;
}

const look = () => plane.clock.advance(15_000);
const status = async (name = 'web') => (await plane.client.get(HORIZONTAL_POD_AUTOSCALERS, name, 'default')).status!;
const says = async (type: string) => (await status()).conditions?.find((condition) => condition.type === type);
const replicas = async () => (await plane.client.get(DEPLOYMENTS, 'web', 'default')).spec.replicas;
const events = async () => {
  await plane.clock.settle();
  return (await plane.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason, message }) => `${reason}: ${message}`);
};

describe('an autoscaler', () => {
  test('grows by what is measured, doubles at most, and says why', async () => {
    await run('200m');
    await start(1);
    expect(await replicas()).toBe(4);
    expect(await status()).toMatchObject({
      currentReplicas: 1,
      desiredReplicas: 4,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 200, averageValue: '200m' } } }],
    });
    expect(await says('AbleToScale')).toMatchObject({ status: 'True', reason: 'SucceededRescale' });
    expect(await events()).toContain(
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    );
    usage['p0'] = '2';
    await look();
    expect(await replicas()).toBe(8);
    expect(await says('ScalingLimited')).toMatchObject({ status: 'True', reason: 'ScaleUpLimit' });
  });

  test('shrinks nothing for five minutes after it was made', async () => {
    await run('5m', '5m', '5m', '5m');
    await start(4);
    await plane.clock.advance(285_000);
    expect(await replicas()).toBe(4);
    expect(await says('AbleToScale')).toMatchObject({ status: 'True', reason: 'ScaleDownStabilized' });
    await plane.clock.advance(30_000);
    expect(await replicas()).toBe(1);
    expect(await events()).toContain('SuccessfulRescale: New size: 1; reason: All metrics below target');
  });

  test('goes back at once to what was recommended of late', async () => {
    await run('100m', '100m');
    await start(2);
    await plane.client.patch({ kind: DEPLOYMENTS, name: 'web', namespace: 'default' }, { type: 'merge', patch: { spec: { replicas: 2 } } });
    usage = { p0: '50m', p1: '50m' };
    await look();
    expect(await replicas()).toBe(4);
  });

  test('tells of each metric in its place, also where another could not be got', async () => {
    await run('200m');
    const queue: MetricSpec = { type: 'Pods', pods: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '1' } } };
    await start(1, { metrics: [queue, cpu] });
    expect((await status()).currentMetrics?.map(({ type }) => type)).toEqual(['', 'Resource']);
    expect(await replicas()).toBe(4);
  });

  test('without metrics says so, in its status too', async () => {
    await start(1);
    expect(await says('ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetResourceMetric' });
    const problem = 'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API';
    expect(await events()).toEqual([
      `FailedGetResourceMetric: ${problem}`,
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${problem}`,
    ]);
    expect(await status()).toMatchObject({ currentReplicas: 1, desiredReplicas: 0, currentMetrics: [{ type: '' }] });
  });

  test('that is new complains of nothing before there can be metrics', async () => {
    await create(1);
    expect((await status()).conditions).toBeUndefined();
    expect(await events()).toEqual([]);
  });

  test('minds what pods do not ask for once one of them is ready', async () => {
    await runPod('p', '100m', { containers: [{ name: 'main', image: 'x' }] }, 'False');
    await start(1);
    await plane.trusted.patch(
      { kind: PODS, name: 'p', namespace: 'default', subresource: 'status' },
      { type: 'strategic', patch: { status: { conditions: [{ type: 'Ready', status: 'True' }] } } },
    );
    await look();
    expect((await events()).filter((event) => event.startsWith('FailedGet'))).toEqual([
      'FailedGetResourceMetric: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
      'FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container main of Pod p',
    ]);
  });

  test('by a metric of elsewhere that nobody serves says so', async () => {
    const external = { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '1' } } as const;
    await start(1, { metrics: [{ type: 'External', external }] });
    expect((await events())[0]).toBe(
      'FailedGetExternalMetric: unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: ' +
        'the server could not find the requested resource (get queue.external.metrics.k8s.io)',
    );
  });

  test('of a container that is not there says so', async () => {
    await run('200m');
    const containerResource = { name: 'cpu', container: 'gone', target: { type: 'Utilization', averageUtilization: 50 } } as const;
    await start(1, { metrics: [{ type: 'ContainerResource', containerResource }] });
    expect((await events())[0]).toBe(
      'FailedGetContainerResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: ' +
        'failed to get container metrics: container gone not present in metrics for pod default/p0',
    );
  });

  test('measures by what a pod asks for as a whole, where it does', async () => {
    await runPod('p', '100m', { containers: [{ name: 'main', image: 'x' }], resources: { requests: { cpu: '200m' } } });
    await start(1);
    expect((await status()).currentMetrics).toMatchObject([{ resource: { current: { averageUtilization: 50 } } }]);
  });

  test.each([
    [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' }, 'deployments/scale.apps "gone" not found'],
    [{ apiVersion: 'apps/v1', kind: 'Unknown', name: 'web' }, 'no matches for kind "Unknown" in group "apps"'],
  ])('of nothing that there is says so: %o', async (scaleTargetRef, problem) => {
    await start(1, { scaleTargetRef });
    expect(await events()).toEqual([`FailedGetScale: ${problem}`]);
    const message = `the HPA controller was unable to get the target's current scale: ${problem}`;
    expect(await says('AbleToScale')).toMatchObject({ status: 'False', reason: 'FailedGetScale', message });
  });

  test('finds the numbers of a custom resource where its definition says that they are', async () => {
    const scale = { specReplicasPath: '.spec.workers', statusReplicasPath: '.status.running', labelSelectorPath: '.status.pods' };
    await define(plane, { versions: [version({ workers: { type: 'integer' } }, { subresources: { scale } })] });
    await plane.clock.settle();
    await plane.client.create<Manifest>(WEBSITES, website('p', { workers: 1 }, { status: { pods: 'app=web' } }));
    await run('200m');
    await start(1, { scaleTargetRef: { apiVersion: `${GROUP}/v1`, kind: 'Website', name: 'p' } });
    expect(await plane.client.get(WEBSITES, 'p', 'default')).toMatchObject({ spec: { workers: 4 } });
  });

  test('of something that is scaled to nothing does nothing', async () => {
    await start(0);
    expect(await says('ScalingActive')).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });
    expect(await status()).toMatchObject({ currentReplicas: 0, desiredReplicas: 0 });
  });

  test('does nothing where another scales the same pods', async () => {
    await run('200m');
    await start(1, { minReplicas: 1 });
    await start(1, {}, 'rival');
    const conditions = (await status('rival')).conditions;
    expect(conditions?.find(({ type }) => type === 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'AmbiguousSelector',
      message: 'pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]',
    });
  });
});
