import { describe, expect, test } from 'vitest';
import { boundsOf } from '../../src/controllers/deployment/bounds.ts';
import { decideDeployment, templateHash } from '../../src/controllers/deployment/index.ts';
import { decideScale } from '../../src/controllers/deployment/proportional.ts';
import { MAX_REPLICAS, REVISION, REVISION_HISTORY, withRevision } from '../../src/controllers/deployment/revision.ts';
import type { Deployment, IntOrString, ReplicaSet, ReplicaSetStatus } from '../../src/model/index.ts';
import { deployment } from './cluster.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function rolling(replicas: number, maxSurge: IntOrString, maxUnavailable: IntOrString, more: Partial<Deployment['spec']> = {}): Deployment {
  const base = deployment('web', {
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    progressDeadlineSeconds: 600,
    ...more,
  });
  return { ...base, metadata: { ...base.metadata, uid: 'web', generation: 1 } };
}

function set(image: string, replicas: number, status: ReplicaSetStatus = {}, annotations: Record<string, string> = {}): ReplicaSet {
  const labels = { app: 'web', 'pod-template-hash': image.replace(':', '') };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: image,
      namespace: 'default',
      uid: image,
      generation: 1,
      creationTimestamp: `2026-01-01T00:00:0${image.slice(-1)}Z`,
      labels,
      annotations,
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
    status: { observedGeneration: 1, replicas, ...status },
  };
}

/** A set whose pods are all available. */
const whole = (image: string, replicas: number, annotations?: Record<string, string>) =>
  set(
    image,
    replicas,
    { readyReplicas: replicas, availableReplicas: replicas },
    { 'deployment.kubernetes.io/desired-replicas': '10', ...annotations },
  );

test.each([
  [10, '25%', '25%', { surge: 3, unavailable: 2 }],
  [4, '25%', '25%', { surge: 1, unavailable: 1 }],
  [1, '25%', '25%', { surge: 1, unavailable: 0 }],
  [3, 0, '10%', { surge: 0, unavailable: 1 }],
  [3, 2, 5, { surge: 2, unavailable: 3 }],
  [0, 0, 0, { surge: 0, unavailable: 0 }],
])('%i pods with surge %s and unavailable %s: %j', (replicas, maxSurge, maxUnavailable, expected) => {
  expect(boundsOf(rolling(replicas, maxSurge, maxUnavailable))).toEqual(expected);
});

describe('one step of a rolling update', () => {
  const step = (of: Deployment, sets: readonly ReplicaSet[]) => {
    const { create, change } = decideDeployment({ deployment: of, sets, podsOf: () => [] }, NOW);
    return [create?.spec.replicas, Object.fromEntries(change.map(({ after }) => [after.metadata.name, after.spec.replicas]))];
  };
  const to2 = (maxSurge: IntOrString, maxUnavailable: IntOrString) => {
    const next = rolling(10, maxSurge, maxUnavailable);
    return {
      ...next,
      spec: { ...next.spec, template: { ...next.spec.template, spec: { containers: [{ name: 'main', image: 'web:2' }] } } },
    };
  };

  test.each([
    ['begins with the surge, and gives up what may be unavailable', to2(3, 2), [whole('web:1', 10)], [3, { 'web:1': 8 }]],
    ['without surge begins by giving up', to2(0, 2), [whole('web:1', 10)], [0, { 'web:1': 8 }]],
    ['grows first when it can', to2(3, 2), [whole('web:1', 8), whole('web:2', 3)], [undefined, { 'web:2': 5 }]],
    [
      'takes old pods for those that are available',
      to2(3, 2),
      [whole('web:1', 8), set('web:2', 5, { availableReplicas: 4 })],
      [undefined, { 'web:1': 4 }],
    ],
    ['waits for availability', to2(3, 2), [whole('web:1', 8), set('web:2', 5)], [undefined, {}]],
    [
      'takes failing old pods first',
      to2(3, 2),
      [whole('web:0', 4), set('web:1', 4, { availableReplicas: 1 }), whole('web:2', 5)],
      [undefined, { 'web:0': 2, 'web:1': 1 }],
    ],
    ['shrinks a set that is too large', to2(3, 2), [whole('web:2', 12)], [undefined, { 'web:2': 10 }]],
    [
      'does not move on a status of an earlier size',
      to2(3, 2),
      [whole('web:1', 8), { ...whole('web:2', 3), status: { observedGeneration: 0 } }],
      [undefined, {}],
    ],
  ])('%s', (_, of, sets, expected) => {
    const named = (expected[1] as Record<string, number>) ?? {};
    const [created, changed] = step(of, sets) as [number | undefined, Record<string, number>];
    const moved = Object.fromEntries(
      Object.entries(changed).filter(([name, size]) => sets.find((each) => each.metadata.name === name)!.spec.replicas !== size),
    );
    expect([created, moved]).toEqual([expected[0], named]);
  });
});

