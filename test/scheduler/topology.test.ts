import { describe, expect, test } from 'vitest';
import type { Labels, PodAffinityTerm, PodSpec, Selector, TopologySpreadConstraint } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, explain, viewPod, type NodeView, type PodView } from '../../src/scheduler/index.ts';
import { prepareEvenness } from '../../src/scheduler/plugins/spread.ts';
import { ALONE, type Surroundings } from '../../src/scheduler/surroundings.ts';
import { node, pod } from './samples.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';

/** Nodes a1, a2 in zone a, b1 in zone b, and x1 in none; and what runs on them: `web on a1`. */
function cluster(
  running: readonly string[] = [],
  around: Partial<Surroundings> = {},
  specs: Record<string, Partial<PodSpec>> = {},
): ClusterSnapshot {
  const snapshot = new ClusterSnapshot({ ...ALONE, ...around });
  for (const [name, zone] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b1', 'b'],
    ['x1', undefined],
  ] as const)
    // prettier-ignore
    snapshot.setNode(node(name, {}, { labels: zone ? { [ZONE]: zone } : {} }));
  for (const [i, text] of running.entries()) {
    const [app, on] = text.split(' on ') as [string, string];
    const [name, namespace = 'default'] = app.split('@');
    snapshot.place(viewPod(pod(`${name}-${i}`, specs[name!] ?? {}, { labels: { app: name! }, namespace })), on, 'bound');
  }
  return snapshot;
}

/** The nodes on which the pod may run, or why on none. */
function where(snapshot: ClusterSnapshot, spec: Partial<PodSpec>, labels: Labels = { app: 'new' }): string {
  const view = viewPod(pod('new', spec, { labels }));
  const open = snapshot.nodes.filter(({ name }) => {
    const one = viewPod(pod('new', { ...spec, nodeName: name }, { labels }));
    return chooseNode(one, snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 }).kind === 'placed';
  });
  if (open.length > 0) return open.map(({ name }) => name).join(' ');
  const choice = chooseNode(view, snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 });
  return choice.kind === 'refused' ? explain(choice.diagnosis) : choice.node.name;
}

const term = (app: string, topologyKey: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
  ...more,
});
const near = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const apart = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});

test('pods are counted by a label as they are without one, as they come, go and change', () => {
  const snapshot = cluster(['web on a1', 'web on b1', 'other on a2', 'web on x1']);
  const ask = (key: string, everyPart: boolean, label?: readonly [string, string]) => ({
    key: `${key} ${everyPart}`,
    everyPart,
    ...(label ? { label } : {}),
    counts: ({ labels }: PodView) => labels['app'] === 'web',
    domain: ({ labels }: NodeView) => labels[ZONE],
  });
  const counted = (n: number, everyPart: boolean) =>
    [ask(`all ${n}`, everyPart), ask(`labelled ${n}`, everyPart, ['app', 'web'])].map((question) =>
      [...snapshot.count(question)].toSorted(),
    );
  const place = (name: string, app: string, on: string) => snapshot.place(viewPod(pod(name, {}, { labels: { app } })), on, 'bound');
  const steps: readonly (readonly [() => unknown, readonly (readonly [string, number])[]])[] = [
    [() => {}, [['a', 1], ['b', 1]]],
    [() => place('late', 'web', 'a2'), [['a', 2], ['b', 1]]],
    [() => place('late', 'other', 'a2'), [['a', 1], ['b', 1]]],
    [() => snapshot.remove('default/web-0'), [['a', 0], ['b', 1]]],
    [() => place('early', 'web', 'c1'), [['a', 0], ['b', 1]]],
    [() => snapshot.setNode(node('c1', {}, { labels: { [ZONE]: 'c' } })), [['a', 0], ['b', 1], ['c', 1]]],
  ]; // prettier-ignore
  for (const [n, [step, expected]] of steps.entries()) {
    step();
    // Asked for the first time, and kept up since the first step.
    expect([...counted(n, true), ...counted(0, true)]).toEqual([expected, expected, expected, expected]);
    const some = expected.filter(([, count]) => count > 0);
    expect([...counted(n, false), ...counted(0, false)]).toEqual([some, some, some, some]);
  }
});

