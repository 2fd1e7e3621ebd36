import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SYSTEM_NAMESPACE, type Deployment } from '../../src/model/index.ts';
import { endJobOf, hookFile, jobOf } from './jobs.ts';
import { configMapFile, deploymentFile, RunningPipeline } from './running.ts';

const ARGO = 'argocd.argoproj.io/';
const FLUX = 'kustomize.toolkit.fluxcd.io/';
const HOUR = 3_600_000;

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const annotated = (text: string, annotations: Readonly<Record<string, string>>) =>
  text.replace('metadata:\n', `metadata:\n  annotations: ${JSON.stringify(annotations)}\n`);
const inWave = (text: string, wave: number) => annotated(text, { [`${ARGO}sync-wave`]: String(wave) });
const applicationFile = (spec: object) =>
  JSON.stringify({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name: 'web' }, spec: { path: 'web', ...spec } });

const begin = async (files: Readonly<Record<string, string>>) => {
  running.repository.commit('first', files);
  await running.start();
  await running.ready();
};
const reason = async () => (await running.condition())?.reason;
const has = (what: string) => running.until(what, async () => (await reason()) === what);
const names = async () => (await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);

async function becomeHealthy(name: string): Promise<void> {
  const app: Deployment = await running.client.get(DEPLOYMENTS, name, 'default');
  const count = app.spec.replicas ?? 1;
  const status = {
    observedGeneration: app.metadata.generation,
    replicas: count,
    updatedReplicas: count,
    readyReplicas: count,
    availableReplicas: count,
  };
  await running.client.updateStatus(DEPLOYMENTS, { ...app, status });
}

const job = (name: string) => jobOf(running, name);
const endJob = (name: string, type: 'Complete' | 'Failed') => endJobOf(running, name, type);

