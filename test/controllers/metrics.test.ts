import { expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { QueueCounts } from '../../src/controllers/index.ts';
import { on, runController, SETTLED, type Controller } from '../../src/controllers/loop.ts';
import { CONFIG_MAPS, keyOf } from '../../src/model/index.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { configMap } from '../tools/manifests.ts';

test('the loop counts what each queue takes, how long it works and what fails', async () => {
  const { client, clock, trusted } = await controlPlane();
  const metrics = new QueueCounts();
  const scope = new Scope('metrics');
  let turns = 0;
  const controller: Controller = {
    name: 'slow',
    reads: [CONFIG_MAPS],
    concurrency: 1,
    start: () => ({
      triggers: [on(CONFIG_MAPS, ({ after }) => (after ? [keyOf(after)] : []))],
      reconcile: async () => {
        await clock.sleep(500);
        if (++turns === 1) throw new Error('not yet');
        return SETTLED;
      },
    }),
  };
  runController(controller, { client: trusted, clock, random: seededRandom(1), log: silentLog, scope, metrics });
  await clock.settle();
  for (const name of ['a', 'b']) await client.create(CONFIG_MAPS, configMap(name));
  await clock.advance(100);
  const shown = (name: string) => metrics.families.flatMap(({ values }) => values()).find(({ metricName }) => metricName === name);
  expect(shown('workqueue_adds_total')).toEqual({ metricName: 'workqueue_adds_total', value: 2, labels: { name: 'slow' } });
  expect(shown('workqueue_depth')?.value).toBe(1);
  await clock.advance(5_000);
  expect(shown('workqueue_adds_total')?.value).toBe(2);
  expect(shown('workqueue_retries_total')?.value).toBe(1);
  expect(shown('workqueue_depth')?.value).toBe(0);
  expect(shown('workqueue_work_duration_seconds_sum')?.value).toBeCloseTo(1.5);
  expect(shown('workqueue_work_duration_seconds_count')?.value).toBe(3);
  expect(shown('workqueue_queue_duration_seconds_sum')?.value).toBeCloseTo(0.5);
  await scope.close();
});