describe('near and far', () => {
  const cases: [string, readonly string[], Partial<PodSpec>, string][] = [
    ['near a pod: its whole zone', ['db on a1'], near(term('db', ZONE)), 'a1 a2'],
    ['near a pod: its node', ['db on a1'], near(term('db', HOST)), 'a1'],
    ['near two pods that are in one zone', ['db on a1', 'web on a2'], near(term('db', ZONE), term('web', ZONE)), "0/4 nodes are available: 4 node(s) didn't match pod affinity rules."],
    ['near a pod that is in another namespace', ['db@other on a1'], near(term('db', ZONE)), "0/4 nodes are available: 4 node(s) didn't match pod affinity rules."],
    ['near a pod of a namespace that it names', ['db@other on a1'], near(term('db', ZONE, { namespaces: ['other'] })), 'a1 a2'],
    ['near a pod of a namespace with a label', ['db@other on a1', 'db@third on b1'], near(term('db', ZONE, { namespaceSelector: { matchLabels: { team: 'x' } } })), 'a1 a2'],
    ['near a pod of any namespace', ['db@third on b1'], near(term('db', ZONE, { namespaceSelector: {} })), 'b1'],
    ['the first of its kind, near itself: where the label is', [], near(term('new', ZONE)), 'a1 a2 b1'],
    ['away from a pod: the other zone, and where there is none', ['db on a1'], apart(term('db', ZONE)), 'b1 x1'],
    ['away from any of two', ['db on a1', 'web on b1'], apart(term('db', HOST), term('web', HOST)), 'a2 x1'],
    ['away from itself everywhere', ['new on a1', 'new on a2', 'new on b1', 'new on x1'], apart(term('new', HOST)), "0/4 nodes are available: 4 node(s) didn't match pod anti-affinity rules."],
    ['a term without a selector is about no pod', ['db on a1'], apart({ topologyKey: HOST }), 'a1 a2 b1 x1'],
  ]; // prettier-ignore
  test.each(cases)('%s', (_, running, spec, nodes) => {
    const labels: Record<string, Labels> = { other: { team: 'x' } };
    expect(where(cluster(running, { namespaceLabels: (name) => labels[name] }), spec)).toBe(nodes);
  });

  test('a pod that wants others away is left alone', () => {
    expect(where(cluster(['shy on a1'], {}, { shy: apart(term('new', ZONE)) }), {})).toBe('b1 x1');
    const everywhere = ['shy on a1', 'shy on b1', 'shy on x1'];
    expect(where(cluster(everywhere, {}, { shy: apart(term('new', ZONE)) }), {})).toBe('x1');
    expect(where(cluster(['shy on a1', 'shy on b1', 'shy on x1', 'shy on a2'], {}, { shy: apart(term('new', HOST)) }), {})).toBe(
      "0/4 nodes are available: 4 node(s) didn't satisfy existing pods anti-affinity rules.",
    );
  });

  test('only the same version of a workload, by a label of its own', () => {
    const snapshot = cluster();
    snapshot.place(viewPod(pod('old', {}, { labels: { app: 'new', version: '1' } })), 'a1', 'bound');
    const spec = apart(term('new', HOST, { matchLabelKeys: ['version'] }));
    expect(where(snapshot, spec, { app: 'new', version: '2' })).toBe('a1 a2 b1 x1');
    expect(where(snapshot, spec, { app: 'new', version: '1' })).toBe('a2 b1 x1');
    expect(where(snapshot, apart(term('new', HOST, { mismatchLabelKeys: ['version'] })), { app: 'new', version: '2' })).toBe('a2 b1 x1');
  });

  test('what is counted follows pods and nodes', () => {
    const snapshot = cluster(['db on a1']);
    expect(where(snapshot, near(term('db', ZONE)))).toBe('a1 a2');
    snapshot.place(viewPod(pod('db-0', {}, { labels: { app: 'db' } })), 'b1', 'bound');
    expect(where(snapshot, near(term('db', ZONE)))).toBe('b1');
    snapshot.setNode(node('b1', {}, { labels: { [ZONE]: 'a' } }));
    expect(where(snapshot, near(term('db', ZONE)))).toBe('a1 a2 b1');
    snapshot.remove('default/db-0');
    expect(where(snapshot, near(term('db', ZONE)))).toContain("didn't match pod affinity rules");
  });
});

