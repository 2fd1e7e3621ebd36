import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SYSTEM_NAMESPACE, type Application } from '../../src/model/index.ts';
import { configMapFile, deploymentFile, RunningPipeline } from './running.ts';

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const applicationFile = (name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name }, spec }, undefined, 1);

async function startWith(files: Readonly<Record<string, string>>): Promise<string> {
  const oid = running.repository.commit('first', files);
  await running.start();
  await running.ready();
  return oid;
}

const names = async (namespace = 'default') =>
  (await running.client.list(CONFIG_MAPS, { namespace })).items.map(({ metadata }) => metadata.name);
const reasonOf = async (name: string) => (await running.condition(name))?.reason;
const synced = (name: string) =>
  running.until(`${name} is synced`, async () => (await running.application(name))?.status?.sync === 'Synced');

describe('an application that the commit declares', () => {
  it('has its path, its namespace and its own status', async () => {
    await startWith({
      'apps.json': applicationFile('shop', { path: 'apps/shop', namespace: 'slipway-system' }),
      'apps/shop/a.yaml': configMapFile('a', {}),
      'apps/other/b.yaml': configMapFile('b', {}),
    });
    expect(await names('slipway-system')).toEqual(['a']);
    expect(await names()).toEqual(['b']);
    expect((await running.application('shop'))?.metadata.labels).toMatchObject({ 'slipway.dev/application': 'root' });
    expect((await running.application('shop'))?.status).toMatchObject({
      sync: 'Synced',
      history: [{ outcome: 'Applied', plan: expect.stringMatching(/^shop-/) }],
    });
  });

  it('is never applied before its policy is known', async () => {
    await startWith({ 'apps.json': applicationFile('web', { path: 'web', sync: 'Manual' }), 'web/a.yaml': configMapFile('a', {}) });
    expect(await reasonOf('web')).toBe('WaitsForApproval');
    expect(await names()).toEqual([]);
  });

  it('takes over from the directory that it was, without a deletion', async () => {
    await startWith({ 'apps/shop/a.yaml': configMapFile('a', {}), 'apps/shop/b.yaml': configMapFile('b', {}) });
    const uid = (await running.client.get(CONFIG_MAPS, 'a', 'default')).metadata.uid;
    running.repository.commit('declare it', { 'apps.json': applicationFile('shop', { path: 'apps/shop' }) });
    await running.until('apps is gone', async () => (await running.application('apps')) === undefined);
    await synced('shop');
    expect((await running.client.get(CONFIG_MAPS, 'a', 'default')).metadata).toMatchObject({
      uid,
      labels: { 'slipway.dev/application': 'shop' },
    });
  });

  it('goes with all that it owns when the commit takes both away', async () => {
    await startWith({ 'apps.json': applicationFile('shop', { path: 'apps/shop' }), 'apps/shop/a.yaml': configMapFile('a', {}) });
    running.repository.commit('take it away', { 'apps.json': undefined, 'apps/shop/a.yaml': undefined });
    await running.approve('shop');
    await running.until('shop is gone', async () => (await running.application('shop')) === undefined);
    expect(await names()).toEqual([]);
  });

  it.each(['apps.json', 'web/app.json'])('is as any other directory when %s says nothing of it any more', async (file) => {
    await startWith({
      [file]: applicationFile('web', { path: 'web', sync: 'Manual' }),
      'web/a.yaml': configMapFile('a', {}),
      'web/b.yaml': configMapFile('b', {}),
    });
    await running.approve('web');
    await synced('web');
    const { uid } = (await running.application('web'))!.metadata;
    running.repository.commit('say nothing of it', { [file]: undefined, 'top.yaml': configMapFile('top', {}) });
    await running.until('its policy is gone', async () => (await running.application('web'))?.spec.sync === 'Automatic');
    await running.until('all is applied', async () => (await names()).join() === 'a,b,top');
    expect((await running.application('web'))?.metadata).toMatchObject({ uid, labels: { 'app.kubernetes.io/managed-by': 'slipway' } });
    await synced('root');
    expect(running.entries.filter(({ event }) => event === 'drift')).toEqual([]);
    await running.commit('one less', { 'web/b.yaml': undefined });
    expect(await names()).toEqual(['a', 'top']);
  });

  it('goes with its directory when it is written down in it, and asks as any other', async () => {
    await startWith({ 'web/app.json': applicationFile('web', { path: 'web' }), 'web/a.yaml': configMapFile('a', {}) });
    running.repository.commit('take it away', { 'web/app.json': undefined, 'web/a.yaml': undefined });
    await running.approve('web');
    await running.until('web is gone', async () => (await running.application('web')) === undefined);
    expect(await names()).toEqual([]);
  });

  it('that is suspended changes nothing', async () => {
    await startWith({ 'apps.json': applicationFile('web', { path: 'web', suspend: true }), 'web/a.yaml': configMapFile('a', {}) });
    expect(await reasonOf('web')).toBe('Suspended');
    running.repository.commit('resume', { 'apps.json': applicationFile('web', { path: 'web' }) });
    await synced('web');
    expect(await names()).toEqual(['a']);
  });

  it('prunes within its own budget', async () => {
    await startWith({
      'apps.json': applicationFile('web', { path: 'web', budget: { objects: 0 } }),
      'web/a.yaml': configMapFile('a', {}),
      'web/b.yaml': configMapFile('b', {}),
    });
    await running.commit('less', { 'web/b.yaml': undefined });
    expect(await running.condition()).toMatchObject({
      reason: 'PrunesHeld',
      message: expect.stringContaining('1 object would be pruned, more than 0'),
    });
  });
});

