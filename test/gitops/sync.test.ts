import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, seededRandom } from '../../src/base/index.ts';
import { formatPlan, openSource, planRevision } from '../../src/gitops/index.ts';
import { CONFIG_MAPS, PLANS, SYSTEM_NAMESPACE, type Plan } from '../../src/model/index.ts';
import { Backoff } from '../../src/gitops/sync/backoff.ts';
import { authorsOf, HealPace } from '../../src/gitops/sync/heal.ts';
import { configMapFile, RunningPipeline } from './running.ts';
import { manifest } from './values.ts';

describe('repairs of one object', () => {
  it('come at once, then ever later while someone keeps undoing them', () => {
    const pace = new HealPace(new ManualClock());
    const repairs = Array.from({ length: 14 }, () => pace.next('a'));
    expect(repairs.map(({ delayMs }) => delayMs)).toEqual([
      20, 20, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000,
    ]);
    expect(repairs.findIndex(({ fight }) => fight)).toBe(4);
  });

  it('start over after ten quiet minutes, and know objects apart', async () => {
    const clock = new ManualClock();
    const pace = new HealPace(clock);
    for (let i = 0; i < 6; i++) pace.next('a');
    expect(pace.next('b').delayMs).toBe(20);
    await clock.advance(600_000);
    expect(pace.next('a')).toEqual({ delayMs: 20, fight: false });
  });

  it('name who made the change', () => {
    const entry = (manager: string, time: string) => ({
      manager,
      operation: 'Update' as const,
      apiVersion: 'v1',
      time,
      fieldsType: 'FieldsV1' as const,
      fieldsV1: {},
    });
    const object = (...managedFields: ReturnType<typeof entry>[]) => manifest('ConfigMap', 'a', { metadata: { managedFields } });
    expect(
      authorsOf(
        object(entry('slipway', '1'), entry('old', '1')),
        object(entry('slipway', '2'), entry('old', '1'), entry('kubectl-edit', '2')),
      ),
    ).toEqual(['kubectl-edit']);
  });
});

