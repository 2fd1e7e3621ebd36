import { describe, expect, test } from 'vitest';
import type { Node, NodeSelectorTerm, PodSpec } from '../../src/model/index.ts';
import { DEFAULT_PLUGINS, type NodeView, type PodView } from '../../src/scheduler/index.ts';
import { ClusterSnapshot } from '../../src/scheduler/index.ts';
import { prepareFit } from '../../src/scheduler/fit.ts';
import { betweenLowestAndHighest, inProportionToHighest, leastIsBest, mostIsBest, rangeOf, type Scale } from '../../src/scheduler/scale.ts';
import { node, nodeView, pod, podView } from './samples.ts';

/** What the whole chain says: the first filter that refuses, and its reasons. */
function refusalOf(view: PodView, on: NodeView): readonly string[] {
  const fit = prepareFit(view, new ClusterSnapshot(), DEFAULT_PLUGINS);
  if ('nowhere' in fit) return [fit.nowhere];
  const verdict = fit(on);
  return verdict.fits ? [] : verdict.reasons;
}

function points(score: string, view: PodView, on: NodeView): number | undefined {
  const found = DEFAULT_PLUGINS.scores.find(({ name }) => name === score)!;
  if (found.scope === 'node') return found.prepare(view.wants)?.(on);
  return found.prepare(view, new ClusterSnapshot(), [on])?.(on);
}

const OTHER_NODE = ["node(s) didn't match Pod's node affinity/selector"];
const TAINTED = ['node(s) had untolerated taint(s)'];
const NO_PORT = ["node(s) didn't have free ports for the requested pod ports"];
const hasPort = (hostPort: number, more = {}): Partial<PodSpec> => ({
  containers: [{ name: 'main', ports: [{ containerPort: 80, hostPort, ...more }] }],
});
const inZone = (...values: string[]): Partial<PodSpec> => required([{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }]);
const required = (nodeSelectorTerms: readonly NodeSelectorTerm[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});

describe('resources', () => {
  const half = pod('half', { requests: { cpu: '2', memory: '4Gi', 'example.com/gpu': '1' } });
  const large = node('n', { 'example.com/gpu': '2' });
  test.each<[name: string, requests: Record<string, string>, reasons: string[]]>([
    ['exactly what is left fits', { cpu: '2', memory: '4Gi', 'example.com/gpu': '1' }, []],
    ['a thousandth of a CPU too much', { cpu: '2001m' }, ['Insufficient cpu']],
    ['a byte too much', { memory: `${4 * 2 ** 30 + 1}` }, ['Insufficient memory']],
    [
      'every resource that is short is named',
      { cpu: '3', memory: '5Gi', 'example.com/gpu': '2' },
      ['Insufficient cpu', 'Insufficient memory', 'Insufficient example.com/gpu'],
    ],
    ['a resource that the node does not have', { 'example.com/tpu': '1' }, ['Insufficient example.com/tpu']],
    ['nothing of a resource that the node does not have', { 'example.com/tpu': '0' }, []],
  ])('%s', (_, requests, reasons) => {
    expect(refusalOf(podView({ requests }), nodeView(large, half))).toEqual(reasons);
  });

  test('a full node refuses a pod that asks for nothing', () => {
    expect(refusalOf(podView(), nodeView(node('n', { pods: '1' }), pod('a')))).toEqual(['Too many pods']);
  });

  test('a pod that asks for nothing fits on an over-committed node', () => {
    expect(refusalOf(podView(), nodeView(node('n', { cpu: '1' }), half))).toEqual([]);
  });

  test.each<[name: string, spec: Partial<PodSpec>, cpu: number]>([
    ['containers add up', { containers: [asks('1'), asks('500m')] }, 1500],
    ['init containers run one after the other', { containers: [asks('1')], initContainers: [asks('2'), asks('1500m')] }, 2000],
    [
      'sidecars run beside the containers',
      { containers: [asks('1')], initContainers: [{ ...asks('300m'), restartPolicy: 'Always' }] },
      1300,
    ],
    [
      'an init container runs beside the sidecars before it',
      { containers: [asks('100m')], initContainers: [{ ...asks('300m'), restartPolicy: 'Always' }, asks('1')] },
      1300,
    ],
    [
      'but not beside those after it',
      { containers: [asks('100m')], initContainers: [asks('1'), { ...asks('300m'), restartPolicy: 'Always' }] },
      1000,
    ],
    ['the pod asks as a whole', { containers: [asks('1')], resources: { requests: { cpu: '1500m' } }, overhead: { cpu: '250m' } }, 1750],
    ['the pod asks as a whole for something else', { containers: [asks('1')], resources: { requests: { memory: '1Gi' } } }, 1000],
    ['overhead comes on top', { containers: [asks('1')], overhead: { cpu: '250m' } }, 1250],
  ])('%s', (_, spec, cpu) => {
    expect(podView(spec).wants.requests.cpu).toBe(cpu);
  });
});