describe('proportional scaling', () => {
  const scale = (replicas: number, sets: Record<string, number>, max: number) => {
    const of = rolling(replicas, 3, 2);
    const all = Object.entries(sets).map(([image, size]) => set(image, size, {}, { [MAX_REPLICAS]: String(max) }));
    return Object.fromEntries(decideScale(of, { current: all.at(-1)!, old: all.slice(0, -1) }));
  };

  test.each([
    ['doubles both', 20, { 'web:1': 8, 'web:2': 5 }, 13, { 'web:1': 14, 'web:2': 9 }],
    ['gives what rounding leaves to the largest', 15, { 'web:1': 8, 'web:2': 5 }, 13, { 'web:1': 11, 'web:2': 7 }],
    ['halves both', 5, { 'web:1': 8, 'web:2': 5 }, 13, { 'web:1': 5, 'web:2': 3 }],
    ['ends at none', 0, { 'web:1': 8, 'web:2': 5 }, 13, { 'web:1': 0, 'web:2': 0 }],
    ['gives all to the only one in use', 7, { 'web:1': 3, 'web:2': 0 }, 13, { 'web:1': 7 }],
    ['gives all to the newest when none is in use', 7, { 'web:1': 0, 'web:2': 0 }, 13, { 'web:2': 7 }],
  ])('%s', (_, replicas, sets, max, expected) => expect(scale(replicas, sets, max)).toEqual(expected));
});

describe('for which count a set has its size', () => {
  const [DESIRED, MOST] = ['deployment.kubernetes.io/desired-replicas', MAX_REPLICAS];
  const of = (spec: object) => ({ ...rolling(4, 1, 0), spec: { ...rolling(4, 1, 0).spec, ...spec } }) as Deployment;
  const told = (deployment: Deployment, size: number, desired: string) => {
    const present = set('web:1', size, { availableReplicas: size }, { [DESIRED]: desired, [MOST]: '8' });
    const sets = [withRevision(present, deployment, 1)];
    return decideDeployment({ deployment, sets, podsOf: () => [] }, NOW).change.map(({ after: { spec, metadata } }) => [
      spec.replicas,
      metadata.annotations?.[DESIRED],
      metadata.annotations?.[MOST],
    ]);
  };

  test.each([
    ['stays as it was told when only the strategy changes', {}, 4, '4', []],
    ['also while it is paused', { paused: true }, 4, '4', []],
    ['also when nothing rolls any more', { strategy: { type: 'Recreate' } }, 4, '4', []],
    ['also when it has none, and none are wanted', { paused: true, replicas: 0 }, 0, '4', []],
    ['is told anew with a new size', {}, 3, '3', [[4, '4', '5']]],
    ['is told anew where the size was right already', {}, 4, '3', [[4, '4', '5']]],
    ['is told without a surge by Recreate', { strategy: { type: 'Recreate' } }, 3, '4', [[4, '4', '4']]],
  ])('%s', (_, spec, size, desired, expected) => expect(told(of(spec), size, desired)).toEqual(expected));
});

describe('the hash of a template', () => {
  const { template } = deployment('web').spec;

  test('is the same for the same template, however it is written', () => {
    const { spec, metadata } = template;
    expect(templateHash({ spec, metadata }, 0)).toBe(templateHash(template, 0));
    expect(templateHash(template, 0)).toMatch(/^[b-df-hj-np-tv-z2-9]{1,10}$/);
  });

  test('is another for another template, and after a collision', () => {
    const other = deployment('web', {}, 'web:2').spec.template;
    expect(new Set([templateHash(template, 0), templateHash(other, 0), templateHash(template, 1), templateHash(template, 2)]).size).toBe(4);
  });
});

describe('the annotations of a set', () => {
  const of = (annotations: Record<string, string>) => ({ ...deployment('web'), metadata: { ...deployment('web').metadata, annotations } });
  const after = (before: Record<string, string>, own: Record<string, string>, next: number) =>
    withRevision(set('web:1', 1, {}, before), of(own), next).metadata.annotations;

  test.each([
    ['take the first number', {}, 1, { [REVISION]: '1' }],
    ['keep a number that is high enough', { [REVISION]: '5' }, 3, { [REVISION]: '5' }],
    ['remember the number before', { [REVISION]: '1' }, 3, { [REVISION]: '3', [REVISION_HISTORY]: '1' }],
    ['remember all numbers before', { [REVISION]: '3', [REVISION_HISTORY]: '1' }, 5, { [REVISION]: '5', [REVISION_HISTORY]: '1,3' }],
  ])('%s', (_, before, next, expected) => expect(after(before, {}, next)).toEqual(expected));

  test('follow the Deployment, but not in what is its own', () => {
    const own = { 'kubernetes.io/change-cause': 'because', [REVISION]: '9', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    expect(after({}, own, 1)).toEqual({ 'kubernetes.io/change-cause': 'because', [REVISION]: '1' });
  });

  test('keep a bounded history', () => {
    const long = Array.from({ length: 600 }, (_, i) => 1000 + i)
      .join(',')
      .slice(0, 1999);
    const history = after({ [REVISION]: '5000', [REVISION_HISTORY]: long }, {}, 5001)![REVISION_HISTORY]!;
    expect(history.length).toBeLessThanOrEqual(2000);
    expect(history.endsWith(',5000')).toBe(true);
  });
});
