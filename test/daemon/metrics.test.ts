import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScopes } from '../../src/base/index.ts';
import { HORIZONTAL_POD_AUTOSCALERS, DEPLOYMENTS, NODE_METRICS, POD_METRICS, PODS } from '../../src/model/index.ts';
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
});