function asks(cpu: string) {
  return { name: 'c', resources: { requests: { cpu } } };
}

describe('node selector and affinity', () => {
  const east = nodeView(node('east-1', {}, { labels: { zone: 'east', size: '8' } }));
  test.each<[name: string, spec: Partial<PodSpec>, reasons: string[]]>([
    ['a selector that matches', { nodeSelector: { zone: 'east' } }, []],
    ['a selector that does not', { nodeSelector: { zone: 'west' } }, OTHER_NODE],
    ['a selector on a label that is not there', { nodeSelector: { disk: 'ssd' } }, OTHER_NODE],
    ['selector and affinity must both hold', { nodeSelector: { zone: 'west' }, ...inZone('east') }, OTHER_NODE],
    ['one of the values', inZone('west', 'east'), []],
    [
      'one of the terms',
      required([
        { matchExpressions: [{ key: 'zone', operator: 'In', values: ['west'] }] },
        { matchExpressions: [{ key: 'size', operator: 'Gt', values: ['4'] }] },
      ]),
      [],
    ],
    [
      'all of a term',
      required([
        {
          matchExpressions: [
            { key: 'zone', operator: 'In', values: ['east'] },
            { key: 'size', operator: 'Lt', values: ['4'] },
          ],
        },
      ]),
      OTHER_NODE,
    ],
    ['a term without requirements matches no node', required([{}]), OTHER_NODE],
    [
      'NotIn holds for a label that is not there',
      required([{ matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['ssd'] }] }]),
      [],
    ],
    ['the field metadata.name', required([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['east-1'] }] }]), []],
    ['the name of another node', required([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['east-2'] }] }]), OTHER_NODE],
  ])('%s', (_, spec, reasons) => {
    expect(refusalOf(podView(spec), east)).toEqual(reasons);
  });
});

describe('taints', () => {
  const tainted = (effect: 'NoSchedule' | 'NoExecute' | 'PreferNoSchedule'): Node =>
    node('n', {}, { spec: { taints: [{ key: 'team', value: 'a', effect }] } });
  test.each<[name: string, on: Node, tolerations: PodSpec['tolerations'], reasons: string[]]>([
    ['NoSchedule keeps away', tainted('NoSchedule'), undefined, TAINTED],
    ['NoExecute keeps away', tainted('NoExecute'), undefined, TAINTED],
    ['PreferNoSchedule does not', tainted('PreferNoSchedule'), undefined, []],
    ['the same key and value are tolerated', tainted('NoSchedule'), [{ key: 'team', operator: 'Equal', value: 'a' }], []],
    ['no operator means Equal', tainted('NoSchedule'), [{ key: 'team', value: 'a', effect: 'NoSchedule' }], []],
    ['another value is not', tainted('NoSchedule'), [{ key: 'team', value: 'b' }], TAINTED],
    ['another effect is not', tainted('NoSchedule'), [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }], TAINTED],
    ['Exists takes any value', tainted('NoExecute'), [{ key: 'team', operator: 'Exists' }], []],
    ['Exists without a key takes any taint', tainted('NoExecute'), [{ operator: 'Exists' }], []],
    ['a cordoned node', node('n', {}, { spec: { unschedulable: true } }), undefined, ['node(s) were unschedulable']],
    [
      'a cordoned node that is tolerated',
      node('n', {}, { spec: { unschedulable: true } }),
      [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }],
      [],
    ],
  ])('%s', (_, on, tolerations, reasons) => {
    expect(refusalOf(podView({ tolerations }), nodeView(on))).toEqual(reasons);
  });
});

