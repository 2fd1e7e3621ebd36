import { describe, expect, test } from 'vitest';
import type { Node } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, enough, explain, viewPod, type PodView } from '../../src/scheduler/index.ts';
import { node, pod, podView } from './samples.ts';

function cluster(...nodes: readonly Node[]): ClusterSnapshot {
  const snapshot = new ClusterSnapshot();
  for (const each of nodes) snapshot.setNode(each);
  return snapshot;
}

function choose(view: PodView, snapshot: ClusterSnapshot, seed = 1, start = 0): string {
  const choice = chooseNode(view, snapshot, DEFAULT_PLUGINS, { seed, start });
  return choice.kind === 'placed' ? choice.node.name : explain(choice.diagnosis);
}

const named = (length: number, make = (name: string) => node(name)) => Array.from({ length }, (_, i) => make(`n${i}`));
const onNode = (name: string) =>
  podView({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
        },
      },
    },
  });

describe('the reasons when no node takes a pod', () => {
  test('nodes are counted per reason, as Kubernetes words it', () => {
    const taints = [{ key: 'k', effect: 'NoSchedule' as const }];
    const nodes = cluster(node('a', { cpu: '1' }), node('b', {}, { spec: { taints } }), node('c', {}, { spec: { taints } }));
    expect(choose(podView({ requests: { cpu: '2' } }), nodes)).toBe(
      '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).',
    );
  });

  test('a node counts for each resource that it lacks', () => {
    expect(choose(podView({ requests: { cpu: '2', memory: '2Gi' } }), cluster(node('a', { cpu: '1', memory: '1Gi' })))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.',
    );
  });

  test('a cluster without nodes', () => {
    expect(choose(podView(), cluster())).toBe('no nodes available to schedule pods');
  });

  test('nodes that the affinity does not name', () => {
    expect(choose(onNode('n1'), cluster(node('n0'), node('n1', { pods: '0' }), node('n2')))).toBe(
      "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
  });
});

describe('the node that is chosen', () => {
  test('has the most left', () => {
    const nodes = cluster(node('full'), node('free'));
    nodes.place(viewPod(pod('other', { requests: { cpu: '2', memory: '2Gi' } })), 'full', 'bound');
    expect(choose(podView(), nodes)).toBe('free');
  });

  test('a soft taint weighs more than room', () => {
    const nodes = cluster(node('soft', {}, { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }), node('full'));
    nodes.place(viewPod(pod('other', { requests: { cpu: '3', memory: '6Gi' } })), 'full', 'bound');
    expect(choose(podView(), nodes)).toBe('full');
  });

  test('is the named one, without a look at the others', () => {
    const choice = chooseNode(onNode('n700'), cluster(...named(1000)), DEFAULT_PLUGINS, { seed: 1, start: 0 });
    expect(choice).toMatchObject({ kind: 'placed', node: { name: 'n700' }, examined: 1 });
  });

  test('among equals depends on the seed alone', () => {
    const forward = cluster(...named(20));
    expect(choose(podView(), forward, 7)).toBe(choose(podView(), forward, 7, 13));
    const chosen = new Set(Array.from({ length: 200 }, (_, seed) => choose(podView(), forward, seed)));
    expect(chosen.size).toBe(20);
  });

  test('on a large cluster is found after a share of the nodes, beginning where it is told', () => {
    const choice = chooseNode(podView(), cluster(...named(2000)), DEFAULT_PLUGINS, { seed: 1, start: 1990 });
    expect(choice).toMatchObject({ kind: 'placed', examined: enough(2000) });
    const refused = chooseNode(podView({ requests: { cpu: '5' } }), cluster(...named(2000)), DEFAULT_PLUGINS, { seed: 1, start: 1990 });
    expect(refused).toMatchObject({ kind: 'refused', examined: 2000 });
  });

  test.each([
    [3, 3],
    [100, 100],
    [150, 100],
    [1000, 420],
    [5000, 500],
    [10_000, 500],
  ])('of %i nodes at most %i feasible ones are compared', (nodes, compared) => {
    expect(enough(nodes)).toBe(compared);
  });
});
