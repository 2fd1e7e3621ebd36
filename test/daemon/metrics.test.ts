import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScopes } from '../../src/base/index.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  NODE_METRICS,
  POD_METRICS,
  PODS,
  type MetricSpec,
} from '../../src/model/index.ts';
import { deployment, pod } from '../tools/manifests.ts';
import { simulate, type Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(async () => {
  simulation = await simulate(1);
});
afterEach(async () => {
  await simulation.scope.close();
  expect(openScopes()).toEqual([]);
});

const client = () => simulation.cluster.client;

/** What needs time to be known: that of who asks first. */
async function measured<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const settled = work.finally(() => (done = true));
  settled.catch(() => {});
  await simulation.clock.advanceUntil(() => done, 10_000);
  return settled;
}

async function run(name: string, annotations: Record<string, string>, labels: Record<string, string> = {}): Promise<void> {
  const made = pod(name);
  await client().create(PODS, { ...made, metadata: { ...made.metadata, annotations, labels } });
  const isRunning = async () => (await client().get(PODS, name, 'default')).status?.phase === 'Running';
  await simulation.clock.advanceUntil(isRunning, 10_000);
}

describe('what pods use', () => {
  const BUSY = { 'slipway.dev/cpu-usage': '250m', 'slipway.dev/memory-usage': '64Mi' };

  test('is measured when it is asked for', async () => {
    await run('busy', BUSY, { app: 'busy' });
    await run('idle', {}, { app: 'idle' });
    const { items } = await measured(client().list(POD_METRICS, { namespace: 'default', labelSelector: 'app=busy' }));
    expect(items).toMatchObject([
      { kind: 'PodMetrics', metadata: { name: 'busy', labels: { app: 'busy' } }, window: '1s', containers: [{ usage: { cpu: '250000000n', memory: '65536Ki' } }] },
    ]);
    expect((await measured(client().list(POD_METRICS))).items.map(({ metadata }) => metadata.name)).toEqual(['busy', 'idle']);
  }); // prettier-ignore

  test('is measured since somebody asked before, as long as that says something of now', async () => {
    await run('busy', BUSY);
    const windowAfter = async (ms: number) => {
      await simulation.clock.advance(ms);
      const asked = client().get(POD_METRICS, 'busy', 'default');
      await simulation.clock.advance(1000);
      return (await asked).window;
    };
    expect(await windowAfter(0)).toBe('1s');
    expect(await windowAfter(1_000)).toBe('2s');
    expect(await windowAfter(14_000)).toBe('15s');
    expect(await windowAfter(89_000)).toBe('1m30s');
    expect(await windowAfter(130_000)).toBe('1s');
  });

  test('is not known of a pod that is not there, or does not run', async () => {
    await expect(measured(client().get(POD_METRICS, 'moon', 'default'))).rejects.toThrow(
      'podmetrics.metrics.k8s.io "default/moon" not found',
    );
    await expect(measured(client().get(NODE_METRICS, 'moon'))).rejects.toThrow('nodemetrics.metrics.k8s.io "moon" not found');
  });

  test('is what their nodes use', async () => {
    await run('busy', BUSY);
    const { spec } = await client().get(PODS, 'busy', 'default');
    const metrics = await measured(client().get(NODE_METRICS, spec.nodeName!));
    expect(metrics).toMatchObject({ kind: 'NodeMetrics', usage: { cpu: '250000000n', memory: '65536Ki' } });
    const { items } = await measured(client().list(NODE_METRICS));
    const idle = items.filter(({ metadata }) => metadata.name !== spec.nodeName).map(({ usage }) => usage);
    expect(idle).toEqual([
      { cpu: '0n', memory: '0Ki' },
      { cpu: '0n', memory: '0Ki' },
    ]);
  });

  test('has its queues and its scheduler counted beside it', async () => {
    await run('busy', BUSY);
    const shown = new Map(
      simulation.cluster.families
        .flatMap(({ values }) => values())
        .map(({ metricName, labels, value }) => [`${metricName} ${Object.values(labels).join()}`, value]),
    );
    expect(shown.get('workqueue_adds_total serviceaccount')).toBeGreaterThan(0);
    expect(shown.get('workqueue_depth replicaset')).toBe(0);
    expect(shown.get('scheduler_schedule_attempts_total default-scheduler,scheduled')).toBe(1);
  });

  test('scales what is to be scaled by it', async () => {
    const template = deployment('web', { replicas: 1 });
    const [container] = template.spec.template.spec.containers;
    const spec = { containers: [{ ...container!, resources: { requests: { cpu: '100m' } } }] };
    const metadata = { ...template.spec.template.metadata, annotations: BUSY };
    await client().create(DEPLOYMENTS, { ...template, spec: { ...template.spec, template: { metadata, spec } } });
    await client().create(HORIZONTAL_POD_AUTOSCALERS, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 4,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
      },
    });
    const replicas = async () => (await client().get(DEPLOYMENTS, 'web', 'default')).spec.replicas;
    await simulation.clock.advanceUntil(async () => (await replicas()) === 4, 600_000);
  });

  describe('that cannot be known, is said by the autoscaler', () => {
    const said = async (metric: MetricSpec) => {
      await client().create(DEPLOYMENTS, deployment('web', { replicas: 1 }));
      await simulation.clock.advance(2_000);
      await client().create(HORIZONTAL_POD_AUTOSCALERS, {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web', namespace: 'default' },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 4, metrics: [metric] },
      });
      await simulation.clock.advance(16_000);
      const { status } = await client().get(HORIZONTAL_POD_AUTOSCALERS, 'web', 'default');
      const { items } = await client().list(EVENTS, { fieldSelector: 'involvedObject.kind=HorizontalPodAutoscaler' });
      const active = status!.conditions!.find(({ type }) => type === 'ScalingActive');
      return { condition: `${active?.reason}: ${active?.message}`, events: items.map(({ reason, message }) => `${reason}: ${message}`) };
    };

    test('when containers request nothing', async () => {
      const { condition, events } = await said({
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
      });
      const name = (await client().list(PODS, { namespace: 'default' })).items[0]!.metadata.name;
      const why = `failed to get cpu utilization: missing request for cpu in container c of Pod ${name}`;
      expect(condition).toBe(`FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`);
      expect(events).toEqual([
        `FailedGetResourceMetric: ${why}`,
        `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
      ]);
    });

    test('but what is outside of its bounds comes back without it', async () => {
      const replicas = async () => (await client().get(DEPLOYMENTS, 'web', 'default')).spec.replicas;
      await said({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } });
      await client().patch({ kind: DEPLOYMENTS, name: 'web', namespace: 'default' }, { type: 'merge', patch: { spec: { replicas: 9 } } });
      await simulation.clock.advance(20_000);
      expect(await replicas()).toBe(4);
    });

    test('when two scale the same', async () => {
      const target: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
      await said(target);
      const first = await client().get(HORIZONTAL_POD_AUTOSCALERS, 'web', 'default');
      const metadata = { name: 'rival', namespace: 'default' };
      await client().create(HORIZONTAL_POD_AUTOSCALERS, { ...first, metadata, spec: first.spec });
      await simulation.clock.advance(20_000);
      const { status } = await client().get(HORIZONTAL_POD_AUTOSCALERS, 'rival', 'default');
      expect(status!.conditions!.find(({ type }) => type === 'ScalingActive')).toMatchObject({
        status: 'False',
        reason: 'AmbiguousSelector',
        message: 'pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]',
      });
    });

    test('when nobody serves it', async () => {
      const { condition } = await said({ type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '5' } } });
      const why = 'unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
      expect(condition).toBe(`FailedGetPodsMetric: the HPA was unable to compute the replica count: ${why}`);
    }); // prettier-ignore
  });
});
