import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { openSource, planRevision } from '../../src/gitops/index.ts';
import { APPLICATIONS, CONFIG_MAPS, JOBS, PLANS, SYSTEM_NAMESPACE } from '../../src/model/index.ts';
import { endJobOf, hookFile, jobOf } from './jobs.ts';
import { configMapFile, RunningPipeline } from './running.ts';

const ARGO = 'argocd.argoproj.io/';

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const begin = async (files: Readonly<Record<string, string>>) => {
  running.repository.commit('first', files);
  await running.start();
  await running.ready();
};
const has = (what: string) => running.until(what, async () => (await running.condition())?.reason === what);
const says = (what: RegExp) => running.until(String(what), async () => what.test((await running.condition())?.message ?? ''));
const job = (name: string) => jobOf(running, name);
const starts = (name: string) => running.until(`${name} runs`, async () => (await job(name)) !== undefined);
const endJob = (name: string, type: 'Complete' | 'Failed') => endJobOf(running, name, type);
const names = async () => (await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
const jobs = async () => (await running.client.list(JOBS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
const isGone = () => running.until('the application is gone', async () => (await running.application('web')) === undefined);
const order = (annotations: Readonly<Record<string, string>>) =>
  running.client.patch(
    { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' },
    { type: 'merge', patch: { metadata: { annotations } } },
  );
const page = (a: string) => ({ 'web/page.yaml': configMapFile('page', { a }) });
const other = { 'other/page.yaml': configMapFile('other', {}) };

describe('a hook for failures', () => {
  const files = { 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') };
  const tell = (rest = {}) => ({ 'web/tell.yaml': hookFile('tell', 'SyncFail', rest) });

  it('is waited for before the sync has failed, and what failed does not run again meanwhile', async () => {
    await begin({ ...files, ...tell() });
    await endJob('migrate', 'Failed');
    const failed = (await job('migrate'))!.metadata.uid;
    await says(/^the SyncFail hooks: waiting for Job default\/tell/);
    expect(await running.plans('web')).toMatchObject([{ status: { phase: 'Waiting', message: expect.stringContaining('backoff limit') } }]);
    await endJob('tell', 'Complete');
    await has('HookFailed');
    expect((await running.condition())?.message).toMatch(/^web\/migrate.yaml:1: hook Job migrate: /);
    expect((await job('migrate'))!.metadata.uid).toBe(failed);
    const [plan] = await running.plans('web');
    expect(plan?.status).toMatchObject({ phase: 'Failed', steps: [{ outcome: 'failed' }, { outcome: 'skipped' }, { outcome: 'applied' }] });
  });

  it('is waited for also across a restart', async () => {
    await begin({ ...files, ...tell() });
    await endJob('migrate', 'Failed');
    await says(/^the SyncFail hooks/);
    const [failed, told] = [(await job('migrate'))!.metadata.uid, (await job('tell'))!.metadata.uid];
    await running.stop();
    await running.start();
    await running.ready();
    await endJob('tell', 'Complete');
    await has('HookFailed');
    expect([(await job('migrate'))!.metadata.uid, (await job('tell'))!.metadata.uid]).toEqual([failed, told]);
  });

  it('that fails itself is told beside what failed first', async () => {
    await begin({ ...files, ...tell() });
    await endJob('migrate', 'Failed');
    await endJob('tell', 'Failed');
    await has('HookFailed');
    expect((await running.condition())?.message).toMatch(/hook Job migrate: [^]*hook Job tell: /);
  });

  it('is taken away when it has ended, if it asks for that', async () => {
    await begin({ ...files, ...tell({ [`${ARGO}hook-delete-policy`]: 'HookSucceeded' }) });
    await endJob('migrate', 'Failed');
    await endJob('tell', 'Complete');
    await has('HookFailed');
    await running.until('it is gone', async () => (await job('tell')) === undefined);
  });

  it('is overtaken by the next commit', async () => {
    await begin({ ...files, ...tell() });
    await endJob('migrate', 'Failed');
    await says(/^the SyncFail hooks/);
    await running.commit('without', { 'web/migrate.yaml': undefined });
    await has('Applied');
    expect(await names()).toEqual(['page']);
  });
});

describe('where somebody writes in the middle of a sync', () => {
  const files = {
    'web/migrate.yaml': hookFile('migrate', 'PreSync'),
    'web/check.yaml': hookFile('check', 'PostSync'),
    'web/first.yaml': configMapFile('a-first', { a: '1' }),
  };

  it.each([
    ['the very same', '2'],
    ['something else', '3'],
  ])('each hook runs once for the commit: %s', async (_what, written) => {
    await begin({ ...files, ...page('1') });
    for (const name of ['migrate', 'check']) await endJob(name, 'Complete');
    await has('Applied');
    await running.stop();
    const [migrated, checked] = [(await job('migrate'))!.metadata.uid, (await job('check'))!.metadata.uid];
    let met = 0;
    const { as } = running.client;
    vi.spyOn(running.plane.client, 'as').mockImplementationOnce((manager) => {
      const client = as.call(running.client, manager);
      const write = client.apply.bind(client);
      vi.spyOn(client, 'apply').mockImplementation(async (...told) => {
        if (told[1].metadata.name === 'a-first' && !told[2]?.dryRun && met++ === 0) {
          const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
          await running.client.patch(target, { type: 'merge', patch: { data: { a: written } } });
        }
        return write(...told);
      });
      return client;
    });
    running.repository.commit('second', { 'web/first.yaml': configMapFile('a-first', { a: '2' }), ...page('2') });
    await running.start();
    await running.until('it migrates', async () => ![undefined, migrated].includes((await job('migrate'))?.metadata.uid));
    const second = (await job('migrate'))!.metadata.uid;
    await endJob('migrate', 'Complete');
    await running.until('it checks', async () => ![undefined, checked].includes((await job('check'))?.metadata.uid));
    await endJob('check', 'Complete');
    await has('Applied');
    expect(met).toBeGreaterThan(0);
    expect(running.said).toContain('web outdated');
    expect((await job('migrate'))!.metadata.uid).toBe(second);
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ a: '2' });
    const plans = await running.plans('web');
    expect(plans.map(({ status }) => status?.phase)).not.toContain('Applying');
  });
});

it('a plan of drift runs no hook, as the sync that puts it back does not', async () => {
  await begin({ 'web/check.yaml': hookFile('check', 'PostSync'), ...page('1') });
  await endJob('check', 'Complete');
  await has('Applied');
  await order({ 'slipway.dev/suspended': 'true' });
  const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
  await running.client.as('kubectl').patch(target, { type: 'merge', patch: { data: { a: 'theirs' } } });
  await has('Suspended');
  const source = await openSource(running.repository.path);
  const stepsAt = async () => {
    const snapshot = await source.snapshot();
    const { applications } = await planRevision({ source, snapshot, client: running.client, random: seededRandom(5) });
    return applications.flatMap(({ steps }) => steps.map(({ op, target: { name } }) => `${op} ${name}`));
  };
  expect(await stepsAt()).toEqual(['update page']);
  await running.commit('second', page('2'));
  expect(await stepsAt()).toEqual(['update page', 'hook check']);
});

it('a hook of two phases runs in each', async () => {
  await begin({ 'web/check.yaml': hookFile('check', 'PreSync,PostSync'), ...page('1') });
  await endJob('check', 'Complete');
  const first = (await job('check'))!.metadata.uid;
  await running.until('it runs again', async () => ![undefined, first].includes((await job('check'))?.metadata.uid));
  expect(await names()).toEqual(['page']);
  await endJob('check', 'Complete');
  await has('Applied');
});

describe('a hook with a generated name', () => {
  const hook = (phase = 'PreSync') => hookFile('x', phase).replace('name: x', 'generateName: migrate-');
  const short = (oid: string) => oid.slice(0, 7);

  it('is made anew by each commit that is synced, and the earlier ones stay', async () => {
    await begin({ 'web/migrate.yaml': hook(), ...page('1') });
    const [first] = await jobs();
    expect(first).toBe(`migrate-${short(running.repository.git('rev-parse', 'HEAD'))}`);
    await endJob(first!, 'Complete');
    await has('Applied');
    const second = `migrate-${short(running.repository.commit('second', page('2')))}`;
    await endJob(second, 'Complete');
    await running.until('2', async () => (await running.client.get(CONFIG_MAPS, 'page', 'default')).data?.['a'] === '2');
    expect((await jobs()).toSorted()).toEqual([first, second].toSorted());
  });

  it('that still runs ends when a newer commit takes over', async () => {
    await begin({ 'web/migrate.yaml': hook(), ...page('1') });
    const [first] = await jobs();
    const second = `migrate-${short(running.repository.commit('second', page('2')))}`;
    await starts(second);
    expect(await jobs()).toEqual([second]);
    expect(first).not.toBe(second);
  });

  it('that still runs ends also when the newer commit comes in the middle of its sync', async () => {
    let second: string | undefined;
    const { as } = running.client;
    vi.spyOn(running.plane.client, 'as').mockImplementationOnce((manager) => {
      const client = as.call(running.client, manager);
      const write = client.apply.bind(client);
      vi.spyOn(client, 'apply').mockImplementation(async (...told) => {
        const written = await write(...told);
        if (told[0].kind !== JOBS.kind || told[2]?.dryRun || second) return written;
        second = `migrate-${short(running.repository.commit('second', { ...page('2'), ...other }))}`;
        while (!(await names()).includes('other')) await setImmediate();
        return written;
      });
      return client;
    });
    await begin({ 'web/migrate.yaml': hook(), ...page('1') });
    await running.until('the second runs', async () => second !== undefined && (await job(second)) !== undefined);
    expect(await jobs()).toEqual([second]);
    expect((await running.plans('web')).map(({ status }) => status?.phase)).toContain('Superseded');
  });

  it('that still runs ends also when its sync was cut off before it could tell', async () => {
    await begin({ 'web/migrate.yaml': hook(), ...page('1') });
    await has('WaitsForHealth');
    await running.stop();
    const [{ metadata, status } = {}] = await running.plans('web');
    const { steps: _steps, waiting: _waiting, ...begun } = status!;
    const plan = await running.client.get(PLANS, metadata!.name, SYSTEM_NAMESPACE);
    await running.client.updateStatus(PLANS, { ...plan, status: { ...begun, phase: 'Applying' } });
    const second = `migrate-${short(running.repository.commit('second', page('2')))}`;
    await running.start();
    await starts(second);
    expect(await jobs()).toEqual([second]);
  });

  it('is found again after a restart', async () => {
    await begin({ 'web/migrate.yaml': hook(), ...page('1') });
    await starts((await jobs())[0]!);
    await running.stop();
    await running.start();
    await running.ready();
    await endJob((await jobs())[0]!, 'Complete');
    await has('Applied');
    expect(await jobs()).toHaveLength(1);
  });
});

it('a hook that still runs ends with the commit that takes it out', async () => {
  await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
  await starts('migrate');
  await running.commit('without it', { 'web/migrate.yaml': undefined });
  await has('Applied');
  expect(await jobs()).toEqual([]);
});

describe('a hook of the end', () => {
  const before = hookFile('backup', 'PreDelete');
  const after = hookFile('mourn', 'PostDelete');
  const application = (spec: object) =>
    JSON.stringify({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name: 'web' }, spec: { path: 'web', ...spec } });
  const gone = { 'web/backup.yaml': undefined, 'web/page.yaml': undefined };
  const bothGone = { ...gone, 'web/mourn.yaml': undefined };

  it('runs in no sync', async () => {
    await begin({ 'web/backup.yaml': before, 'web/mourn.yaml': after, ...page('1'), ...other });
    await has('Applied');
    expect(await jobs()).toEqual([]);
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['page']);
  });

  it('runs before the first object goes, or after the last', async () => {
    await begin({ 'web/backup.yaml': before, 'web/mourn.yaml': after, ...page('1'), ...other });
    await has('Applied');
    running.repository.commit('remove', bothGone);
    await running.approve('web');
    await says(/^the PreDelete hooks: waiting for Job default\/backup/);
    expect(await names()).toContain('page');
    expect(await job('mourn')).toBeUndefined();
    await endJob('backup', 'Complete');
    await starts('mourn');
    expect(await names()).not.toContain('page');
    expect(await running.application('web')).toBeDefined();
    await endJob('mourn', 'Complete');
    await isGone();
  });

  describe('that runs after the last object', () => {
    const held = async (finalizers: readonly string[]) => {
      const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
      await running.client.patch(target, { type: 'merge', patch: { metadata: { finalizers } } });
    };
    const remove = async () => {
      await begin({ 'web/mourn.yaml': after, ...page('1'), ...other });
      await has('Applied');
      await held(['example.com/slow']);
      running.repository.commit('remove', { 'web/mourn.yaml': undefined, 'web/page.yaml': undefined });
      await running.approve('web');
      await says(/^the removal of its objects: waiting for ConfigMap default\/page \(held by example.com\/slow\)$/);
    };

    it('waits until each is really gone', async () => {
      await remove();
      expect(await job('mourn')).toBeUndefined();
      expect((await running.plans('web')).find(({ status }) => status?.phase === 'Waiting')?.status?.steps).toMatchObject([
        { outcome: 'running', message: 'held by example.com/slow' },
        { outcome: 'skipped' },
      ]);
      await held([]);
      await endJob('mourn', 'Complete');
      await isGone();
      expect(running.said.filter((line) => line.includes('was deleted'))).toEqual([]);
      const [plan] = (await running.plans('web')).toReversed();
      expect(plan?.status).toMatchObject({ phase: 'Applied', steps: [{ outcome: 'applied' }, { outcome: 'applied' }] });
    });

    it('waits for that also across a restart', async () => {
      await remove();
      await running.stop();
      await running.start();
      await running.ready();
      expect(await job('mourn')).toBeUndefined();
      await held([]);
      await endJob('mourn', 'Complete');
      await isGone();
    });
  });

  it('goes on where it was after a restart', async () => {
    await begin({ 'web/backup.yaml': before, 'web/mourn.yaml': after, ...page('1'), ...other });
    await has('Applied');
    running.repository.commit('remove', bothGone);
    await running.approve('web');
    await starts('backup');
    await running.stop();
    running.repository.commit('something else', { 'other/page.yaml': configMapFile('other', { b: '2' }) });
    await running.start();
    await running.ready();
    await starts('backup');
    await endJob('backup', 'Complete');
    await starts('mourn');
    await endJob('mourn', 'Complete');
    await isGone();
  });

  it.each(['in the same process', 'after a restart'])(
    'runs once, also when the application cannot be removed at first, %s',
    async (when) => {
      await begin({ 'web/mourn.yaml': after, ...page('1'), ...other });
      await has('Applied');
      await running.stop();
      let refused = 0;
      const { as } = running.client;
      vi.spyOn(running.plane.client, 'as').mockImplementation((manager) => {
        const client = as.call(running.client, manager);
        const remove = client.delete.bind(client);
        return Object.assign(client, {
          delete: async (...told: Parameters<typeof remove>) => {
            if (told[0].kind.kind !== APPLICATIONS.kind || refused++ > 0) return remove(...told);
            throw new Error('the disk is full');
          },
        });
      });
      await running.start();
      running.repository.commit('remove', { 'web/mourn.yaml': undefined, 'web/page.yaml': undefined });
      await running.approve('web');
      await endJob('mourn', 'Complete');
      const first = (await job('mourn'))!.metadata.uid;
      await running.until('it is refused', () => refused > 0);
      if (when === 'after a restart') {
        await running.stop();
        vi.restoreAllMocks();
        await running.start();
      }
      await isGone();
      expect((await job('mourn'))!.metadata.uid).toBe(first);
      expect(await running.plans('web')).toHaveLength(2);
    },
  );

  it('runs again when an application of the same name goes', async () => {
    const files = { 'web/mourn.yaml': after, ...page('1') };
    await begin({ ...files, ...other });
    const seen = new Set<string | undefined>();
    for (const round of [1, 2]) {
      await has('Applied');
      const unlike = { 'other/page.yaml': configMapFile('other', { round: String(round) }) };
      running.repository.commit(`remove ${round}`, { 'web/mourn.yaml': undefined, 'web/page.yaml': undefined, ...unlike });
      await running.approve('web');
      await running.until('it runs', async () => (await job('mourn')) !== undefined && !seen.has((await job('mourn'))!.metadata.uid));
      seen.add((await job('mourn'))!.metadata.uid);
      await endJob('mourn', 'Complete');
      await isGone();
      running.repository.commit(`again ${round}`, files);
    }
    expect(seen.size).toBe(2);
  });

  it('that fails keeps the application with all that it has, until a person goes on', async () => {
    await begin({ 'web/backup.yaml': before, ...page('1'), ...other });
    await has('Applied');
    running.repository.commit('remove', gone);
    await running.approve('web');
    await endJob('backup', 'Failed');
    await has('HookFailed');
    expect((await running.condition())?.message).toMatch(/it is not run again by itself: slipway resume web/);
    expect(await names()).toContain('page');
    const failed = (await job('backup'))!.metadata.uid;
    await order({ 'slipway.dev/resumed': new Date(running.plane.clock.now()).toISOString() });
    await running.until('it runs again', async () => ![undefined, failed].includes((await job('backup'))?.metadata.uid));
    await endJob('backup', 'Complete');
    await isGone();
  });

  it('is held back with what is beyond the budget, and one approval is for both', async () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`web/${i}.yaml`, configMapFile(`page-${i}`, {})]));
    await begin({ 'web/backup.yaml': before, ...many, ...other });
    await has('Applied');
    running.repository.commit('remove', Object.fromEntries(['web/backup.yaml', ...Object.keys(many)].map((file) => [file, undefined])));
    await has('PrunesHeld');
    expect((await running.condition())?.message).toContain('Job default/backup runs when the objects may go');
    expect(await jobs()).toEqual([]);
    const pending = (await running.plans('web')).find(({ status }) => status?.phase === 'Pending')!;
    expect(pending.spec.steps.map(({ op, phase }) => phase ?? op)).toEqual(['PreDelete', ...Array(7).fill('prune')]);
    await order({ 'slipway.dev/approved': pending.spec.digest });
    await endJob('backup', 'Complete');
    await isGone();
  });

  it('is not run where nothing is pruned', async () => {
    await begin({ 'apps.json': application({ prune: false }), 'web/backup.yaml': before, ...page('1'), ...other });
    await has('Applied');
    running.repository.commit('remove', { ...gone, 'apps.json': undefined });
    await isGone();
    expect(await jobs()).toEqual([]);
    expect(await names()).toContain('page');
  });

  /** Takes the application out of the repository when what it was last at cannot be read any more. */
  async function removeUnreadable(): Promise<void> {
    await has('Applied');
    const present = await running.client.get(APPLICATIONS, 'web', SYSTEM_NAMESPACE);
    await running.client.updateStatus(APPLICATIONS, { ...present, status: { ...present.status, revision: '1'.repeat(40) } });
    running.repository.commit('remove', gone);
    await has('PrunesHeld');
  }

  it('that can no longer be read stops the end, and says so, until a person agrees', async () => {
    await begin({ 'web/backup.yaml': before, ...page('1'), ...other });
    await removeUnreadable();
    expect((await running.condition())?.message).toMatch(
      /^ConfigMap default\/\w+ is not pruned: what web has to run before it goes is in 1111111, which cannot be read \(.*\), and would not run; if that is meant: slipway approve web$/,
    );
    expect(await names()).toContain('page');
    await running.approve('web');
    await isGone();
    expect(await names()).toEqual(['other']);
    expect(await jobs()).toEqual([]);
  });

  it('that can no longer be read stops the end too where all objects stay, as it could have run', async () => {
    const annotations = '\n  annotations: { kustomize.toolkit.fluxcd.io/prune: disabled }';
    const kept = { 'web/page.yaml': configMapFile('page', {}).replace('\ndata:', `${annotations}\ndata:`) };
    await begin({ 'web/backup.yaml': before, ...kept, ...other });
    await removeUnreadable();
    expect((await running.condition())?.message).toMatch(
      /^Application slipway-system\/web stays: what web has to run before it goes is in 1111111, .*would not run; if that is meant: slipway approve web$/,
    );
    const source = await openSource(running.repository.path);
    const { applications } = await planRevision({
      source,
      snapshot: await source.snapshot(),
      client: running.client,
      random: seededRandom(1),
    });
    expect(applications.find(({ application: name }) => name === 'web')?.held).toHaveLength(1);
    await running.approve('web');
    await isGone();
    expect(await names()).toEqual(expect.arrayContaining(['other', 'page']));
  });

  it('that can no longer be read is of no matter where nothing may be pruned', async () => {
    await begin({ 'apps.json': application({ prune: false }), 'web/backup.yaml': before, ...page('1'), ...other });
    await has('Applied');
    const present = await running.client.get(APPLICATIONS, 'web', SYSTEM_NAMESPACE);
    await running.client.updateStatus(APPLICATIONS, { ...present, status: { ...present.status, revision: '1'.repeat(40) } });
    running.repository.commit('remove', { ...gone, 'apps.json': undefined });
    await isGone();
    expect(await names()).toContain('page');
  });
});
