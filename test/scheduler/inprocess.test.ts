import { expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { EVENTS, NODES, PODS } from '../../src/model/index.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { recorder } from '../../src/status/index.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { pod } from '../tools/manifests.ts';
import { node } from './samples.ts';

const asking = (name: string, cpu: string) => pod(name, { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }] });

test('pods of a control plane get their nodes, and whoever asks is told', async () => {
  const { client, trusted, clock } = await controlPlane();
  const scope = new Scope('test');
  const random = seededRandom(1);
  startScheduler({
    client: trusted,
    clock,
    random,
    log: silentLog,
    scope,
    recorder: recorder(trusted, 'default-scheduler', clock, random),
  });
  await client.create(PODS, asking('web', '1'));
  await client.create(PODS, asking('huge', '64'));
  await clock.settle();
  await client.create(NODES, node('n1'));
  await clock.advance(2_000);

  const web = await client.get(PODS, 'web', 'default');
  expect(web.spec.nodeName).toBe('n1');
  expect(web.status?.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
  const huge = await client.get(PODS, 'huge', 'default');
  expect(huge.spec.nodeName).toBeUndefined();
  expect(huge.status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      reason: 'Unschedulable',
      message: expect.stringContaining('0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: '),
    }),
  );
  const events = (await client.list(EVENTS, { namespace: 'default' })).items.map(
    ({ involvedObject, reason, message }) => `${involvedObject.name} ${reason}: ${message}`,
  );
  expect(events.toSorted()).toEqual([
    'huge FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    'huge FailedScheduling: no nodes available to schedule pods',
    'web FailedScheduling: no nodes available to schedule pods',
    'web Scheduled: Successfully assigned default/web to n1',
  ]);
  await scope.close();
});

test('two thousand pods of a control plane all get nodes, spread over all of them', async () => {
  const { client, trusted, clock } = await controlPlane();
  const scope = new Scope('test');
  for (let i = 0; i < 20; i++) await client.create(NODES, node(`n${i}`));
  for (let i = 0; i < 2_000; i++) await trusted.create(PODS, asking(`p${i}`, '1m'));
  const scheduler = startScheduler({ client: trusted, clock, random: seededRandom(1), log: silentLog, scope });
  await trusted.informer(PODS).synced;
  const busy = () => Object.values(scheduler.counts()).some((count) => count > 0);
  do await clock.settle();
  while (busy());
  const { items } = await client.list(PODS);
  expect(Map.groupBy(items, ({ spec }) => spec.nodeName).size).toBe(20);
  expect(items.filter(({ spec }) => !spec.nodeName)).toEqual([]);
  await scope.close();
});
