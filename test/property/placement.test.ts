import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Node, Pod, PodSpec } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, explain, viewPod, type Plugins } from '../../src/scheduler/index.ts';
import { fitsAlone } from '../../src/scheduler/fit.ts';
import { choosePreemption } from '../../src/scheduler/preempt.ts';
import { node, pod } from '../scheduler/samples.ts';

const ZONE = 'topology.kubernetes.io/zone';
const LIKE_ITSELF = { matchLabels: { app: 'a' } };

/** Pods of few sorts, as templates make them: most share what they want, and differ in what they mean to each other. */
const SORTS: readonly (Partial<PodSpec> & { requests?: Record<string, string> })[] = [
  { requests: { cpu: '500m', memory: '1Gi' } },
  { requests: { cpu: '500m', memory: '1Gi' }, priority: 10 },
  { requests: { cpu: '2', 'example.com/gpu': '1' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
  { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] },
  { requests: { cpu: '500m' }, nodeSelector: { [ZONE]: 'z1' } },
  {
    requests: { cpu: '500m' },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: LIKE_ITSELF }],
  },
  {
    requests: { cpu: '500m' },
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: ZONE, labelSelector: LIKE_ITSELF }] },
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 5, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'b' } } } },
        ],
      },
    },
  },
];

type Change =
  | { readonly do: 'place'; readonly sort: number; readonly app: string; readonly times: number }
  | { readonly do: 'nominate' | 'leave' | 'removeNode'; readonly which: number }
  | { readonly do: 'setNode'; readonly which: number; readonly cpu: number; readonly state: 'plain' | 'tainted' | 'soft' | 'cordoned' };

const upTo = (which: number) => fc.nat(which);
const changes = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('place' as const),
        sort: upTo(SORTS.length - 1),
        app: fc.constantFrom('a', 'b'),
        times: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('nominate' as const, 'leave' as const, 'removeNode' as const), which: upTo(30) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('setNode' as const),
        which: upTo(7),
        cpu: fc.integer({ min: 0, max: 5 }),
        state: fc.constantFrom('plain' as const, 'tainted' as const, 'soft' as const, 'cordoned' as const),
      }),
    },
  ),
  { minLength: 3, maxLength: 25 },
);

const TAINTS = {
  plain: [],
  cordoned: [],
  tainted: [{ key: 'k', effect: 'NoSchedule' as const }],
  soft: [{ key: 'k', effect: 'PreferNoSchedule' as const }],
};

function nodeOf({ which, cpu, state }: Extract<Change, { do: 'setNode' }>): Node {
  const spec = { unschedulable: state === 'cordoned', taints: TAINTS[state] };
  const images = [{ names: ['x:latest'], sizeBytes: which * 2 ** 26 }];
  const made = node(
    `n${which}`,
    { cpu: `${cpu}`, memory: '4Gi', pods: '4', 'example.com/gpu': '1' },
    { labels: { [ZONE]: `z${which % 3}` }, spec },
  );
  return { ...made, status: { ...made.status, images: which % 2 ? images : [] } };
}

/** All that a cycle finds out about a pod. */
function cycle(one: Pod, snapshot: ClusterSnapshot, plugins: Plugins, seed: number) {
  const view = viewPod(one);
  const choice = chooseNode(view, snapshot, plugins, { seed, start: seed });
  const helped = snapshot.nodes.filter((each) => fitsAlone(view, each, snapshot, plugins)).map(({ name }) => name);
  if (choice.kind === 'placed') return { node: choice.node.name, examined: choice.examined, helped };
  const { diagnosis } = choice;
  const preemption = choosePreemption(view, diagnosis, snapshot, plugins);
  const room = 'why' in preemption ? preemption : [preemption.node.name, preemption.victims.map(({ key }) => key)];
  return {
    why: explain(diagnosis),
    by: [...diagnosis.refusedBy],
    preemptible: diagnosis.preemptible.map(({ name }) => name),
    room,
    helped,
  };
}

test('what is known of the nodes from pods before gives the same choice, for the same reasons, as asking anew', () => {
  fc.assert(
    fc.property(changes, fc.nat(), (plan, seed) => {
      const knowing = new ClusterSnapshot();
      const asking = new ClusterSnapshot();
      const both = [knowing, asking];
      const placed: string[] = [];
      let made = 0;
      for (let which = 0; which < 6; which++) {
        for (const each of both) each.setNode(nodeOf({ do: 'setNode', which, cpu: 3, state: 'plain' }));
      }
      for (const change of plan) {
        if (change.do === 'setNode') for (const each of both) each.setNode(nodeOf(change));
        if (change.do === 'removeNode') for (const each of both) each.removeNode(`n${change.which % 8}`);
        if (change.do === 'leave') for (const each of both) each.remove(placed[change.which % placed.length] ?? '');
        if (change.do === 'nominate') {
          const hopeful = pod(`hopeful-${made++}`, { ...SORTS[1], priority: change.which });
          for (const each of both) each.nominate(viewPod(hopeful), `n${change.which % 8}`);
        }
        for (let i = 0; change.do === 'place' && i < change.times; i++) {
          const one = pod(`p-${made++}`, SORTS[change.sort], { labels: { app: change.app } });
          const found = cycle(one, knowing, DEFAULT_PLUGINS, seed + made);
          expect(found).toEqual(cycle(one, asking, { ...DEFAULT_PLUGINS }, seed + made));
          if (!('node' in found)) continue;
          const key = viewPod(one).key;
          placed.push(key);
          for (const each of both) each.place(viewPod(one), found.node!, 'assumed');
        }
      }
    }),
    { numRuns: 300 },
  );
});
