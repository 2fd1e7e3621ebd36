import { renameSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SECRETS, type ConfigMap, type Deployment } from '../../src/model/index.ts';
import { configMapFile, deploymentFile, RunningPipeline } from './running.ts';

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const configMaps = async () => (await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items;
const dataOf = async (name: string) => (await configMaps()).find(({ metadata }) => metadata.name === name)?.data;
const names = async () => (await configMaps()).map(({ metadata }) => metadata.name);
const revisions = async () => (await configMaps()).map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);

async function startWith(files: Readonly<Record<string, string>>): Promise<string> {
  const oid = running.repository.commit('first', files);
  await running.start();
  await running.ready();
  return oid;
}

describe('a first sync', () => {
  it('applies each top-level directory as an application, and loose files as root', async () => {
    const oid = await startWith({
      'web/page.yaml': configMapFile('page', { a: '1' }),
      'api/conf.yaml': configMapFile('conf', { b: '2' }),
      'top.yaml': configMapFile('top', {}),
    });
    expect(await names()).toEqual(['conf', 'page', 'top']);
    for (const name of ['web', 'api', 'root']) {
      expect((await running.application(name))?.status).toMatchObject({
        revision: oid,
        observedRevision: oid,
        sync: 'Synced',
        health: 'Healthy',
      });
    }
  });

  it('marks objects with a label, and writes as slipway because of the commit', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const page = await running.client.get(CONFIG_MAPS, 'page', 'default');
    expect(page.metadata.labels).toEqual({ 'slipway.dev/application': 'web' });
    expect(page.metadata.managedFields).toMatchObject([{ manager: 'slipway', operation: 'Apply' }]);
  });

  it('makes a namespace before what is in it', async () => {
    await startWith({
      'web/a.yaml': configMapFile('page', {}, 'shop'),
      'web/z.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
    });
    expect((await running.client.get(CONFIG_MAPS, 'page', 'shop')).metadata.name).toBe('page');
  });

  it('shows the plan before and the outcome after', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    expect(running.said[0]).toMatch(/^web \w{7} "first" by Ada: 1 to create\n\+ create ConfigMap default\/page {2}web\/page.yaml:1\n/);
    expect(running.said[1]).toBe('web complete');
    expect(running.entries.map(({ event }) => event)).toEqual(['commit', 'plan', 'applied', 'health']);
  });

  it('keeps the plan with its outcome, in paths and digests', async () => {
    const oid = await startWith({ 'web/page.yaml': configMapFile('page', { a: 'the value' }) });
    const [plan] = await running.plans('web');
    expect(plan).toMatchObject({
      spec: {
        application: 'web',
        revision: oid,
        author: 'Ada <ada@example.com>',
        steps: [{ op: 'create', kind: 'ConfigMap', name: 'page', file: 'web/page.yaml', line: 1 }],
      },
      status: { phase: 'Applied', steps: [{ outcome: 'applied' }] },
    });
    expect(JSON.stringify(plan)).not.toContain('the value');
  });

  it('waits for the first commit of an empty repository', async () => {
    await running.start();
    await running.ready();
    await running.commit('first', { 'web/page.yaml': configMapFile('page', {}) });
    expect(await names()).toEqual(['page']);
  });
});

