import { describe, expect, test } from 'vitest';
import type { PodDisruptionBudget, PodSpec } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, viewPod } from '../../src/scheduler/index.ts';
import { choosePreemption } from '../../src/scheduler/preempt.ts';
import { ALONE } from '../../src/scheduler/surroundings.ts';
import { node, pod } from './samples.ts';

/** `name priority cpu on node`, and what else it is. */
type Running = readonly [text: string, spec?: Partial<PodSpec>];

const budget = (app: string, disruptionsAllowed: number): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: 'default', name: app },
  spec: { selector: { matchLabels: { app } } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

function cluster(running: readonly Running[], budgets: readonly PodDisruptionBudget[] = [], nodes = ['n1', 'n2']): ClusterSnapshot {
  const snapshot = new ClusterSnapshot({ ...ALONE, budgets: () => budgets });
  for (const name of nodes) snapshot.setNode(node(name, { cpu: '4' }));
  for (const [i, [text, spec = {}]] of running.entries()) {
    const [name, priority, cpu, , on] = text.split(' ');
    const made = pod(
      name!,
      { priority: Number(priority), requests: { cpu: cpu! }, ...spec },
      { labels: { app: name!.replace(/\d+$/, '') } },
    );
    const startTime = `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`;
    snapshot.place(viewPod({ ...made, status: { phase: 'Running', startTime } }), on!, 'bound');
  }
  return snapshot;
}

/** Where room is made for the pod, and whom it costs; or why nowhere. */
function preempt(snapshot: ClusterSnapshot, cpu: string, spec: Partial<PodSpec> = {}): string {
  const view = viewPod(pod('new', { priority: 100, requests: { cpu }, ...spec }));
  const choice = chooseNode(view, snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 });
  if (choice.kind === 'placed') return 'it fits';
  const preemption = choosePreemption(view, choice.diagnosis, snapshot, DEFAULT_PLUGINS);
  if ('why' in preemption) return preemption.why;
  return `${preemption.node.name}: ${preemption.victims.map(({ pod: { metadata } }) => metadata.name).join(' ')}`;
}

describe('who makes room', () => {
  const cases: [string, readonly Running[], string, string][] = [
    ['the lower priority', [['low 1 4 on n1'], ['high 50 4 on n2']], '2', 'n1: low'],
    ['no more than needed', [['a 1 1 on n1'], ['b 1 1 on n1'], ['c 1 2 on n1'], ['x 200 4 on n2']], '2', 'n1: c'],
    ['the ones that started last', [['old 1 2 on n1'], ['young 1 2 on n1'], ['x 200 4 on n2']], '2', 'n1: young'],
    ['the least important ones', [['less 1 2 on n1'], ['more 2 2 on n1'], ['x 200 4 on n2']], '2', 'n1: less'],
    ['fewer pods', [['a 1 2 on n1'], ['b 1 2 on n1'], ['c 1 4 on n2']], '4', 'n2: c'],
    [
      'fewer pods, also where more of them would be less important',
      [['a 9 2 on n1'], ['b 1 1 on n1'], ['c 1 1 on n1'], ['d 9 2 on n2'], ['e 9 2 on n2']],
      '4',
      'n2: d e',
    ],
    [
      'fewer pods, though those of the lowest priority that there is count for nothing',
      [['c 1 4 on n2'], ['a 1 2 on n1'], [`b ${-(2 ** 31)} 2 on n1`]],
      '4',
      'n2: c',
    ],
    ['the node whose pods started later', [['old 1 4 on n1'], ['young 1 4 on n2']], '4', 'n2: young'],
  ];
  test.each(cases)('%s', (_, running, cpu, expected) => expect(preempt(cluster(running), cpu)).toBe(expected));

  test('the one that has not started yet, however long ago it was made', () => {
    const snapshot = cluster([['running 1 2 on n1'], ['x 200 4 on n2']]);
    const bound = pod('bound', { priority: 1, requests: { cpu: '2' } }, { creationTimestamp: '2025-01-01T00:00:00Z' });
    snapshot.place(viewPod(bound), 'n1', 'bound');
    expect(preempt(snapshot, '2')).toBe('n1: bound');
  });

  test('the one node of many where no budget breaks', () => {
    const names = Array.from({ length: 120 }, (_, i) => `n${i}`);
    const running = names.map((name, i): Running => [`${i === 119 ? 'db' : 'web'}${i} 1 4 on ${name}`]);
    expect(preempt(cluster(running, [budget('web', 0)], names), '4')).toBe('n119: db119');
  });

  test('rather not a pod that its budget cannot spare', () => {
    const running: Running[] = [['web1 1 2 on n1'], ['db1 9 2 on n1'], ['x 200 4 on n2']];
    expect(preempt(cluster(running), '2')).toBe('n1: web1');
    expect(preempt(cluster(running, [budget('web', 0)]), '2')).toBe('n1: db1');
    expect(preempt(cluster(running, [budget('web', 1)]), '2')).toBe('n1: web1');
  });

  test('but it does when there is no other way, and where the fewest budgets break', () => {
    const running: Running[] = [['web1 1 2 on n1'], ['web2 1 2 on n1'], ['web3 1 4 on n2']];
    expect(preempt(cluster(running, [budget('web', 1)]), '4')).toBe('n2: web3');
  });

  test('a pod that keeps it away', () => {
    const shy: Partial<PodSpec> = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: {} }],
        },
      },
    };
    expect(preempt(cluster([['shy 1 1 on n1', shy], ['x 200 4 on n2']]), '1')).toBe('n1: shy');
  });
});