describe('a wave', () => {
  const waves = (image = 'x:1') => ({
    'web/db.yaml': inWave(deploymentFile('db', 1, image), 0),
    'web/page.yaml': inWave(configMapFile('page', { image }), 1),
  });

  it('waits until the one before is healthy, and says for whom', async () => {
    await begin(waves());
    expect(await running.condition()).toMatchObject({
      reason: 'WaitsForHealth',
      message: expect.stringMatching(/^wave 0: waiting for Deployment default\/db \(.+\)$/),
    });
    expect(await names()).toEqual([]);
    expect(await running.plans('web')).toMatchObject([
      { status: { phase: 'Waiting', waiting: { stage: 'wave 0' }, steps: [{ outcome: 'applied' }, { outcome: 'skipped' }] } },
    ]);
    await becomeHealthy('db');
    await has('Applied');
    expect(await names()).toEqual(['page']);
    const plans = await running.plans('web');
    expect(plans).toMatchObject([{ status: { phase: 'Applied', steps: [{ outcome: 'applied' }, { outcome: 'applied' }] } }]);
    expect(plans[0]!.status!.waiting).toBeUndefined();
  });

  it('goes on where it was after a restart', async () => {
    await begin(waves());
    await has('WaitsForHealth');
    await running.stop();
    await becomeHealthy('db');
    await running.start();
    await has('Applied');
    expect(await names()).toEqual(['page']);
    expect(await running.plans('web')).toHaveLength(1);
  });

  it('is overtaken at once by a newer commit', async () => {
    await begin(waves());
    await has('WaitsForHealth');
    await running.commit('without a database', { 'web/db.yaml': undefined });
    await has('Applied');
    expect(await names()).toEqual(['page']);
    expect((await running.plans('web')).map(({ status }) => status?.phase).toSorted()).toEqual(['Applied', 'Superseded']);
  });

  it('that is not healthy in time has failed, and goes on when it is there at last', async () => {
    await begin({ ...waves(), 'apps.json': applicationFile({ healthTimeout: '10h' }) });
    // While it is looked for, time passes too: minutes, on a busy machine.
    await has('WaitsForHealth');
    await running.plane.clock.advance(9 * HOUR);
    expect(await reason()).toBe('WaitsForHealth');
    await running.plane.clock.advance(HOUR);
    await has('ApplyFailed');
    expect((await running.condition())?.message).toMatch(/^wave 0: not healthy in time: Deployment default\/db/);
    await becomeHealthy('db');
    await has('Applied');
    expect(await names()).toEqual(['page']);
  });

  it.each(['Complete', 'Failed'] as const)(
    'that is late runs the hooks for failures to their end (%s), and waits for none',
    async (end) => {
      const tell = { 'web/tell.yaml': hookFile('tell', 'SyncFail', { [`${ARGO}hook-delete-policy`]: 'HookSucceeded' }) };
      await begin({ ...waves(), ...tell, 'apps.json': applicationFile({ healthTimeout: '1h' }) });
      await has('WaitsForHealth');
      await running.plane.clock.advance(HOUR);
      await has('ApplyFailed');
      const outcome = async () => (await running.plans('web'))[0]?.status?.steps?.at(-1)?.outcome;
      expect(await outcome()).toBe('running');
      const { uid } = (await jobOf(running, 'tell'))!.metadata;
      await endJobOf(running, 'tell', end);
      const told = end === 'Complete' ? 'applied' : 'failed';
      await running.until(`it has ${told}`, async () => (await outcome()) === told);
      expect((await running.plans('web'))[0]!.status!.phase).toBe('Failed');
      expect((await jobOf(running, 'tell'))?.metadata.uid).toBe(end === 'Complete' ? undefined : uid);
      await becomeHealthy('db');
      await has('Applied');
      expect([await names(), await outcome()]).toEqual([['page'], told]);
    },
  );

  it('costs no waiting when nothing comes after it', async () => {
    await begin({ 'web/db.yaml': deploymentFile('db', 1, 'x:1'), 'web/page.yaml': configMapFile('page', {}) });
    expect(await reason()).toBe('Applied');
  });

  it('approved by a person needs no second approval for its later part', async () => {
    await begin({ ...waves(), 'apps.json': applicationFile({ sync: 'Manual' }) });
    await has('WaitsForApproval');
    const [plan] = await running.plans('web');
    expect(plan).toMatchObject({ status: { phase: 'Pending' } });
    await order({ 'slipway.dev/approved': plan!.spec.digest });
    await has('WaitsForHealth');
    await becomeHealthy('db');
    await has('Applied');
    expect(running.entries.map(({ event }) => event)).toContain('approved');
  });

  it('is pruned in the opposite order', async () => {
    await begin({
      'web/a.yaml': inWave(configMapFile('a', {}), 0),
      'web/z.yaml': inWave(configMapFile('z', {}), 1),
      'web/kept.yaml': configMapFile('kept', {}),
      'web/too.yaml': configMapFile('too', {}),
    });
    await has('Applied');
    await running.commit('less', { 'web/a.yaml': undefined, 'web/z.yaml': undefined });
    const plan = running.said.findLast((text) => text.includes('to prune'))!;
    expect(plan.indexOf('ConfigMap default/z')).toBeLessThan(plan.indexOf('ConfigMap default/a'));
  });
});

async function order(annotations: Readonly<Record<string, string | null>>): Promise<void> {
  const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' };
  await running.client.patch(target, { type: 'merge', patch: { metadata: { annotations } } });
}

