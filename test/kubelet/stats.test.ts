import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../src/base/index.ts';
import { simulatedRuntime } from '../../src/kubelet/index.ts';
import { machineUsageIn } from '../../src/kubelet/process/usage.ts';
import { kubeletHandler } from '../../src/kubelet/server.ts';
import { UsageSampler } from '../../src/kubelet/stats/sampler.ts';
import { pod } from './samples.ts';

test('a machine uses what it does neither idly nor waiting, and all the memory that it could not give', () => {
  const stat = 'cpu  100 5 20 999 999 1 2 0 0 0\ncpu0 50 2 10 500 500 0 1 0 0 0\n';
  const meminfo = 'MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n';
  expect(machineUsageIn(stat, meminfo)).toEqual({ cpuNanos: 1_280_000_000, memoryBytes: 400 * 1024 });
});

describe('a node that is asked for what it uses', () => {
  const annotations = { 'slipway.dev/cpu-usage.web': '500m', 'slipway.dev/memory-usage': '1Mi' };

  async function node() {
    const clock = new ManualClock();
    const runtime = simulatedRuntime({ clock, random: seededRandom(1) });
    await runtime.ensureSandbox({ podUid: 'u1', namespace: 'default', name: 'web-1', annotations });
    const rest = { podUid: 'u1', attempt: 0, image: '', command: [], args: [], env: {}, mounts: [] };
    for (const name of ['web', 'log']) await runtime.start({ ...rest, name });
    const handler = kubeletHandler({ runtime, clock, nodeName: 'n1', pod: () => undefined, pods: () => [pod()] });
    return { clock, runtime, handler };
  }

  test('tells how much, of each pod and container, and in all', async () => {
    const { clock, handler } = await node();
    const asked = handler(new Request('http://n1/stats/summary'));
    await clock.advance(1000);
    expect(await (await asked).json()).toMatchObject({
      node: { nodeName: 'n1', cpu: { usageNanoCores: 500_000_000 }, memory: { workingSetBytes: 2 * 1024 * 1024 } },
      pods: [
        {
          podRef: { name: 'web-1', namespace: 'default', uid: 'u1' },
          containers: [
            {
              name: 'web',
              cpu: { usageNanoCores: 500_000_000, usageCoreNanoSeconds: 500_000_000 },
              memory: { workingSetBytes: 1024 * 1024 },
            },
            { name: 'log', cpu: { usageNanoCores: 0 } },
          ],
        },
      ],
    });
  });

  test('tells whoever makes rates of it what was used so far', async () => {
    const { clock, handler } = await node();
    await clock.advance(10_000);
    const lines = (await (await handler(new Request('http://n1/metrics/resource'))).text()).split('\n');
    expect(lines).toContain(`container_cpu_usage_seconds_total{container="web",namespace="default",pod="web-1"} 5 ${clock.now()}`);
    expect(lines).toContain('resource_scrape_error 0');
  });

  test('looks again for a container that has begun since', async () => {
    const { clock, runtime } = await node();
    const sampler = new UsageSampler(runtime, clock, () => ['u1']);
    const first = sampler.measure();
    await clock.advance(1000);
    await first;
    await clock.advance(5000);
    await runtime.start({ podUid: 'u1', name: 'late', attempt: 0, image: '', command: [], args: [], env: {}, mounts: [] });
    await clock.advance(1000);
    const second = sampler.measure();
    await clock.advance(1000);
    const windows = (await second).containers.map(({ name, windowMs }) => [name, windowMs]);
    expect(windows).toEqual([
      ['web', 7000],
      ['log', 7000],
      ['late', 1000],
    ]);
  });

  test('who asks while it looks is told of a container that has begun meanwhile', async () => {
    const { clock, runtime } = await node();
    const sampler = new UsageSampler(runtime, clock, () => ['u1']);
    const first = sampler.measure();
    await clock.advance(500);
    await runtime.start({ podUid: 'u1', name: 'late', attempt: 0, image: '', command: [], args: [], env: {}, mounts: [] });
    const second = sampler.measure();
    await clock.advance(500);
    await clock.advance(1000);
    expect((await second).containers.map(({ name }) => name)).toEqual(['web', 'log', 'late']);
    expect(await first).toBe(await second);
  });

  test('containers that begin all the time keep nobody waiting for ever', async () => {
    const { clock, runtime } = await node();
    const sampler = new UsageSampler(runtime, clock, () => ['u1']);
    const asked = sampler.measure();
    for (let second = 0; second < 3; second++) {
      await runtime.start({ podUid: 'u1', name: `c${second}`, attempt: 0, image: '', command: [], args: [], env: {}, mounts: [] });
      await clock.advance(1000);
    }
    expect((await asked).containers.map(({ name }) => name)).toEqual(['web', 'log', 'c0', 'c1']);
  });

  test('looks once for all who ask at the same time', async () => {
    const { clock, runtime } = await node();
    let looks = 0;
    const counting = Object.assign(Object.create(runtime) as typeof runtime, {
      usage: (uids: readonly string[]) => (looks++, runtime.usage!(uids)),
    });
    const sampler = new UsageSampler(counting, clock, () => ['u1']);
    const all = Promise.all([sampler.measure(), sampler.measure()]);
    await clock.advance(1000);
    const [one, other] = await all;
    expect([one === other, looks]).toEqual([true, 2]);
  });
});