describe('an even spread', () => {
  const spread = (maxSkew: number, topologyKey: string, more: Partial<TopologySpreadConstraint> = {}): Partial<PodSpec> => ({
    topologySpreadConstraints: [
      { maxSkew, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'new' } }, ...more },
    ],
  });
  const two = ['new on a1', 'new on a2'];
  const cases: [string, readonly string[], Partial<PodSpec>, string][] = [
    ['the first goes to any zone', [], spread(1, ZONE), 'a1 a2 b1'],
    ['the next one to the other zone', ['new on a1'], spread(1, ZONE), 'b1'],
    ['a larger skew', ['new on a1'], spread(2, ZONE), 'a1 a2 b1'],
    ['over nodes', ['new on a1'], spread(1, HOST), 'a2 b1 x1'],
    ['pods of another namespace do not count', ['new@other on a1'], spread(1, ZONE), 'a1 a2 b1'],
    ['more zones wanted than there are: none is said to have none', two, spread(1, ZONE, { minDomains: 3 }), 'b1'],
    ['more zones wanted, and each has its share', [...two, 'new on b1'], spread(1, ZONE, { minDomains: 3 }), '0/4 nodes are available: 1 node(s) didn\'t match pod topology spread constraints (missing required label), 3 node(s) didn\'t match pod topology spread constraints.'],
    ['a zone that the pod cannot go to does not count', two, { ...spread(1, ZONE), nodeSelector: { [ZONE]: 'a' } }, 'a1 a2'],
    ['a selector without requirements counts nobody', [...two, ...two], spread(1, ZONE, { labelSelector: {} }), 'a1 a2 b1'],
    ['unless it is told to', two, { ...spread(1, ZONE, { nodeAffinityPolicy: 'Ignore' }), nodeSelector: { [ZONE]: 'a' } }, "0/4 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 2 node(s) didn't match pod topology spread constraints."],
  ]; // prettier-ignore
  test.each(cases)('%s', (_, running, spec, nodes) => expect(where(cluster(running), spec)).toBe(nodes));

  test('pods on their way out do not count', () => {
    const snapshot = cluster();
    const going = pod('going', {}, { labels: { app: 'new' }, deletionTimestamp: '2026-01-01T00:00:00Z' });
    snapshot.place(viewPod(going), 'a1', 'bound');
    expect(where(snapshot, spread(1, ZONE))).toBe('a1 a2 b1');
  });

  test('tainted nodes count only where the taint is tolerated, when the constraint says so', () => {
    const snapshot = cluster(['new on a1']);
    snapshot.setNode(node('b1', {}, { labels: { [ZONE]: 'b' }, spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }));
    expect(where(snapshot, spread(1, ZONE, { nodeTaintsPolicy: 'Honor' }))).toBe('a1 a2');
    expect(where(snapshot, spread(1, ZONE))).toContain("2 node(s) didn't match pod topology spread constraints.");
  });
});