describe('a hook', () => {
  const page = (a: string) => ({ 'web/page.yaml': configMapFile('page', { a }) });

  it('before a sync ends well before anything is applied', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    expect(await running.condition()).toMatchObject({
      reason: 'WaitsForHealth',
      message: expect.stringContaining('the PreSync hooks: waiting for Job default/migrate'),
    });
    expect(await names()).toEqual([]);
    await endJob('migrate', 'Complete');
    await has('Applied');
    expect(await names()).toEqual(['page']);
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['page']);
  });

  it('runs once a sync, anew in the next one, and not when there is none', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    await endJob('migrate', 'Complete');
    await has('Applied');
    const first = (await job('migrate'))!.metadata.uid;
    await running.commit('a comment', { 'web/page.yaml': `# why\n${configMapFile('page', { a: '1' })}` });
    await has('Applied');
    expect((await job('migrate'))!.metadata.uid).toBe(first);
    running.repository.commit('a change', page('2'));
    await running.until('it runs again', async () => ![undefined, first].includes((await job('migrate'))?.metadata.uid));
    await endJob('migrate', 'Complete');
    await running.until('2 is there', async () => (await running.client.get(CONFIG_MAPS, 'page', 'default')).data?.['a'] === '2');
  });

  it('after a sync waits for its objects, and holds the sync open', async () => {
    await begin({ 'web/check.yaml': hookFile('check', 'PostSync'), 'web/db.yaml': deploymentFile('db', 1, 'x:1') });
    await has('WaitsForHealth');
    expect(await job('check')).toBeUndefined();
    await becomeHealthy('db');
    await running.until('the hook runs', async () => (await job('check')) !== undefined);
    expect(await reason()).toBe('WaitsForHealth');
    await endJob('check', 'Complete');
    await has('Applied');
  });

  it('does not run again when drift is put back', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    await endJob('migrate', 'Complete');
    await has('Applied');
    const first = (await job('migrate'))!.metadata.uid;
    await running.client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' });
    await running.until('it is back', async () => (await names()).includes('page'));
    expect((await job('migrate'))!.metadata.uid).toBe(first);
  });

  it('that fails stops the sync, is named, and is not run again by itself', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    await endJob('migrate', 'Failed');
    await has('HookFailed');
    expect((await running.condition())?.message).toMatch(/^web\/migrate.yaml:1: hook Job migrate: .*backoff limit/);
    const failed = (await job('migrate'))!.metadata.uid;
    await running.plane.clock.advance(600_000);
    await running.stop();
    await running.start();
    await running.ready();
    await running.plane.clock.advance(10_000);
    expect((await job('migrate'))!.metadata.uid).toBe(failed);
    expect(await names()).toEqual([]);
    await order({ 'slipway.dev/resumed': new Date(running.plane.clock.now()).toISOString() });
    await running.until('it runs again', async () => ![undefined, failed].includes((await job('migrate'))?.metadata.uid));
    await endJob('migrate', 'Complete');
    await has('Applied');
    expect(await running.plans('web')).toMatchObject([{ status: { phase: 'Applied', attempt: 2 } }]);
  });

  it('that fails is run again where the application says so', async () => {
    await begin({
      'apps.json': applicationFile({ retry: { limit: 2, wait: '10s' } }),
      'web/migrate.yaml': hookFile('migrate', 'PreSync'),
      ...page('1'),
    });
    await endJob('migrate', 'Failed');
    await has('HookFailed');
    expect((await running.condition())?.message).toMatch(/\nit is tried again after 10 s \(retry 1 of 2\)$/);
    const uids = new Set([(await job('migrate'))!.metadata.uid]);
    const runsAgain = async () => {
      await running.until('it runs again', async () => ![undefined, ...uids].includes((await job('migrate'))?.metadata.uid));
      uids.add((await job('migrate'))!.metadata.uid);
      await endJob('migrate', 'Failed');
    };
    await runsAgain();
    await runsAgain();
    await has('RetriesExhausted');
    expect((await running.condition())?.message).toMatch(/\nit is not tried again after 2 retries: commit, or slipway resume web$/);
    await running.stop();
    running.repository.commit('something else', { 'other/page.yaml': configMapFile('other', {}) });
    await running.start();
    await running.ready();
    expect(uids).toContain((await job('migrate'))!.metadata.uid);
    await order({ 'slipway.dev/resumed': new Date(running.plane.clock.now()).toISOString() });
    await runsAgain();
    await has('HookFailed');
  });

  it('is mended by the next commit', async () => {
    await begin({ 'web/check.yaml': hookFile('check', 'PostSync'), ...page('1') });
    await endJob('check', 'Failed');
    await has('HookFailed');
    const failed = (await job('check'))!.metadata.uid;
    running.repository.commit('mend the check', { 'web/check.yaml': hookFile('check', 'PostSync', { mended: 'yes' }) });
    await running.until('it runs again', async () => ![undefined, failed].includes((await job('check'))?.metadata.uid));
    await endJob('check', 'Complete');
    await has('Applied');
  });

  it('for failures runs when a sync fails, and only then', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), 'web/tell.yaml': hookFile('tell', 'SyncFail'), ...page('1') });
    expect(await job('tell')).toBeUndefined();
    await endJob('migrate', 'Failed');
    await running.until('it is told', async () => (await job('tell')) !== undefined);
  });

  it.each([
    ['HookSucceeded', 'Complete', 'Applied', false],
    ['HookSucceeded', 'Failed', 'HookFailed', true],
    ['HookFailed', 'Failed', 'HookFailed', false],
    ['BeforeHookCreation', 'Complete', 'Applied', true],
  ] as const)('with the policy %s that ends as %s: %s, and it stays: %s', async (policy, end, why, stays) => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync', { [`${ARGO}hook-delete-policy`]: policy }), ...page('1') });
    await endJob('migrate', end);
    await has(why);
    expect((await job('migrate')) !== undefined).toBe(stays);
  });

  it('that a daemon started before it was killed is found again', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    const uid = (await job('migrate'))!.metadata.uid;
    await running.stop();
    await running.start();
    await running.ready();
    await running.plane.clock.advance(1_000);
    expect((await job('migrate'))!.metadata.uid).toBe(uid);
    await endJob('migrate', 'Complete');
    await has('Applied');
  });

  it('is shown in the plan', async () => {
    await begin({ 'web/migrate.yaml': hookFile('migrate', 'PreSync'), ...page('1') });
    expect(running.said[0]).toContain('1 to create, 1 hook\n» hook   Job default/migrate  PreSync  web/migrate.yaml:1  starts 1 pod\n');
  });

  it('that the server refuses is a problem with its place', async () => {
    await begin({
      'web/migrate.yaml': hookFile('migrate', 'PreSync').replace('restartPolicy: Never', 'restartPolicy: Always'),
      ...page('1'),
    });
    expect(await running.condition()).toMatchObject({
      reason: 'Problems',
      message: expect.stringMatching(/^web\/migrate.yaml:\d+:\d+: .*restartPolicy/),
    });
  });
});

