/** How many pods a second get a node, with an API that answers at once: `node test/bench/scheduler.ts`. */
import { Scope, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { NODES, PODS, REPLICA_SETS, type ObjectMeta, type PodSpec, type ReplicaSet } from '../../src/model/index.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { FakeApi } from '../scheduler/fakeapi.ts';
import { node, pod } from '../scheduler/samples.ts';
import { heading, show } from './report/index.ts';

const ROUNDS = 3;

interface Round {
  readonly podsPerSecond: number;
  /** The longest time for which the main loop was held. */
  readonly longestTurn: number;
}

interface Variant {
  readonly name: string;
  /** What pods say beside their requests. */
  readonly spec: Partial<PodSpec>;
  /** How many ReplicaSets the pods are of; none without. */
  readonly workloads?: number;
}

const LABELS = { app: 'bench' };
const PLAIN: Variant = { name: '', spec: {} };
const SPREAD: Variant = {
  name: ', spread over zones and nodes',
  spec: {
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 5,
      topologyKey,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: LABELS },
    })),
  },
};
const APART: Variant = {
  name: ', no two on a node',
  spec: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: LABELS } }],
      },
    },
  },
};

const OWNED: Variant = { name: ', of 100 workloads', spec: {}, workloads: 100 };

/** The labels of a workload's pods, and whose they are. */
function of(workload: number): Pick<ObjectMeta, 'labels' | 'ownerReferences'> {
  const name = `set-${workload}`;
  return { labels: { app: name }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true }] };
}

function replicaSet(workload: number): ReplicaSet {
  const metadata = { namespace: 'default', name: `set-${workload}`, uid: `set-${workload}` };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { selector: { matchLabels: of(workload).labels } } } as ReplicaSet;
}

async function place(nodes: number, pods: number, { spec, workloads = 0 }: Variant): Promise<Round> {
  const scope = new Scope('bench');
  const done = Promise.withResolvers<void>();
  let bound = 0;
  const api: FakeApi = new FakeApi({
    async post({ namespace, name }, body) {
      const old = api.of(PODS).get(`${namespace}/${name}`)!;
      const { name: nodeName } = body['target'] as { name: string };
      api.put(PODS, { ...old, spec: { ...old.spec, nodeName } });
      if (++bound === pods) done.resolve();
      return body;
    },
  });
  api.put(
    NODES,
    ...Array.from({ length: nodes }, (_, i) =>
      node(`node-${i}`, { cpu: '32', memory: '256Gi' }, { labels: { 'topology.kubernetes.io/zone': `zone-${i % 3}` } }),
    ),
  );
  api.put(REPLICA_SETS, ...Array.from({ length: workloads }, (_, i) => replicaSet(i)));
  api.put(
    PODS,
    ...Array.from({ length: pods }, (_, i) =>
      pod(`pod-${i}`, { requests: { cpu: '100m', memory: '500Mi' }, ...spec }, workloads ? of(i % workloads) : { labels: LABELS }),
    ),
  );
  let longestTurn = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    longestTurn = Math.max(longestTurn, now - last);
    last = now;
  });
  const start = performance.now();
  startScheduler({ client: api.client, clock: systemClock, random: seededRandom(1), log: silentLog, scope });
  await done.promise;
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  await scope.close();
  return { podsPerSecond: pods / seconds, longestTurn };
}

heading('pods that get a node');
for (const [nodes, pods, variant] of [
  [3, 300, PLAIN],
  [200, 2_000, PLAIN],
  [200, 20_000, PLAIN],
  [200, 2_000, OWNED],
  [5_000, 10_000, PLAIN],
  [5_000, 10_000, SPREAD],
  [5_000, 5_000, APART],
] as const) {
  await place(nodes, Math.min(pods, 1_000), variant);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await place(nodes, pods, variant));
  const what = `${nodes} nodes, ${pods} pods${variant.name}`;
  const rates = rounds.map(({ podsPerSecond }) => podsPerSecond);
  show(what, rates, '/s');
  const holds = rounds.map(({ longestTurn }) => longestTurn);
  show(`${what}: longest hold of the main loop`, holds, 'ms');
}