describe('the better node', () => {
  const best = (snapshot: ClusterSnapshot, spec: Partial<PodSpec> = {}) => {
    const chosen = Array.from({ length: 20 }, (_, seed) => {
      const choice = chooseNode(viewPod(pod('new', spec, { labels: { app: 'new' } })), snapshot, DEFAULT_PLUGINS, { seed, start: 0 });
      return choice.kind === 'placed' ? choice.node.name : 'none';
    });
    return [...new Set(chosen)].toSorted().join(' ');
  };
  const weighted = (weight: number, podAffinityTerm: PodAffinityTerm) => ({
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }],
  });

  test('is near the pods that it likes', () => {
    expect(best(cluster(['db on b1']), { affinity: { podAffinity: weighted(10, term('db', ZONE)) } })).toBe('b1');
  });

  test('is away from those that it does not', () => {
    expect(best(cluster(['db on a1', 'db on x1']), { affinity: { podAntiAffinity: weighted(10, term('db', ZONE)) } })).toBe('b1');
  });

  test('is near those that like it, and where it is required', () => {
    const likes = { affinity: { podAffinity: weighted(10, term('new', ZONE)) } };
    expect(best(cluster(['fan on b1'], {}, { fan: likes }))).toBe('b1');
    expect(best(cluster(['fan on b1'], {}, { fan: near(term('new', ZONE)) }))).toBe('b1');
    expect(best(cluster(['foe on a1', 'foe on x1'], {}, { foe: { affinity: { podAntiAffinity: weighted(10, term('new', HOST)) } } }))).toBe(
      'a2 b1',
    );
  });

  test('has fewer of the same workload, though nothing was said about it', () => {
    const siblings = (): Selector => [{ key: 'app', operator: 'In', values: ['new'] }];
    expect(best(cluster(['new on a1', 'new on b1', ...Array.from({ length: 5 }, () => 'new on x1')], { siblings }))).toBe('a2');
  });

  test('has fewer of them, where nodes without a zone are a zone together', () => {
    const siblings = (): Selector => [{ key: 'app', operator: 'In', values: ['new'] }];
    const snapshot = cluster(['new on a1', 'new on x1'], { siblings });
    const rate = prepareEvenness(viewPod(pod('p', {}, { labels: { app: 'new' } })), snapshot, snapshot.nodes)!;
    const raw = ['a1', 'a2', 'b1', 'x1'].map((name) => rate(snapshot.node(name)!));
    const [zones, hosts] = [Math.log(3 + 2), Math.log(4 + 2)];
    expect(raw).toEqual([Math.round(hosts + 2 + zones + 4), Math.round(2 + zones + 4), 2 + 4, Math.round(hosts + 2)]);
  });

  test('has fewer of them around it as far as it was said', () => {
    const evenly: Partial<PodSpec> = {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'new' } } },
      ],
    };
    expect(best(cluster(['new on a1', 'other on b1', 'other on b1']), evenly)).toBe('b1');
  });

  test('has fewer of them, and nodes that lie nowhere do not weigh on that', () => {
    const constraint = (topologyKey: string) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway' as const,
      labelSelector: { matchLabels: { app: 'new' } },
    });
    const evenly: Partial<PodSpec> = { topologySpreadConstraints: [constraint(ZONE), constraint(HOST)] };
    const snapshot = cluster(['new on a1', 'new on b1', 'new on b1']);
    for (let i = 0; i < 60; i++) snapshot.setNode(node(`nowhere${i}`));
    const rate = prepareEvenness(viewPod(pod('p', evenly, { labels: { app: 'new' } })), snapshot, snapshot.nodes)!;
    const raw = ['a1', 'a2', 'b1', 'x1'].map((name) => rate(snapshot.node(name)!));
    const [zones, hosts] = [Math.log(2 + 2), Math.log(3 + 2)];
    expect(raw).toEqual([Math.round(zones + hosts), Math.round(zones), Math.round(2 * zones + 2 * hosts), undefined]);
  });

  test('has the image already, unless few nodes have it', () => {
    const snapshot = cluster();
    const image = { names: ['registry.example/app:1'], sizeBytes: 900 * 1024 * 1024 };
    const containers = [{ name: 'main', image: 'registry.example/app:1' }];
    for (const name of ['a1', 'a2', 'x1']) {
      const { status, ...rest } = node(name);
      snapshot.setNode({ ...rest, status: { ...status, images: [image] } });
    }
    snapshot.setNode(node('b1'));
    expect(best(snapshot, { containers })).toBe('a1 a2 x1');
  });
});