describe('nobody makes room', () => {
  test('when nobody is less important', () => {
    expect(preempt(cluster([['a 100 4 on n1'], ['b 200 4 on n2']]), '1')).toBe(
      '0/2 nodes are available: 2 No preemption victims found for incoming pod.',
    );
  });

  test('where it would not be enough', () => {
    expect(preempt(cluster([['a 1 1 on n1'], ['c 200 2 on n1'], ['b 200 4 on n2']]), '3')).toBe(
      '0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.',
    );
  });

  test('on a node that is too small even without them', () => {
    expect(preempt(cluster([['a 1 1 on n1'], ['b 1 4 on n2']]), '5')).toBe(
      '0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
  });

  test('where it does not matter', () => {
    expect(preempt(cluster([['a 1 4 on n1']]), '1', { nodeSelector: { other: 'yes' } })).toBe(
      '0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
  });

  test('for a pod that does not want it', () => {
    expect(preempt(cluster([['a 1 4 on n1'], ['b 1 4 on n2']]), '1', { preemptionPolicy: 'Never' })).toBe(
      'not eligible due to preemptionPolicy=Never.',
    );
  });

  /** Room is to be made on n1, where a pod is on its way out. */
  function nominated(reason: string): ClusterSnapshot {
    const snapshot = cluster([['a 1 4 on n1'], ['b 1 4 on n2']]);
    const going = pod('a', { priority: 1, requests: { cpu: '4' } }, { deletionTimestamp: '2026-01-01T00:01:00Z' });
    const conditions = [{ type: 'DisruptionTarget', status: 'True' as const, reason }];
    snapshot.place(viewPod({ ...going, status: { ...going.status, conditions } }), 'n1', 'bound');
    snapshot.nominate(viewPod(pod('new', { priority: 100, requests: { cpu: '1' } })), 'n1');
    return snapshot;
  }

  test('while somebody is on the way out for it already', () => {
    expect(preempt(nominated('PreemptionByScheduler'), '1')).toBe('not eligible due to a terminating pod on the nominated node.');
  });

  test('but not while somebody goes for another reason, nor where the pod cannot go any more', () => {
    expect(preempt(nominated('EvictionByEvictionAPI'), '1')).toMatch(/^n\d: /);
    const snapshot = nominated('PreemptionByScheduler');
    snapshot.setNode(node('n1', { cpu: '4' }, { spec: { unschedulable: true } }));
    expect(preempt(snapshot, '1')).toBe('n2: b');
  });
});

describe('room that was made', () => {
  test('is kept from whoever is not more important', () => {
    const snapshot = cluster([], [], ['n1']);
    snapshot.nominate(viewPod(pod('first', { priority: 100, requests: { cpu: '3' } })), 'n1');
    const choose = (priority: number) =>
      chooseNode(viewPod(pod('other', { priority, requests: { cpu: '2' } })), snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 }).kind;
    expect(choose(100)).toBe('refused');
    expect(choose(101)).toBe('placed');
  });

  test('is taken by the one that it was made for', () => {
    const snapshot = cluster([]);
    const first = viewPod(pod('first', { priority: 100, requests: { cpu: '3' } }));
    snapshot.nominate(first, 'n2');
    expect(chooseNode(first, snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 })).toMatchObject({ node: { name: 'n2' }, examined: 1 });
  });
});
