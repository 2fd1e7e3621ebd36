import { describe, expect, test } from 'vitest';
import { decideDaemonSet, type DaemonState } from '../../src/controllers/daemonset/index.ts';
import { surplusOf } from '../../src/controllers/daemonset/surplus.ts';
import { formatTime, type ControllerRevision, type DaemonSet, type Node, type Pod, type Taint } from '../../src/model/index.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const labels = { app: 'agent' };

type Strategy = DaemonSet['spec']['updateStrategy'];
const SURGE: Strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
const IN_PLACE: Strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } };

const set = (updateStrategy: Strategy): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default', uid: 'agent', generation: 1 },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    updateStrategy,
  },
});

const node = (name: string, ...taints: Taint[]): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { taints } });
const NO_NEW: Taint = { key: 'full', effect: 'NoSchedule' };

interface Traits {
  /** Of which template: the present one is 2. */
  hash?: number;
  ready?: boolean;
  phase?: 'Running' | 'Failed' | 'Succeeded';
  leaving?: boolean;
}

/** Pods are named for their node, the older the sooner in the alphabet. */
function pod(name: string, { hash = 2, ready = true, phase = 'Running', leaving = false }: Traits = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      labels: { ...labels, 'controller-revision-hash': String(hash) },
      ...(leaving ? { deletionTimestamp: formatTime(NOW) } : {}),
    },
    spec: { nodeName: name.slice(0, 1), containers: [{ name: 'c', image: 'x' }] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
  };
}

const state = (strategy: Strategy, nodes: readonly Node[], pods: readonly Pod[]): DaemonState => ({
  set: set(strategy),
  nodes,
  pods,
  hash: '2',
  now: NOW,
});

describe('a turn of a DaemonSet', () => {
  const a = [node('a')];
  const old = { hash: 1 };

  test.each<[string, Strategy, readonly Node[], readonly Pod[], { create?: string[]; remove?: string[]; ended?: string[] }]>([
    ['gives every node a pod', IN_PLACE, [node('a'), node('b', NO_NEW)], [], { create: ['a'] }],
    ['waits for a pod that leaves', IN_PLACE, a, [pod('a1', { leaving: true })], {}],
    ['with surge does not wait for it', SURGE, a, [pod('a1', { leaving: true })], { create: ['a'] }],
    ['has done with a pod that ended and leaves', IN_PLACE, a, [pod('a1', { leaving: true, phase: 'Failed' })], { create: ['a'] }],
    ['replaces a pod that ended', SURGE, a, [pod('a1', { phase: 'Succeeded', ready: false })], { ended: ['a1'] }],
    ['takes an outdated pod for a new one', IN_PLACE, a, [pod('a1', old)], { remove: ['a1'] }],
    ['with surge makes the new one first', SURGE, a, [pod('a1', old)], { create: ['a'] }],
    ['and keeps the old one while it alone serves', SURGE, a, [pod('a1', old), pod('a2', { ready: false })], {}],
    ['and lets it go once the new one serves', SURGE, a, [pod('a1', old), pod('a2')], { remove: ['a1'] }],
    ['or once it does not serve itself', SURGE, a, [pod('a1', { ...old, ready: false }), pod('a2', { ready: false })], { remove: ['a1'] }],
    [
      'a new pod that fails where no old one is left does not use the surge up',
      SURGE,
      [node('a'), node('b')],
      [pod('a1', { ready: false }), pod('b1', old)],
      { create: ['b'] },
    ],
    ['keeps a pod where no new one may come', IN_PLACE, [node('a', NO_NEW)], [pod('a1')], {}],
    ['but not an outdated one', IN_PLACE, [node('a', NO_NEW)], [pod('a1', old)], { remove: ['a1'] }],
    [
      'with surge neither, once enough others serve',
      SURGE,
      [node('a', NO_NEW), node('b')],
      [pod('a1', old), pod('b1')],
      { remove: ['a1'] },
    ],
    ['and until then it stays', SURGE, [node('a', NO_NEW), node('b')], [pod('a1', old), pod('b1', { ready: false })], {}],
    ['unless it does not serve', SURGE, [node('a', NO_NEW)], [pod('a1', { ...old, ready: false })], { remove: ['a1'] }],
  ])('%s', (_, strategy, nodes, pods, expected) => {
    const { create, remove, ended } = decideDaemonSet(state(strategy, nodes, pods));
    const names = (found: readonly Pod[]) => found.map(({ metadata }) => metadata.name);
    expect({ create, remove: names(remove), ended: names(ended) }).toEqual({ create: [], remove: [], ended: [], ...expected });
  });
});

describe('of the old revisions those beyond the limit go, the oldest first', () => {
  const revision = (number: number): ControllerRevision => ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: `agent-${number}`, labels: { 'controller-revision-hash': String(number) } },
    revision: number,
  });

  test.each<[string, number, readonly number[], readonly number[]]>([
    ['and not the present one', 2, [5], [1, 2]],
    ['and none where there are not too many', 4, [5], []],
    ['but not one that a pod still uses', 3, [1, 5], [2]],
    ['though those that pods use count, too', 1, [3, 4, 5], [1, 2]],
    ['as far as no pod uses them', 0, [1, 2, 3, 5], [4]],
  ])('%s', (_, revisionHistoryLimit, used, expected) => {
    const { spec, ...rest } = set(IN_PLACE);
    const pods = used.map((hash) => pod(`a${hash}`, { hash }));
    const surplus = surplusOf({ ...rest, spec: { ...spec, revisionHistoryLimit } }, '5', [3, 1, 5, 2, 4].map(revision), pods);
    expect(surplus.map((each) => each.revision)).toEqual(expected);
  });
});

test('the status counts the pod that serves on each node, and those on nodes that want none', () => {
  const nodes = [node('a'), node('b'), node('c', NO_NEW)];
  const pods = [pod('a1', { hash: 1 }), pod('a2', { ready: false }), pod('c1')];
  expect(decideDaemonSet(state(SURGE, nodes, pods)).status).toEqual({
    currentNumberScheduled: 1,
    numberMisscheduled: 1,
    desiredNumberScheduled: 2,
    numberReady: 1,
    numberAvailable: 1,
    numberUnavailable: 1,
    observedGeneration: 1,
  });
});
