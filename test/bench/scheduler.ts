/** How many pods a second get a node, with an API that answers at once: `node test/bench/scheduler.ts`. */
import { Scope, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { NODES, PODS } from '../../src/model/index.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { FakeApi } from '../scheduler/fakeapi.ts';
import { node, pod } from '../scheduler/samples.ts';

const ROUNDS = 3;
const median = (figures: readonly number[]) => figures.toSorted((a, b) => a - b)[figures.length >> 1]!;

interface Round {
  readonly podsPerSecond: number;
  /** The longest time for which the main loop was held. */
  readonly longestTurn: number;
}

async function place(nodes: number, pods: number): Promise<Round> {
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
  api.put(NODES, ...Array.from({ length: nodes }, (_, i) => node(`node-${i}`, { cpu: '32', memory: '256Gi' })));
  api.put(PODS, ...Array.from({ length: pods }, (_, i) => pod(`pod-${i}`, { requests: { cpu: '100m', memory: '500Mi' } })));
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

for (const [nodes, pods] of [
  [3, 300],
  [200, 2_000],
  [200, 20_000],
  [5_000, 10_000],
] as const) {
  await place(nodes, Math.min(pods, 1_000));
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await place(nodes, pods));
  const rate = Math.round(median(rounds.map(({ podsPerSecond }) => podsPerSecond)));
  const longest = median(rounds.map(({ longestTurn }) => longestTurn)).toFixed(1);
  console.log(`${nodes} nodes, ${pods} pods: ${rate} pods/s, longest hold of the main loop ${longest} ms`);
}
