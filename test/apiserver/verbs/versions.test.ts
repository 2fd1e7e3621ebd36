import { beforeEach, describe, expect, test } from 'vitest';
import {
  EVENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  HORIZONTAL_POD_AUTOSCALERS_V1,
  NEW_EVENTS,
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerV1,
  type NewEvent,
} from '../../../src/model/index.ts';
import type { Seen } from '../../../src/apiserver/api.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const metadata = { name: 'web', namespace: 'default' };
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } } as const;
const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } } as const;
const queue = {
  type: 'External',
  external: { metric: { name: 'queue', selector: { matchLabels: { q: 'a' } } }, target: { type: 'Value', value: '30' } },
} as const;

const newer = (spec: Partial<HorizontalPodAutoscaler['spec']> = {}): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata,
  spec: { scaleTargetRef: target, maxReplicas: 5, ...spec },
});

const older = (spec: Partial<HorizontalPodAutoscalerV1['spec']> = {}): HorizontalPodAutoscalerV1 => ({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata,
  spec: { scaleTargetRef: target, maxReplicas: 5, ...spec },
});

const getOld = () => plane.client.get<HorizontalPodAutoscalerV1>(HORIZONTAL_POD_AUTOSCALERS_V1, 'web', 'default');
const getNew = () => plane.client.get<HorizontalPodAutoscaler>(HORIZONTAL_POD_AUTOSCALERS, 'web', 'default');

/** What a watch on a kind sees: each event's type, apiVersion and name. */
function watched(kind: { group: string; version: string; plural: string }): string[] {
  const seen: string[] = [];
  const note = (event: Seen) => {
    if ('found' in event) seen.push(`${event.type} ${event.found.value.apiVersion} ${event.found.value.metadata.name}`);
  };
  const { api } = plane;
  const served = api.kinds.byResource(kind.group, kind.version, kind.plural)!;
  api.watch({ kind: served, namespace: 'default' }, { resourceVersion: String(api.revision) }, note);
  return seen;
}

describe('an autoscaler is one object in both versions', () => {
  test('written in the older, it is read in the newer', async () => {
    await plane.client.create(HORIZONTAL_POD_AUTOSCALERS_V1, older({ targetCPUUtilizationPercentage: 60 }));
    const read = await getNew();
    expect(read).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { maxReplicas: 5, minReplicas: 1, metrics: [cpu] } });
    expect(read.spec).not.toHaveProperty('targetCPUUtilizationPercentage');
    expect(read.metadata.uid).toBe((await getOld()).metadata.uid);
  });

  test('what the older has no field for is in annotations, and comes back from there', async () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
    const made = await plane.client.create(HORIZONTAL_POD_AUTOSCALERS, newer({ metrics: [memory, cpu, queue], behavior }));
    const read = await getOld();
    expect(read.spec.targetCPUUtilizationPercentage).toBe(60);
    const notes = read.metadata.annotations!;
    expect(JSON.parse(notes['autoscaling.alpha.kubernetes.io/metrics']!)).toEqual([
      { type: 'Resource', resource: { name: 'memory', targetAverageValue: '100Mi' } },
      { type: 'External', external: { metricName: 'queue', metricSelector: { matchLabels: { q: 'a' } }, targetValue: '30' } },
    ]);
    expect(JSON.parse(notes['autoscaling.alpha.kubernetes.io/behavior']!)).toEqual(made.spec.behavior);

    const written = await plane.client.update(HORIZONTAL_POD_AUTOSCALERS_V1, { ...read, spec: { ...read.spec, maxReplicas: 9 } });
    expect(written.spec.maxReplicas).toBe(9);
    const back = await getNew();
    expect(back.spec).toMatchObject({ maxReplicas: 9, behavior: made.spec.behavior });
    expect(back.spec.metrics).toEqual(expect.arrayContaining([memory, cpu, queue]));
    expect(back.metadata.annotations).toBeUndefined();
  });

  test('a status written in the newer shows in the older', async () => {
    const made = await plane.client.create(HORIZONTAL_POD_AUTOSCALERS, newer({ metrics: [cpu] }));
    const status = {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [
        { type: '' },
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    };
    await plane.client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...made, status } as HorizontalPodAutoscaler);
    const read = await getOld();
    expect(read.status).toMatchObject({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 90 });
    expect(read.metadata.annotations!['autoscaling.alpha.kubernetes.io/conditions']).toContain('AbleToScale');
    expect(JSON.parse(read.metadata.annotations!['autoscaling.alpha.kubernetes.io/current-metrics']!)[0]).toEqual({ type: '' });
    expect((await getNew()).status).toMatchObject({ currentMetrics: status.currentMetrics, conditions: [{ type: 'AbleToScale' }] });
  });

  test('each version is told of every change in its own form', async () => {
    const [inOld, inNew] = [watched(HORIZONTAL_POD_AUTOSCALERS_V1), watched(HORIZONTAL_POD_AUTOSCALERS)];
    await plane.client.create(HORIZONTAL_POD_AUTOSCALERS_V1, older());
    await plane.client.update(HORIZONTAL_POD_AUTOSCALERS, newer({ maxReplicas: 7 }));
    await plane.client.delete({ kind: HORIZONTAL_POD_AUTOSCALERS_V1, namespace: 'default', name: 'web' });
    const told = (version: string) => ['ADDED', 'MODIFIED', 'DELETED'].map((type) => `${type} autoscaling/${version} web`);
    expect(inOld).toEqual(told('v1'));
    expect(inNew).toEqual(told('v2'));
  });

  test('the rules are those of the stored one', async () => {
    await expect(plane.client.create(HORIZONTAL_POD_AUTOSCALERS_V1, older({ minReplicas: 9 }))).rejects.toThrow(
      'spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`',
    );
  });
});