describe('a commit', () => {
  it('changes what it changes, and leaves the rest untouched', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }), 'web/other.yaml': configMapFile('other', {}) });
    const [other] = await revisions();
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await dataOf('page')).toEqual({ a: '2' });
    expect((await revisions())[0]).toBe(other);
  });

  it('shows the changed lines with their place', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1', b: 'same' }) });
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2', b: 'same' }) });
    const plan = running.said.find((text) => text.includes('1 to update'))!;
    expect(plan).toContain('~ update ConfigMap default/page  web/page.yaml:1');
    expect(plan).toContain('@@ data.a  web/page.yaml:6 @@');
    expect(plan).toContain('-  a: "1"');
    expect(plan).toContain('+  a: "2"');
  });

  it('that only moves text about writes nothing but the revision', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const before = await revisions();
    const oid = await running.commit('comment', { 'web/page.yaml': `# why\n${configMapFile('page', { a: '1' })}` });
    expect(await revisions()).toEqual(before);
    expect((await running.application('web'))?.status?.revision).toBe(oid);
    expect(await running.plans('web')).toHaveLength(1);
    expect(running.said).toContain('web: nothing to change for comment');
  });

  it('that removes a field takes it away', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1', b: '2' }) });
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '1' }) });
    expect(await dataOf('page')).toEqual({ a: '1' });
  });

  it('that removes an object prunes it', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', {}), 'web/old.yaml': configMapFile('old', {}) });
    await running.commit('second', { 'web/old.yaml': undefined });
    expect(await names()).toEqual(['page']);
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['page']);
  });

  it('that removes a directory prunes all it had, and its application, once a person agrees', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', {}), 'api/conf.yaml': configMapFile('conf', {}) });
    await running.commit('second', { 'web/page.yaml': undefined });
    expect(await running.condition()).toMatchObject({ reason: 'PrunesHeld', message: expect.stringContaining('1 of 1 objects') });
    expect(await names()).toEqual(['conf', 'page']);
    await running.approve('web');
    await running.until('web is gone', async () => (await running.application('web')) === undefined);
    expect(await names()).toEqual(['conf']);
  });

  it('that moves an object to another application never deletes it', async () => {
    await startWith({
      'web/page.yaml': configMapFile('page', { a: '1' }),
      'web/stays.yaml': configMapFile('stays', {}),
      'api/conf.yaml': configMapFile('conf', {}),
    });
    const uid = (await running.client.get(CONFIG_MAPS, 'page', 'default')).metadata.uid;
    const oid = await running.commit('move', { 'web/page.yaml': undefined, 'api/page.yaml': configMapFile('page', { a: '1' }) });
    await running.observed(oid, 'api');
    await running.until('it has moved', async () => (await running.application('web'))?.status?.inventory?.length === 1);
    const page = await running.client.get(CONFIG_MAPS, 'page', 'default');
    expect(page.metadata).toMatchObject({ uid, labels: { 'slipway.dev/application': 'api' } });
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['stays']);
  });

  it('that takes an object away from where it was moved to and refused removes it', async () => {
    const stays = { 'web/stays.yaml': configMapFile('stays', {}), 'api/conf.yaml': configMapFile('conf', {}) };
    await startWith({ 'web/page.yaml': configMapFile('page', {}), ...stays });
    const moved = { 'web/page.yaml': undefined, 'api/page.yaml': configMapFile('page', {}) };
    const oid = await running.commit('move', { ...moved, 'api/wrong.yaml': configMapFile('wrong', {}, 'nowhere') });
    await running.observed(oid, 'api');
    expect(await running.condition('api')).toMatchObject({ reason: 'Problems' });
    expect(await running.condition()).toMatchObject({ reason: 'Applied' });
    const end = running.repository.commit('neither', { 'api/page.yaml': undefined, 'api/wrong.yaml': undefined });
    await running.observed(end, 'api');
    await running.until('it is gone', async () => !(await names()).includes('page'));
    const removal = (await running.plans('web')).find(({ spec }) => spec.steps.some(({ op }) => op === 'prune'));
    expect(removal?.spec).toMatchObject({ steps: [{ op: 'prune', name: 'page' }] });
    expect(removal?.spec.drift).toBeUndefined();
  });

  it('takes over an object that others made, and shows what of it changes', async () => {
    await running.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'page', namespace: 'default' },
      data: { a: 'theirs', c: 'kept' },
    } satisfies ConfigMap);
    await startWith({ 'web/page.yaml': configMapFile('page', { a: 'ours' }) });
    expect(await dataOf('page')).toEqual({ a: 'ours', c: 'kept' });
    expect(running.said[0]).toContain('1 to update');
  });
});

