import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS } from '../../src/model/index.ts';
import { endJobOf, hookFile, jobOf } from './jobs.ts';
import { configMapFile, RunningPipeline } from './running.ts';

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const held = configMapFile('held', {}).replace('\ndata:', '\n  finalizers: [example.com/hold]\ndata:');
const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'held' };
const release = () => running.client.patch(target, { type: 'merge', patch: { metadata: { finalizers: null } } });
const isGone = () => running.until('the application is gone', async () => (await running.application('web')) === undefined);
const waitsForRemoval = () =>
  running.until('it waits', async () => /the removal of its objects/.test((await running.condition())?.message ?? ''));

describe('an application that is gone from Git', () => {
  const others = { 'api/page.yaml': configMapFile('other', {}) };
  async function remove(files: Readonly<Record<string, string>>): Promise<void> {
    running.repository.commit('first', { ...files, ...others });
    await running.start();
    await running.ready();
    running.repository.commit('remove', Object.fromEntries(Object.keys(files).map((path) => [path, undefined])));
    await running.approve('web');
  }

  it('stays until its objects are gone, and says what is left and who holds it', async () => {
    await remove({ 'web/a.yaml': configMapFile('page', {}), 'web/b.yaml': held });
    await waitsForRemoval();
    expect((await running.condition())?.message).toBe(
      'the removal of its objects: waiting for ConfigMap default/held (held by example.com/hold)',
    );
    await running.until('its health says so', async () => (await running.application('web'))?.status?.health === 'Progressing');
    expect((await running.application('web'))?.status?.healthMessage).toBe(
      'is being removed; left: ConfigMap default/held (held by example.com/hold)',
    );
    await release();
    await isGone();
    expect(running.health).not.toContain('web Missing');
    expect(running.said.at(-1)).toBe('web is gone');
  });

  it('goes at once where nothing holds its objects', async () => {
    await remove({ 'web/a.yaml': configMapFile('page', {}) });
    await isGone();
    expect(running.said.slice(-2)).toEqual(['web complete', 'web is gone']);
  });

  it('goes on after a restart', async () => {
    await remove({ 'web/a.yaml': configMapFile('page', {}), 'web/b.yaml': held });
    await waitsForRemoval();
    await running.stop();
    await running.start();
    await running.ready();
    expect(await running.application('web')).toBeDefined();
    await release();
    await isGone();
  });

  it('is as it was while a person is asked', async () => {
    running.repository.commit('first', { 'web/a.yaml': configMapFile('page', {}), ...others });
    await running.start();
    await running.ready();
    running.repository.commit('remove', { 'web/a.yaml': undefined });
    await running.until('it is held', async () => (await running.condition())?.reason === 'PrunesHeld');
    expect((await running.application('web'))?.status?.health).toBe('Healthy');
  });

  it('that has nothing is told to be gone too', async () => {
    running.repository.commit('first', { 'web/a.yaml': 'kind: Nothing\n', ...others });
    await running.start();
    await running.ready();
    running.repository.commit('remove', { 'web/a.yaml': undefined });
    await isGone();
    await running.until('it is told', () => running.said.at(-1) === 'web is gone');
  });

  it.each([
    ['', {}],
    [', before its hooks run', { 'web/last.yaml': hookFile('last', 'PreDelete') }],
  ])('stays while the one that its objects moved to has not got them%s', async (_name, hooks) => {
    const files = { 'web/a.yaml': configMapFile('page', {}), ...hooks };
    running.repository.commit('first', { ...files, ...others });
    await running.start();
    await running.ready();
    const gone = Object.fromEntries(Object.keys(files).map((path) => [path, undefined]));
    const wrong = { 'api/wrong.yaml': configMapFile('wrong', {}, 'nowhere') };
    running.repository.commit('move', { ...gone, 'api/a.yaml': configMapFile('page', {}), ...wrong });
    const waits = 'waits until api takes over ConfigMap default/page';
    await running.until('it waits', async () => (await running.condition())?.message === waits);
    expect(await jobOf(running, 'last')).toBeUndefined();
    running.repository.commit('mend', { 'api/wrong.yaml': undefined });
    if ('web/last.yaml' in hooks) await endJobOf(running, 'last', 'Complete');
    await isGone();
    const page = await running.client.get(CONFIG_MAPS, 'page', 'default');
    expect(page.metadata.labels).toEqual({ 'slipway.dev/application': 'api' });
  });

  it('that comes back is no longer removed', async () => {
    const files = { 'web/a.yaml': configMapFile('page', {}), 'web/b.yaml': held };
    await remove(files);
    await waitsForRemoval();
    const oid = running.repository.commit('back', files);
    await release();
    await running.until('it is back', async () => (await running.application('web'))?.status?.revision === oid);
    const { items } = await running.client.list(CONFIG_MAPS, { namespace: 'default' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['page', 'held']));
  });
});

it('an object that is pruned and held by somebody holds up no application that stays', async () => {
  running.repository.commit('first', { 'web/a.yaml': configMapFile('page', {}), 'web/b.yaml': held });
  await running.start();
  await running.ready();
  const oid = await running.commit('less', { 'web/b.yaml': undefined });
  await running.until('it is applied', async () => (await running.application('web'))?.status?.revision === oid);
});