describe('an event is one object in both groups', () => {
  const regarding = { kind: 'Pod', namespace: 'default', name: 'a' };
  const event: NewEvent = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000001Z',
    reportingController: 'example.com/c',
    reportingInstance: 'i',
    action: 'Act',
    reason: 'Because',
    type: 'Normal',
    note: 'said',
    regarding,
  } as NewEvent;

  test('written in the newer, it is read in the older', async () => {
    await plane.client.create(NEW_EVENTS, event);
    const read = await plane.client.get(EVENTS, 'e', 'default');
    expect(read).toMatchObject({
      apiVersion: 'v1',
      involvedObject: regarding,
      message: 'said',
      reportingComponent: 'example.com/c',
      reportingInstance: 'i',
      eventTime: '2026-01-01T00:00:00.000001Z',
    });
    expect(read).not.toHaveProperty('note');
  });

  test('written in the older, it is read in the newer, and both are listed once', async () => {
    const old = { apiVersion: 'v1', kind: 'Event', metadata: event.metadata, involvedObject: regarding, message: 'said', count: 3, source: { component: 'c' }, reportingComponent: '', reportingInstance: '' } as const; // prettier-ignore
    await plane.client.create(EVENTS, old);
    const read = await plane.client.get<NewEvent>(NEW_EVENTS, 'e', 'default');
    expect(read).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding,
      note: 'said',
      deprecatedCount: 3,
      deprecatedSource: { component: 'c' },
    });
    expect((await plane.client.list(EVENTS)).items).toHaveLength(1);
    expect((await plane.client.list(NEW_EVENTS)).items).toHaveLength(1);
  });

  test('field selectors go by the names of the version', async () => {
    await plane.client.create(NEW_EVENTS, event);
    const found = async (kind: typeof EVENTS | typeof NEW_EVENTS, fieldSelector: string) =>
      (await plane.client.list(kind as typeof EVENTS, { fieldSelector })).items.length;
    expect(await found(EVENTS, 'involvedObject.name=a')).toBe(1);
    expect(await found(NEW_EVENTS, 'regarding.name=a')).toBe(1);
    await expect(found(NEW_EVENTS, 'involvedObject.name=a')).rejects.toThrow('field label not supported');
  });

  test('each group is told of every change in its own form', async () => {
    const [inOld, inNew] = [watched(EVENTS), watched(NEW_EVENTS)];
    await plane.client.create(NEW_EVENTS, event);
    await plane.client.delete({ kind: EVENTS, namespace: 'default', name: 'e' });
    expect([inOld, inNew]).toEqual([
      ['ADDED v1 e', 'DELETED v1 e'],
      ['ADDED events.k8s.io/v1 e', 'DELETED events.k8s.io/v1 e'],
    ]);
  });
});