describe('going back', () => {
  it('a revert brings the old state', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    running.repository.git('revert', '--no-edit', 'HEAD');
    await running.observed(running.repository.git('rev-parse', 'HEAD'));
    expect(await dataOf('page')).toEqual({ a: '1' });
  });

  it('to what was never agreed to asks again', async () => {
    const files = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`web/${i}.yaml`, configMapFile(`page-${i}`, {})]));
    running.repository.commit('first', files);
    await running.start();
    await running.ready();
    const gone = Object.fromEntries(
      Object.keys(files)
        .slice(1)
        .map((path) => [path, undefined]),
    );
    await running.commit('too much', { ...gone, 'web/0.yaml': configMapFile('page-0', { a: '1' }) });
    const isHeld = async () => expect(await running.condition()).toMatchObject({ reason: 'PrunesHeld' });
    await isHeld();
    for (const round of [1, 2]) {
      running.repository.git('revert', '--no-edit', 'HEAD');
      await running.observed(running.repository.git('rev-parse', 'HEAD'));
      if (round === 2) await isHeld();
      else expect(await running.condition()).toMatchObject({ reason: 'Applied' });
    }
    await running.approve('web');
    await running.until('it is applied', async () => (await running.condition())?.reason === 'Applied');
    for (const _ of [1, 2]) {
      running.repository.git('revert', '--no-edit', 'HEAD');
      await running.observed(running.repository.git('rev-parse', 'HEAD'));
      expect(await running.condition()).toMatchObject({ reason: 'Applied' });
    }
  });

  it('a revert may prune more than the budget allows', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', {}) });
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`web/many-${i}.yaml`, configMapFile(`many-${i}`, {})]));
    await running.commit('many', many);
    expect(await names()).toHaveLength(26);
    running.repository.git('revert', '--no-edit', 'HEAD');
    await running.observed(running.repository.git('rev-parse', 'HEAD'));
    expect(await names()).toEqual(['page']);
  });

  it('a reset of the branch does the same', async () => {
    const first = await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    running.repository.git('reset', '-q', '--hard', first);
    await running.observed(first);
    expect(await dataOf('page')).toEqual({ a: '1' });
  });
});

describe('the budget', () => {
  const eight = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`web/part-${i}.yaml`, configMapFile(`part-${i}`, {})]));
  const without = (count: number) =>
    Object.fromEntries(
      Object.keys(eight)
        .slice(0, count)
        .map((path) => [path, undefined]),
    );

  it('refuses to prune more than half, applies the rest, and says how to go on', async () => {
    await startWith(eight);
    await running.commit('too much', { ...without(6), 'web/new.yaml': configMapFile('new', {}) });
    expect(await names()).toHaveLength(9);
    expect(await running.condition()).toMatchObject({
      reason: 'PrunesHeld',
      message: expect.stringMatching(/^.*6 of 8 objects would be pruned.*slipway approve web\nand 5 others for the same reason$/),
    });
  });

  it('prunes once a person has agreed to the commit', async () => {
    await startWith(eight);
    await running.commit('too much', without(6));
    await running.approve('web');
    await running.until('it is synced', async () => (await running.application('web'))?.status?.sync === 'Synced');
    expect(await names()).toHaveLength(2);
  });

  it('still refuses at the next commit', async () => {
    await startWith(eight);
    await running.commit('too much', without(6));
    await running.commit('unrelated', { 'web/part-7.yaml': configMapFile('part-7', { a: '1' }) });
    expect(await names()).toHaveLength(8);
    expect(await running.condition()).toMatchObject({ reason: 'PrunesHeld' });
  });

  it('never removes a namespace unasked', async () => {
    await startWith({
      'web/ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
      'web/page.yaml': configMapFile('page', {}),
    });
    await running.commit('second', { 'web/ns.yaml': undefined });
    expect((await running.client.get(NAMESPACES, 'shop')).metadata.name).toBe('shop');
    expect(await running.condition()).toMatchObject({ reason: 'PrunesHeld', message: expect.stringContaining('removing Namespace shop') });
  });
});