describe('a budget', () => {
  it('holds when the same files are aimed elsewhere: that is no way back', async () => {
    const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`web/part-${i}.yaml`, configMapFile(`part-${i}`, {})]));
    await startWith({ ...files, 'apps.json': applicationFile('web', { path: 'web' }) });
    await running.commit('elsewhere', { 'apps.json': applicationFile('web', { path: 'web', namespace: 'slipway-system' }) });
    expect(await reasonOf('web')).toBe('PrunesHeld');
    expect(await names()).toHaveLength(8);
  });
});

describe('what others keep things in', () => {
  const room = (kind: string) =>
    ({
      Namespace: { apiVersion: 'v1', kind, metadata: { name: 'room' } },
      PersistentVolumeClaim: {
        apiVersion: 'v1',
        kind,
        metadata: { name: 'room' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      CustomResourceDefinition: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind,
        metadata: { name: 'rooms.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'rooms', kind: 'Room' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
    })[kind];

  it.each(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'])('goes by no revert without a yes: %s', async (kind) => {
    await startWith({ 'web/page.yaml': configMapFile('page', {}) });
    await running.commit('a room', { 'web/room.json': JSON.stringify(room(kind)) });
    await synced('web');
    running.repository.git('revert', '--no-edit', 'HEAD');
    await running.until('it is held', async () => (await reasonOf('web')) === 'PrunesHeld');
    expect((await running.condition())?.message).toMatch(new RegExp(`removing ${kind} \\S*room\\S* takes along what is in it`));
    const pending = (await running.plans('web')).find(({ status }) => status?.phase === 'Pending');
    const patch = { metadata: { annotations: { 'slipway.dev/approved': pending!.spec.digest } } };
    await running.client.patch({ kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' }, { type: 'merge', patch });
    await synced('web');
    expect((await running.application('web'))?.status?.inventory?.map(({ name }) => name)).toEqual(['page']);
  });
});

describe('a file of Applications that cannot be read', () => {
  const shop = applicationFile('shop', { path: 'apps/shop', namespace: 'slipway-system' });
  const broken = `${shop.slice(0, -1)}, [`;

  it.each([
    ['while it runs', async () => {}],
    ['and after a restart', async () => (await running.stop(), await running.start(), await running.ready())],
  ])('leaves what it declared as it is, %s', async (_name, meanwhile) => {
    await startWith({ 'apps.json': shop, 'apps/shop/a.yaml': configMapFile('a', {}) });
    await running.commit('break it', { 'apps.json': broken }, 'root');
    await meanwhile();
    await running.commit('go on', { 'apps/shop/b.yaml': configMapFile('b', {}) }, 'shop');
    expect(await names('slipway-system')).toEqual(['a', 'b']);
    expect(await names()).toEqual([]);
    expect(await running.application('apps')).toBeUndefined();
  });

  it('keeps its directory from being applied without its policy', async () => {
    await startWith({ 'apps.json': broken, 'apps/shop/a.yaml': configMapFile('a', {}), 'web/b.yaml': configMapFile('b', {}) });
    expect(await names()).toEqual(['b']);
    expect(running.said).toContain('apps:1:1: apps.json cannot be read, and may declare an application for this directory');
  });
});

describe('an application that a person writes into the cluster', () => {
  it('divides the manifests as one that is committed does', async () => {
    await startWith({ 'apps/shop/a.yaml': configMapFile('a', {}), 'apps/other/b.yaml': configMapFile('b', {}) });
    await running.client.create<Application>(APPLICATIONS, {
      apiVersion: 'slipway.dev/v1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: SYSTEM_NAMESPACE },
      spec: { path: 'apps/shop' },
    });
    await synced('shop');
    expect((await running.client.get(CONFIG_MAPS, 'a', 'default')).metadata.labels).toEqual({ 'slipway.dev/application': 'shop' });
  });
});

describe('an application waits', () => {
  it('for those that it depends on, and goes on when they are there', async () => {
    await startWith({
      'apps.json': applicationFile('web', { path: 'web', dependsOn: ['db'] }),
      'db/app.yaml': deploymentFile('db', 1, 'x:1'),
      'web/a.yaml': configMapFile('a', {}),
    });
    await running.until('db is seen', async () => (await running.application('db'))?.status?.health === 'Progressing');
    await running.until(
      'web waits',
      async () => (await running.condition('web'))?.message?.includes('is healthy: it is Progressing') ?? false,
    );
    expect(await names()).toEqual([]);
    const live = await running.plane.trusted.get(DEPLOYMENTS, 'db', 'default');
    const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 };
    await running.plane.trusted.updateStatus(DEPLOYMENTS, { ...live, status: { observedGeneration: live.metadata.generation, ...counts } });
    await synced('web');
    expect(await names()).toEqual(['a']);
  });

  it('for a namespace that another one makes', async () => {
    await startWith({
      'web/a.yaml': configMapFile('a', {}, 'shop'),
      'zones/ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
    });
    await synced('web');
    expect(running.said.filter((text) => text.includes('not found'))).toEqual([]);
    expect((await running.client.get(NAMESPACES, 'shop')).metadata.name).toBe('shop');
  });
});

describe('health', () => {
  it('that does not come in time is Degraded', async () => {
    await startWith({
      'apps.json': applicationFile('web', { path: 'web', healthTimeout: '30s' }),
      'web/app.yaml': deploymentFile('app', 1, 'x:1'),
    });
    await running.until('it is progressing', async () => (await running.application('web'))?.status?.health === 'Progressing');
    await running.plane.clock.advance(31_000);
    await running.until('it is degraded', async () => (await running.application('web'))?.status?.health === 'Degraded');
    expect((await running.application('web'))?.status?.healthMessage).toContain('has not become healthy within 30 s');
  });
});

describe('a field that is left to others', () => {
  const withRule = (rule: object) => ({
    'apps.json': applicationFile('web', { path: 'web', ignore: [rule] }),
    'web/app.yaml': deploymentFile('app', 1, 'x:1'),
  });
  const scale = async (replicas: number, manager = 'autoscaler') =>
    running.client
      .as(manager)
      .patch({ kind: DEPLOYMENTS, namespace: 'default', name: 'app' }, { type: 'merge', patch: { spec: { replicas } } });
  const replicas = async () => (await running.client.get(DEPLOYMENTS, 'app', 'default')).spec.replicas;

  it.each<[string, object]>([
    ['by its path', { kind: 'Deployment', fields: ['spec.replicas'] }],
    ['by its manager', { managers: ['autoscaler'] }],
  ])('%s is neither put back nor shown, and later changes concern nobody', async (_name, rule) => {
    await startWith(withRule(rule));
    await scale(5);
    await running.commit('other', { 'web/app.yaml': deploymentFile('app', 1, 'x:2') });
    expect(await replicas()).toBe(5);
    const plans = (await running.plans('web')).length;
    await scale(7);
    await running.commit('third', { 'web/app.yaml': deploymentFile('app', 2, 'x:3') });
    expect(await replicas()).toBe(7);
    expect(await running.plans('web')).toHaveLength(plans + 1);
    expect(running.said.filter((text) => text.includes('spec.replicas'))).toEqual([]);
  });

  it('stays as it is when Git stops to say it', async () => {
    await startWith(withRule({ managers: ['nobody'] }));
    await running.commit('three', { 'web/app.yaml': deploymentFile('app', 3, 'x:1') });
    const unsaid = deploymentFile('app', 3, 'x:2').replace('  replicas: 3\n', '');
    await running.commit('left to others', { ...withRule({ fields: ['spec.replicas'] }), 'web/app.yaml': unsaid });
    expect(await replicas()).toBe(3);
    await scale(5);
    await running.commit('another', { 'web/app.yaml': unsaid.replace('x:2', 'x:3') });
    expect(await replicas()).toBe(5);
  });

  it('of another object is put back', async () => {
    await startWith(withRule({ name: 'other', fields: ['spec.replicas'] }));
    await scale(5);
    await running.until('it is put back', async () => (await replicas()) === 1);
  });
});

describe('a plan that waits for a person', () => {
  const manual = applicationFile('web', { path: 'web', sync: 'Manual' });
  const phases = async () => (await running.plans('web')).map(({ status, spec }) => `${status?.phase} ${spec.steps.length}`).toSorted();

  it('makes an object anew once the old one is gone, is not through before, and needs no second yes', async () => {
    const held = (label: string) =>
      deploymentFile('app', 1, 'x:1')
        .replace('\nspec:', '\n  finalizers: [example.com/hold]\nspec:')
        .replaceAll('app: app', `app: ${label}`);
    await startWith({ 'apps.json': manual, 'web/app.yaml': held('one') });
    await running.approve('web');
    await running.until('it is applied', async () => (await running.condition())?.reason === 'Applied');
    const target = { kind: DEPLOYMENTS, namespace: 'default', name: 'app' };
    const { uid } = (await running.client.get(DEPLOYMENTS, 'app', 'default')).metadata;
    const oid = running.repository.commit('another selector', { 'web/app.yaml': held('two') });
    await running.approve('web');
    const waits = 'wave 0: waiting for Deployment default/app (held by example.com/hold)';
    await running.until('it waits', async () => (await running.condition())?.message === waits);
    await running.plane.clock.advance(5_000);
    const replacing = async () => (await running.plans('web')).filter(({ spec }) => spec.revision === oid).map(({ status }) => status);
    expect(await replacing()).toMatchObject([{ phase: 'Waiting', steps: [{ outcome: 'running' }] }]);
    await running.client.patch(target, { type: 'merge', patch: { metadata: { finalizers: null } } });
    await running.until('it is applied', async () => (await running.condition())?.reason === 'Applied');
    expect(await replacing()).toMatchObject([{ phase: 'Applied', steps: [{ outcome: 'applied' }] }]);
    expect((await running.client.get(DEPLOYMENTS, 'app', 'default')).metadata.uid).not.toBe(uid);
    expect(running.entries.filter(({ event }) => event === 'failed' || event === 'drift')).toEqual([]);
  });

  it('is an object, is withdrawn when another takes its place, and is the one that is applied', async () => {
    await startWith({ 'apps.json': manual, 'web/a.yaml': configMapFile('a', {}) });
    expect(await phases()).toEqual(['Pending 1']);
    await running.commit('more', { 'web/b.yaml': configMapFile('b', {}) });
    expect(await phases()).toEqual(['Pending 2', 'Superseded 1']);
    const pending = (await running.plans('web')).find(({ status }) => status?.phase === 'Pending');
    expect((await running.application('web'))?.status?.plan).toBe(pending!.metadata.name);
    await running.client.patch(
      { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' },
      { type: 'merge', patch: { metadata: { annotations: { 'slipway.dev/approved': pending!.spec.digest } } } },
    );
    await synced('web');
    expect(await phases()).toEqual(['Applied 2', 'Superseded 1']);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('is not made anew by a restart', async () => {
    await startWith({ 'apps.json': manual, 'web/a.yaml': configMapFile('a', {}) });
    await running.stop();
    await running.start();
    await running.ready();
    expect(await phases()).toEqual(['Pending 1']);
  });

  it('is not approved by the approval of another one', async () => {
    await startWith({ 'apps.json': manual, 'web/a.yaml': configMapFile('a', {}) });
    const [first] = await running.plans('web');
    await running.commit('more', { 'web/b.yaml': configMapFile('b', {}) });
    await running.client.patch(
      { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: 'web' },
      { type: 'merge', patch: { metadata: { annotations: { 'slipway.dev/approved': first!.spec.digest } } } },
    );
    await running.commit('yet more', { 'web/c.yaml': configMapFile('c', {}) });
    expect(await reasonOf('web')).toBe('WaitsForApproval');
    expect(await names()).toEqual([]);
  });
});