describe('host ports', () => {
  test.each<[name: string, running: Partial<PodSpec>, wanted: Partial<PodSpec>, reasons: string[]]>([
    ['the same port', hasPort(8080), hasPort(8080), NO_PORT],
    ['another port', hasPort(8080), hasPort(8081), []],
    ['another protocol', hasPort(8080), hasPort(8080, { protocol: 'UDP' }), []],
    ['another address', hasPort(8080, { hostIP: '127.0.0.1' }), hasPort(8080, { hostIP: '127.0.0.2' }), []],
    ['all addresses hold one address too', hasPort(8080, { hostIP: '127.0.0.1' }), hasPort(8080), NO_PORT],
  ])('%s', (_, running, wanted, reasons) => {
    expect(refusalOf(podView(wanted), nodeView(node('n'), pod('other', running)))).toEqual(reasons);
  });

  test('a port is free again when its pod has gone', () => {
    const snapshot = new ClusterSnapshot();
    snapshot.setNode(node('n'));
    snapshot.place(podView(hasPort(8080)), 'n', 'bound');
    snapshot.remove('default/p');
    expect(refusalOf(podView(hasPort(8080)), snapshot.nodes[0]!)).toEqual([]);
  });
});

describe('scores', () => {
  const empty = nodeView(node('n', { cpu: '4', memory: '4Gi' }));
  const busy = nodeView(node('n', { cpu: '4', memory: '4Gi' }), pod('a', { requests: { cpu: '2', memory: '1Gi' } }));
  const one = podView({ requests: { cpu: '1', memory: '1Gi' } });
  test.each<[name: string, score: string, view: PodView, on: NodeView, expected: number | undefined]>([
    ['least allocated: the mean of what is left', 'NodeResourcesFit', one, empty, 75],
    ['least allocated: a busy node has less left', 'NodeResourcesFit', one, busy, 37],
    ['least allocated: a pod that asks for nothing weighs 100m and 200Mi', 'NodeResourcesFit', podView(), empty, Math.trunc((97 + 95) / 2)],
    ['balanced: CPU and memory used alike, as before', 'NodeResourcesBalancedAllocation', one, empty, 75],
    ['balanced: one is used more than the other, as before', 'NodeResourcesBalancedAllocation', one, busy, 75],
    ['balanced: better than before', 'NodeResourcesBalancedAllocation', podView({ requests: { memory: '1Gi' } }), busy, 81],
    ['balanced: worse than before', 'NodeResourcesBalancedAllocation', podView({ requests: { cpu: '1' } }), busy, 69],
    ['balanced: nothing to say about a pod that asks for nothing', 'NodeResourcesBalancedAllocation', podView(), empty, undefined],
    [
      'taints: each soft taint that is not tolerated',
      'TaintToleration',
      podView({ tolerations: [{ key: 'a', operator: 'Exists' }] }),
      nodeView(node('n', {}, { spec: { taints: ['a', 'b', 'c'].map((key) => ({ key, effect: 'PreferNoSchedule' as const })) } })),
      2,
    ],
    ['affinity: the weights of the terms that hold', 'NodeAffinity', podView(prefers([10, 'n'], [5, 'n'], [80, 'm'])), empty, 15],
    ['affinity: nothing to say without preferences', 'NodeAffinity', podView(), empty, undefined],
  ])('%s', (_, score, view, on, expected) => {
    expect(points(score, view, on)).toBe(expected);
  });
});

test.each<[name: string, scale: Scale, raw: (number | undefined)[], points: number[]]>([
  ['most is best: in proportion to the highest', mostIsBest, [0, 1, 4], [0, 25, 100]],
  ['most is best: nobody has any', mostIsBest, [0, 0], [0, 0]],
  ['least is best', leastIsBest, [0, 1, 4], [100, 75, 0]],
  ['from the lowest to the highest', betweenLowestAndHighest, [-5, 0, 5], [0, 50, 100]],
  ['from the lowest to the highest, though all are below zero', betweenLowestAndHighest, [-5, -4, -3], [0, 50, 100]],
  [
    'from the lowest to the highest, rounded as Kubernetes does: the share comes first',
    betweenLowestAndHighest,
    [0, 29, 100],
    [0, 28, 100],
  ],
  ['from the lowest to the highest: all alike', betweenLowestAndHighest, [-5, -5], [0, 0]],
  ['the lowest has all points, and a node without any has none', inProportionToHighest, [2, 4, undefined], [100, 50, 0]],
])('points: %s', (_, scale, raw, points) => {
  const range = rangeOf(raw);
  expect(raw.map((each) => scale(each, range))).toEqual(points);
});

function prefers(...terms: readonly (readonly [weight: number, host: string])[]): Partial<PodSpec> {
  const preferred = terms.map(([weight, host]) => ({
    weight,
    preference: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: [host] }] },
  }));
  return { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } };
}