describe('a commit that cannot be taken', () => {
  it('changes nothing of its application, names file, line and reason, and lets the others go on', async () => {
    await startWith({
      'web/page.yaml': configMapFile('page', { a: '1' }),
      'web/old.yaml': configMapFile('old', {}),
      'api/conf.yaml': configMapFile('conf', { b: '1' }),
    });
    const oid = await running.commit('broken', {
      'web/page.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page\ndata: {}\n',
      'web/old.yaml': undefined,
      'api/conf.yaml': configMapFile('conf', { b: '2' }),
    });
    await running.observed(oid, 'api');
    expect(await dataOf('page')).toEqual({ a: '1' });
    expect(await names()).toContain('old');
    expect(await dataOf('conf')).toEqual({ b: '2' });
    expect(await running.condition()).toMatchObject({ reason: 'Problems', message: expect.stringMatching(/^web\/page.yaml:\d+:\d+: /) });
    expect((await running.application('web'))?.status).toMatchObject({ sync: 'Unknown', observedRevision: oid });
  });

  it('goes on with the commit that mends it', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('broken', { 'web/page.yaml': 'a: [' });
    await running.commit('mended', { 'web/page.yaml': configMapFile('page', { a: '3' }) });
    expect(await dataOf('page')).toEqual({ a: '3' });
    expect((await running.application('web'))?.status?.sync).toBe('Synced');
  });

  it('because the server refuses it: with the line of the field, and nothing is applied', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('invalid', {
      'web/app.yaml': deploymentFile('app', 2, 'x:1').replace('replicas: 2', 'replicas: -2'),
      'web/page.yaml': configMapFile('page', { a: '2' }),
    });
    expect(await running.condition()).toMatchObject({
      reason: 'Problems',
      message: expect.stringMatching(/^web\/app.yaml:6:\d+: Deployment default\/app: spec.replicas: /),
    });
    expect(await dataOf('page')).toEqual({ a: '1' });
  });

  it('because of a misspelled field', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.commit('typo', { 'web/app.yaml': deploymentFile('app', 2, 'x:1').replace('replicas', 'replica') });
    expect(await running.condition()).toMatchObject({ reason: 'Problems', message: expect.stringContaining('spec.replica') });
  });

  it('because two applications declare one object: both places are named', async () => {
    await startWith({ 'api/page.yaml': configMapFile('page', { a: '1' }), 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await running.condition('web')).toMatchObject({
      reason: 'Problems',
      message: 'web/page.yaml:1:1: ConfigMap default/page is already declared in api/page.yaml:1',
    });
    expect(await dataOf('page')).toEqual({ a: '1' });
  });

  it('holds back a prune while the object may have moved to a file that cannot be read', async () => {
    await startWith({
      'web/page.yaml': configMapFile('page', {}),
      'web/stays.yaml': configMapFile('stays', {}),
      'api/conf.yaml': configMapFile('conf', {}),
    });
    await running.commit('half a move', { 'web/page.yaml': undefined, 'api/page.yaml': 'kind: ConfigMap\nmetadata: {name: page\n' });
    expect(await names()).toContain('page');
    expect(await running.condition()).toMatchObject({
      reason: 'PrunesHeld',
      message: expect.stringContaining('may have moved to api/page.yaml'),
    });
    running.repository.commit('the other half', { 'api/page.yaml': configMapFile('page', {}) });
    const applicationOf = async (name: string) =>
      (await configMaps()).find(({ metadata }) => metadata.name === name)?.metadata.labels?.['slipway.dev/application'];
    await running.until('it has moved', async () => (await applicationOf('page')) === 'api');
    await running.until('nothing is held', async () => (await running.condition())?.reason === 'Applied');
  });
});

