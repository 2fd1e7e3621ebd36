import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock, Scope, seededRandom, silentLog, StatusError } from '../../src/base/index.ts';
import { NODES, PODS, type Node } from '../../src/model/index.ts';
import { startScheduler, viewPod } from '../../src/scheduler/index.ts';
import { FakeApi } from '../scheduler/fakeapi.ts';
import { node, pod } from '../scheduler/samples.ts';

type Step =
  | { readonly do: 'pod'; readonly cpu: number; readonly memory: number; readonly port: number | undefined }
  | { readonly do: 'delete' | 'finish'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('pod' as const),
        cpu: fc.integer({ min: 0, max: 3 }),
        memory: fc.integer({ min: 0, max: 3 }),
        port: fc.option(fc.constantFrom(80, 443), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'finish' as const), which: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1_000, 12_000) }) },
  ),
  { maxLength: 40 },
);

const sizes = fc.array(
  fc.record({ cpu: fc.integer({ min: 0, max: 6 }), memory: fc.integer({ min: 0, max: 6 }), pods: fc.integer({ min: 0, max: 6 }) }),
  { maxLength: 4 },
);

/** An API that answers late, shows what was written late, and sometimes refuses. */
function slowApi(seed: number, clock: ManualClock): FakeApi {
  const random = seededRandom(seed);
  const some = () => Math.floor(random.fraction() * 4) * 10;
  const api: FakeApi = new FakeApi({
    async post({ namespace, name }, body) {
      await clock.sleep(some());
      if (random.fraction() < 0.2) throw new StatusError('InternalError', 'not now');
      const old = api.of(PODS).get(`${namespace}/${name}`);
      if (!old) throw new StatusError('NotFound', 'gone');
      const { name: nodeName } = body['target'] as { name: string };
      const show = () => {
        const now = api.of(PODS).get(`${namespace}/${name}`);
        if (now) api.put(PODS, { ...now, spec: { ...now.spec, nodeName } });
      };
      if (random.fraction() < 0.5) show();
      else clock.after(some(), show);
      return body;
    },
    patch: async () => ({}),
  });
  return api;
}

/** What runs on a node must be what it has room for. */
function overcommitted(api: FakeApi, of: Node): string | undefined {
  const { cpu, memory, pods } = of.status!.allocatable!;
  const running = api
    .of(PODS)
    .list()
    .filter((one) => one.spec.nodeName === of.metadata.name && one.status?.phase === 'Pending')
    .map(viewPod);
  const sum = (pick: (view: (typeof running)[number]) => number) => running.reduce((total, view) => total + pick(view), 0);
  const ports = running.flatMap((view) => view.wants.hostPorts.map(({ port }) => port));
  if (sum((view) => view.wants.requests.cpu) > Number(cpu) * 1_000) return 'cpu';
  if (sum((view) => view.wants.requests.memory) > Number(memory)) return 'memory';
  if (running.length > Number(pods)) return 'pods';
  return new Set(ports).size < ports.length ? 'ports' : undefined;
}

test('no node is ever over-committed, and at the end nothing waits that would fit', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, steps, fc.nat(), async (nodes, plan, seed) => {
      const clock = new ManualClock();
      const scope = new Scope('property');
      const api = slowApi(seed, clock);
      const all = nodes.map(({ cpu, memory, pods }, i) => node(`n${i}`, { cpu: `${cpu}`, memory: `${memory}`, pods: `${pods}` }));
      api.put(NODES, ...all);
      const scheduler = startScheduler({ client: api.client, clock, random: seededRandom(seed), log: silentLog, scope });
      const check = () => expect(all.map((each) => overcommitted(api, each))).toEqual(all.map(() => undefined));
      for (const [i, step] of plan.entries()) {
        perform(step, i, api);
        await clock.advance(step.do === 'wait' ? step.ms : 1);
        check();
      }
      for (let second = 0; second < 200; second++) await clock.advance(1_000);
      check();
      expect(scheduler.counts()).toMatchObject({ ready: 0, backingOff: 0, binding: 0 });
      for (const one of api.of(PODS).list())
        if (!one.spec.nodeName) expect(all.filter((each) => fits(api, one.metadata.name, each))).toEqual([]);
      await scope.close();
    }),
    { numRuns: 60 },
  );
});

function perform(step: Step, i: number, api: FakeApi): void {
  const keys = [...api.of(PODS).objects.keys()];
  if (step.do === 'pod') {
    const ports = step.port ? [{ containerPort: 80, hostPort: step.port }] : [];
    const requests = { cpu: `${step.cpu}`, memory: `${step.memory}` };
    api.put(PODS, pod(`p${i}`, { containers: [{ name: 'main', ports, resources: { requests } }] }));
  } else if (step.do !== 'wait' && keys.length > 0) {
    const key = keys[step.which % keys.length]!;
    if (step.do === 'delete') api.remove(PODS, key);
    else api.put(PODS, { ...api.of(PODS).get(key)!, status: { phase: 'Succeeded' } });
  }
}

function fits(api: FakeApi, name: string, on: Node): boolean {
  const old = api.of(PODS).get(`default/${name}`)!;
  if (old.status?.phase !== 'Pending') return false;
  api.put(PODS, { ...old, spec: { ...old.spec, nodeName: on.metadata.name } });
  const fitting = overcommitted(api, on) === undefined;
  api.put(PODS, old);
  return fitting;
}