describe('an object annotated', () => {
  const live = () => running.client.get(CONFIG_MAPS, 'page', 'default');
  const page = (a: string, annotations: Readonly<Record<string, string>>) => ({
    'web/page.yaml': annotated(configMapFile('page', { a }), annotations),
    'web/other.yaml': configMapFile('other', {}),
  });

  it.each([[{ [`${FLUX}prune`]: 'disabled' }], [{ [`${ARGO}sync-options`]: 'Prune=false' }]])(
    '%j stays when Git drops it',
    async (annotations) => {
      await begin(page('1', annotations));
      await running.commit('drop it', { 'web/page.yaml': undefined });
      expect(await reason()).toBe('Applied');
      expect(await names()).toEqual(['other', 'page']);
      expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['other']);
    },
  );

  it.each(['Prune=confirm', 'Delete=confirm'])('%s goes only with a yes', async (option) => {
    await begin(page('1', { [`${ARGO}sync-options`]: option }));
    await running.commit('drop it', { 'web/page.yaml': undefined });
    expect(await running.condition()).toMatchObject({
      reason: 'PrunesHeld',
      message: expect.stringContaining('ConfigMap default/page is annotated to be asked for'),
    });
    await order({ 'slipway.dev/approved': running.repository.git('rev-parse', 'HEAD') });
    await has('Applied');
    expect(await names()).toEqual(['other']);
  });

  it('Delete=false stays when its application goes', async () => {
    await begin({ ...page('1', { [`${ARGO}sync-options`]: 'Delete=false' }), 'api/a.yaml': configMapFile('a', {}) });
    running.repository.commit('drop it', { 'web/page.yaml': undefined, 'web/other.yaml': undefined });
    await running.until('web is gone', async () => (await running.application('web')) === undefined);
    expect(await names()).toEqual(['a', 'page']);
  });

  it.each([
    [{ [`${FLUX}ssa`]: 'IfNotPresent' }, '1'],
    [{ [`${FLUX}reconcile`]: 'disabled' }, undefined],
    [{ [`${FLUX}ssa`]: 'Ignore' }, undefined],
    [{ [`${ARGO}hook`]: 'Skip' }, undefined],
  ])('%j is made with %s, and never changed', async (annotations, made) => {
    await begin(page('1', annotations));
    expect(
      (await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items.find(({ metadata }) => metadata.name === 'page')?.data?.[
        'a'
      ],
    ).toBe(made);
    await running.commit('change it', page('2', annotations));
    expect(await reason()).toBe('Applied');
    expect((await names()).includes('page')).toBe(made !== undefined);
    if (made) expect((await live()).data).toEqual({ a: '1' });
  });

  it('reconcile: disabled from some commit on is left to others without a word', async () => {
    await begin(page('1', {}));
    await running.commit('leave it', page('1', { [`${FLUX}reconcile`]: 'disabled' }));
    const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
    await running.client.as('kubectl').patch(target, { type: 'merge', patch: { data: { a: 'theirs' } } });
    await running.plane.clock.advance(5_000);
    expect((await live()).data).toEqual({ a: 'theirs' });
    expect(running.entries.filter(({ event }) => event === 'drift')).toEqual([]);
  });

  it('reconcile: disabled by hand is left to that hand', async () => {
    await begin(page('1', {}));
    const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
    await running.client
      .as('kubectl')
      .patch(target, { type: 'merge', patch: { metadata: { annotations: { [`${FLUX}reconcile`]: 'disabled' } } } });
    await running.client.as('kubectl').patch(target, { type: 'merge', patch: { data: { a: 'theirs' } } });
    await running.plane.clock.advance(5_000);
    expect((await live()).data).toEqual({ a: 'theirs' });
    expect(running.entries.filter(({ event }) => event === 'drift')).toEqual([]);
    await running.commit('change it', page('2', {}));
    expect((await live()).data).toEqual({ a: 'theirs' });
    await running.client
      .as('kubectl')
      .patch(target, { type: 'merge', patch: { metadata: { annotations: { [`${FLUX}reconcile`]: null } } } });
    await running.until('it is ours again', async () => (await live()).data?.['a'] === '2');
  });

  it('Replace=true is written as a whole', async () => {
    const annotations = { [`${ARGO}sync-options`]: 'Replace=true' };
    await begin(page('1', annotations));
    await running.client
      .as('kubectl')
      .patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' }, { type: 'merge', patch: { data: { theirs: 'x' } } });
    await running.commit('change it', page('2', annotations));
    expect((await live()).data).toEqual({ a: '2' });
  });

  it.each([[{ [`${ARGO}sync-options`]: 'Force=true' }], [{ [`${FLUX}force`]: 'enabled' }]])(
    '%j is made anew unasked where it cannot be changed',
    async (annotations) => {
      const app = (label: string) => annotated(deploymentFile('app', 1, 'x:1'), annotations).replaceAll('app: app', `app: ${label}`);
      await begin({ 'web/app.yaml': app('one') });
      const { uid } = (await running.client.get(DEPLOYMENTS, 'app', 'default')).metadata;
      await running.commit('another selector', { 'web/app.yaml': app('two') });
      await has('Applied');
      expect((await running.client.get(DEPLOYMENTS, 'app', 'default')).metadata.uid).not.toBe(uid);
    },
  );

  it('CreateNamespace=true gets its namespace, which is nobody’s', async () => {
    await begin({
      'web/page.yaml': annotated(configMapFile('page', {}, 'shop'), { [`${ARGO}sync-options`]: 'CreateNamespace=true' }),
      'web/other.yaml': configMapFile('other', {}),
    });
    await has('Applied');
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['other', 'page']);
    await running.commit('drop it', { 'web/page.yaml': undefined });
    expect(await reason()).toBe('Applied');
    const warnings = (await running.plans('web')).flatMap(({ spec }) => spec.warnings ?? []);
    expect(warnings.filter((warning) => warning.includes('Namespace'))).toEqual([]);
    expect((await running.client.get(NAMESPACES, 'shop')).metadata.name).toBe('shop');
  });

  it('SkipDryRunOnMissingResource=true is left out until its kind is there', async () => {
    const widget = `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\n  annotations: { ${ARGO}sync-options: SkipDryRunOnMissingResource=true }\n`;
    await begin({ 'web/widget.yaml': widget, 'web/other.yaml': configMapFile('other', {}) });
    expect(await running.condition()).toMatchObject({
      reason: 'WaitsForDefinition',
      message: expect.stringContaining('example.com/v1 Widget'),
    });
    expect(await names()).toEqual(['other']);
  });

  it('depends-on comes after what it depends on is healthy', async () => {
    await begin({
      'web/db.yaml': deploymentFile('db', 1, 'x:1'),
      'web/page.yaml': annotated(configMapFile('page', {}), { 'config.kubernetes.io/depends-on': 'apps/namespaces/default/Deployment/db' }),
    });
    await has('WaitsForHealth');
    expect(await names()).toEqual([]);
    await becomeHealthy('db');
    await has('Applied');
    expect(await names()).toEqual(['page']);
  });
});

describe('an application that a person suspends', () => {
  it('shows what it would do, and does it when it is resumed', async () => {
    await begin({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await order({ 'slipway.dev/suspended': 'true' });
    await running.commit('change it', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await running.condition()).toMatchObject({ reason: 'Suspended', message: '1 to update; it is suspended: slipway resume web' });
    await order({ 'slipway.dev/suspended': null });
    await has('Applied');
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ a: '2' });
    expect(running.entries.map(({ event }) => event)).toEqual(expect.arrayContaining(['suspended', 'resumed']));
  });
});