describe('drift', () => {
  const page = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
  const immutable = (value: string) =>
    configMapFile('page', { a: value }).replace(
      '\ndata:',
      '\n  annotations: { kustomize.toolkit.fluxcd.io/force: enabled }\nimmutable: true\ndata:',
    );

  it('a deleted object comes back', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' });
    await running.until('it is back', async () => (await dataOf('page'))?.['a'] === '1');
    expect(running.said).toContain('web: ConfigMap default/page was deleted');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['somebody deleted', () => running.client.delete(page)],
    ['had to be made anew', () => running.commit('other', { 'web/page.yaml': immutable('2') })],
  ])('an object that %s comes back when its finalizers let it go', async (_what, remove) => {
    await startWith({ 'web/page.yaml': immutable('1') });
    const { uid } = (await running.client.get(CONFIG_MAPS, 'page', 'default')).metadata;
    await running.client.patch(page, { type: 'merge', patch: { metadata: { finalizers: ['example.com/hold'] } } });
    await remove();
    await running.until('it is on its way out', async () => (await configMaps())[0]?.metadata.deletionTimestamp !== undefined);
    await running.client.patch(page, { type: 'merge', patch: { metadata: { finalizers: null } } });
    await running.until('it is back', async () => (await configMaps()).some(({ metadata }) => metadata.uid !== uid));
  });

  it('is put back while the repository is away', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const { path } = running.repository;
    renameSync(path, `${path}.away`);
    await running.client.as('kubectl-edit').patch(page, { type: 'merge', patch: { data: { a: '2' } } });
    await running.until('it is back', async () => (await dataOf('page'))?.['a'] === '1');
    renameSync(`${path}.away`, path);
  });

  it('a changed field is put back, and who changed it is named', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.client
      .as('kubectl-edit')
      .patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' }, { type: 'merge', patch: { data: { a: 'theirs' } } });
    await running.until('it is back', async () => (await dataOf('page'))?.['a'] === '1');
    expect(running.said).toContain('web: ConfigMap default/page was changed by kubectl-edit (data.a)');
  });

  it('that is put back is told apart from a commit in the history', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const page = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
    const applied = (count: number) =>
      running.until(`${count} syncs`, async () => {
        const phases = (await running.plans('web')).map(({ status }) => status?.phase);
        return phases.length === count && phases.every((phase) => phase === 'Applied');
      });
    await running.client.as('kubectl-edit').patch(page, { type: 'merge', patch: { data: { a: 'theirs' } } });
    await applied(2);
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    await applied(3);
    const plans = (await running.plans('web')).toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    expect(plans.map(({ spec }) => spec.drift ?? false)).toEqual([false, true, false]);
    expect(running.entries.filter(({ event }) => event === 'plan').map(({ message }) => message)).toEqual([
      'web: 1 to create',
      'web: 1 to update against drift',
      'web: 1 to update',
    ]);
  });

  it('is told once, whatever else happens to the object until it is put back', async () => {
    await startWith({ 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    const { DEPLOYMENTS } = await import('../../src/model/index.ts');
    const target = { kind: DEPLOYMENTS, namespace: 'default', name: 'app' };
    const scaled = await running.client.as('kubectl').patch(target, { type: 'merge', patch: { spec: { replicas: 5 } } });
    await running.client.as('deployment-controller').updateStatus(DEPLOYMENTS, { ...scaled, status: { replicas: 5 } });
    await running.until('it is back', async () => (await running.client.get(DEPLOYMENTS, 'app', 'default')).spec.replicas === 2);
    expect(running.said.filter((line) => line.includes('was changed'))).toEqual([
      'web: Deployment default/app was changed by kubectl (spec.replicas)',
    ]);
  });

  it('that somebody fights for is put back ever later, and meanwhile the status says who it is', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const page = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
    for (let i = 1; i <= 5; i++) {
      await running.client.as('rival').patch(page, { type: 'merge', patch: { data: { a: `theirs ${i}` } } });
      if (i < 5) await running.until('it is back', async () => (await dataOf('page'))?.['a'] === '1');
    }
    await running.until('it is said', async () => (await running.condition())?.reason === 'Drifted');
    expect((await running.application('web'))?.status?.sync).toBe('OutOfSync');
    expect((await running.condition())?.message).toBe(
      'ConfigMap default/page was changed by rival (data.a); it is fought over, so it is put back only in 2 s; ' +
        'leave it to them with "ignore", or take it out of Git',
    );
    await running.until('it is back', async () => (await dataOf('page'))?.['a'] === '1');
    await running.until('it is said', async () => (await running.condition())?.reason === 'Applied');
  });

  it('a field that Git does not name is left to whoever set it', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.client
      .as('kubectl-edit')
      .patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' }, { type: 'merge', patch: { data: { theirs: 'x' } } });
    await running.plane.clock.advance(5_000);
    expect(await dataOf('page')).toEqual({ a: '1', theirs: 'x' });
    expect(await running.plans('web')).toHaveLength(1);
  });

  it('is left alone where the application says so, and shown', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    const { APPLICATIONS, SYSTEM_NAMESPACE } = await import('../../src/model/index.ts');
    await running.client.patch(
      { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' },
      { type: 'merge', patch: { spec: { selfHeal: false } } },
    );
    await running.client
      .as('kubectl-edit')
      .patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'page' }, { type: 'merge', patch: { data: { a: 'theirs' } } });
    await running.until('it is seen', async () => (await running.condition())?.reason === 'Drifted');
    expect(await dataOf('page')).toEqual({ a: 'theirs' });
  });
});