describe('repetitions of an application', () => {
  it('wait twice as long after each failure, up to five minutes', () => {
    const backoff = new Backoff();
    expect(Array.from({ length: 12 }, () => backoff.next('a', false)! / 1000)).toEqual([0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    backoff.reset('a');
    expect(backoff.next('a', true)).toBe(0);
    expect(backoff.next('a', true)).toBe(1000);
  });
});

describe('with a pipeline', () => {
  let running: RunningPipeline;
  beforeEach(async () => {
    running = await RunningPipeline.create();
  });
  afterEach(() => running.close());

  const start = async (files: Readonly<Record<string, string>>) => {
    const oid = running.repository.commit('first', files);
    await running.start();
    await running.ready();
    return oid;
  };
  const names = async () => (await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);

  it('planRevision shows what any commit would change, and writes nothing', async () => {
    const first = await start({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }), 'web/more.yaml': configMapFile('more', {}) });
    const source = await openSource(running.repository.path);
    const before = running.plane.store.revision;
    const options = { source, client: running.client, random: seededRandom(5) };
    expect(
      (await planRevision({ ...options, snapshot: await source.snapshot() })).applications.map((plan) =>
        formatPlan(plan, { format: 'stat' }),
      ),
    ).toEqual([expect.stringContaining('2 unchanged')]);
    const back = await planRevision({ ...options, snapshot: await options.source.snapshot(first) });
    expect(back.applications.flatMap(({ steps }) => steps.map(({ op, target }) => `${op} ${target.name}`))).toEqual([
      'update page',
      'prune more',
    ]);
    expect(running.plane.store.revision).toBe(before);
  });

  it('planRevision goes by the policy of each application, as its syncs do', async () => {
    const manual = { path: 'web', namespace: 'shop', sync: 'Manual', createNamespace: true };
    const application = { apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name: 'web' }, spec: manual };
    await start({ 'apps.json': JSON.stringify(application), 'web/page.yaml': configMapFile('page', {}) });
    const source = await openSource(running.repository.path);
    const { applications } = await planRevision({
      source,
      client: running.client,
      random: seededRandom(5),
      snapshot: await source.snapshot(),
    });
    const web = applications.find(({ application: name }) => name === 'web')!;
    expect(web.steps.map(({ op, target }) => `${op} ${target.name}`)).toEqual(['create shop', 'create page']);
  });

  it('a plan that was cut off is closed at the next start, and what it made is owned', async () => {
    await start({ 'web/page.yaml': configMapFile('page', {}), 'web/other.yaml': configMapFile('other', {}) });
    await running.stop();
    const cut: Plan = {
      apiVersion: 'slipway.dev/v1',
      kind: 'Plan',
      metadata: { name: 'web-cut-off', namespace: SYSTEM_NAMESPACE, labels: { 'slipway.dev/application': 'web' } },
      spec: {
        application: 'web',
        revision: 'x',
        digest: 'x',
        steps: [{ op: 'create', apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'orphan' }],
      },
    };
    const made = await running.client.create(PLANS, cut);
    await running.client.updateStatus(PLANS, { ...made, status: { phase: 'Applying' } });
    await running.client.create(
      CONFIG_MAPS,
      manifest('ConfigMap', 'orphan', { metadata: { labels: { 'slipway.dev/application': 'web' } } }),
    );
    await running.start();
    await running.ready();
    expect(await names()).toEqual(['other', 'page']);
    expect((await running.plans('web')).find(({ metadata }) => metadata.name === 'web-cut-off')?.status).toMatchObject({
      phase: 'Superseded',
    });
  });

  it('the last twenty plans of an application are kept', async () => {
    await start({ 'web/page.yaml': configMapFile('page', {}) });
    for (let i = 0; i < 21; i++) await running.commit(`change ${i}`, { 'web/page.yaml': configMapFile('page', { i: String(i) }) });
    const subjects = (await running.plans('web')).map(({ spec }) => spec.message?.trim());
    expect(subjects).toHaveLength(20);
    expect(subjects).not.toContain('first');
    expect(subjects).not.toContain('change 0');
  });

  it('a folder that no commit has is told, waited for, and never taken for empty', async () => {
    running.repository.commit('first', { 'elsewhere.yaml': configMapFile('page', {}) });
    mkdirSync(join(running.repository.path, 'cluster'));
    await running.start(join(running.repository.path, 'cluster'));
    await running.ready();
    expect(running.said).toEqual([expect.stringContaining('is not in commit')]);
    await running.commit('second', { 'cluster/web/page.yaml': configMapFile('page', {}) });
    expect(await names()).toEqual(['page']);
  });

  it('a burst of commits ends at the last one', async () => {
    await start({ 'web/page.yaml': configMapFile('page', { i: 'first' }) });
    let last = '';
    for (let i = 0; i < 20; i++)
      last = running.repository.commit(`change ${i}`, { 'web/page.yaml': configMapFile('page', { i: String(i) }) });
    await running.observed(last);
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ i: '19' });
  });

  it('a manual application shows its plan and waits for a yes', async () => {
    await start({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const { APPLICATIONS } = await import('../../src/model/index.ts');
    const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' };
    await running.client.patch(target, { type: 'merge', patch: { spec: { sync: 'Manual' } } });
    const oid = await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await running.condition()).toMatchObject({ reason: 'WaitsForApproval' });
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ a: '1' });
    await running.client.patch(target, { type: 'merge', patch: { metadata: { annotations: { 'slipway.dev/approved': oid } } } });
    await running.until('it is synced', async () => (await running.application('web'))?.status?.sync === 'Synced');
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ a: '2' });
  });

  it('a failure of the cluster is told once, tried again, and got over', async () => {
    await start({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const missing = { 'web/far.yaml': configMapFile('far', {}, 'later') };
    await running.commit('into a namespace that is missing', missing);
    expect(await running.condition()).toMatchObject({ reason: 'Problems', message: expect.stringContaining('"later" not found') });
    await running.plane.clock.advance(60_000);
    expect(running.said.filter((text) => text.includes('"later" not found'))).toHaveLength(1);
    const { NAMESPACES } = await import('../../src/model/index.ts');
    await running.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } });
    await running.until('it is synced', async () => (await running.application('web'))?.status?.sync === 'Synced');
  });

  it('nothing happens while nothing changes', async () => {
    await start({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.plane.clock.advance(1_000);
    const before = running.plane.store.revision;
    await running.plane.clock.advance(3_600_000);
    expect(running.plane.store.revision).toBe(before);
  });
});