describe('a restart', () => {
  it('applies nothing twice', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }), 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    const revision = () => running.plane.store.revision;
    await running.plane.clock.advance(1_000);
    await running.stop();
    const before = revision();
    await running.start();
    await running.ready();
    await running.plane.clock.advance(1_000);
    expect(revision()).toBe(before);
  });

  it('catches up with what was committed meanwhile, prunes included', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }), 'web/old.yaml': configMapFile('old', {}) });
    await running.stop();
    const oid = running.repository.commit('meanwhile', { 'web/page.yaml': configMapFile('page', { a: '2' }), 'web/old.yaml': undefined });
    await running.start();
    await running.observed(oid);
    expect(await configMaps()).toMatchObject([{ data: { a: '2' } }]);
  });

  it('prunes an application whose directory went away meanwhile', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', {}), 'api/conf.yaml': configMapFile('conf', {}) });
    await running.stop();
    running.repository.commit('meanwhile', { 'web/page.yaml': undefined });
    await running.start();
    await running.approve('web');
    await running.until('web is gone', async () => (await running.application('web')) === undefined);
    expect(await names()).toEqual(['conf']);
  });

  it('in the middle of what a person agreed to goes on with it, and does not ask again', async () => {
    const pages = ['a', 'b', 'c', 'd'].map((name) => [`web/${name}.yaml`, configMapFile(name, {})] as const);
    await startWith({ ...Object.fromEntries(pages), 'api/conf.yaml': configMapFile('conf', {}) });
    await running.stop();
    let stopped: Promise<void> | undefined;
    const { as } = running.client;
    vi.spyOn(running.plane.client, 'as').mockImplementationOnce((manager) => {
      const client = as.call(running.client, manager);
      const remove = client.delete.bind(client);
      vi.spyOn(client, 'delete').mockImplementationOnce(async (...told) => {
        await remove(...told);
        stopped = running.stop();
        await setImmediate();
      });
      return client;
    });
    await running.start();
    running.repository.commit('remove', Object.fromEntries(pages.map(([path]) => [path, undefined])));
    await running.approve('web');
    await running.until('it is cut off', () => stopped !== undefined);
    await stopped;
    expect(await names()).toHaveLength(4);
    await running.start();
    await running.until('web is gone', async () => (await running.application('web')) === undefined);
    expect(await names()).toEqual(['conf']);
  });
});

describe('a Deployment', () => {
  const cause = async () => (await running.client.get(DEPLOYMENTS, 'app', 'default')).metadata.annotations?.['kubernetes.io/change-cause'];

  it('names the commit of each new template as its change-cause, and of nothing else', async () => {
    const first = await startWith({ 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    expect(await cause()).toBe(`${first.slice(0, 7)} first`);
    await running.commit('more of it', { 'web/app.yaml': deploymentFile('app', 3, 'x:1') });
    expect(await cause()).toBe(`${first.slice(0, 7)} first`);
    const third = await running.commit('newer', { 'web/app.yaml': deploymentFile('app', 3, 'x:2') });
    expect(await cause()).toBe(`${third.slice(0, 7)} newer`);
  });

  it('carries its health into the application', async () => {
    await startWith({ 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    await running.until('it is progressing', async () => (await running.application('web'))?.status?.health === 'Progressing');
    const app: Deployment = await running.client.get(DEPLOYMENTS, 'app', 'default');
    const status = { observedGeneration: app.metadata.generation, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
    await running.client.updateStatus(DEPLOYMENTS, { ...app, status });
    await running.until('it is healthy', async () => (await running.application('web'))?.status?.health === 'Healthy');
  });
});

describe('a Secret', () => {
  it('that says stringData is put back when somebody changes its data', async () => {
    await startWith({ 'web/key.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { password: ours }\n' });
    const password = async () => (await running.client.get(SECRETS, 'key', 'default')).data?.['password'];
    const patch = { data: { password: Buffer.from('theirs').toString('base64') } };
    await running.client.as('kubectl').patch({ kind: SECRETS, namespace: 'default', name: 'key' }, { type: 'merge', patch });
    await running.until('it is back', async () => (await password()) === Buffer.from('ours').toString('base64'));
  });

  const secretFile = (value: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData:\n  password: ${value}\n`;

  it('never shows its values, not even when they change or are refused', async () => {
    await startWith({ 'web/key.yaml': secretFile('canary-one') });
    await running.commit('second', { 'web/key.yaml': secretFile('canary-two') });
    expect(Buffer.from((await running.client.get(SECRETS, 'key', 'default')).data!['password']!, 'base64').toString()).toBe('canary-two');
    await running.commit('bad', { 'web/key.yaml': `${secretFile('canary-three')}  other: [canary-four]\n` });
    const everything = JSON.stringify([running.said, running.entries, await running.plans('web'), await running.application('web')]);
    expect(everything).not.toMatch(/canary|Y2FuYXJ5/);
    expect(running.said.join('\n')).toMatch(/-\s+password: ••• \w{6}\n\s*\+\s+password: ••• \w{6}/);
  });
});
