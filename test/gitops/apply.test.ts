import { beforeEach, describe, expect, it } from 'vitest';
import { StatusError } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { formatPlan, type ApplicationPlan } from '../../src/gitops/index.ts';
import { excessOf, withinBudget } from '../../src/gitops/apply/budget.ts';
import { inventoryAfter, withIntended } from '../../src/gitops/apply/inventory.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type Deployment, type InventoryItem } from '../../src/model/index.ts';
import { Planning } from './planning.ts';
import { configMapFile, deploymentFile } from './running.ts';
import { manifest } from './values.ts';

let planning: Planning;
beforeEach(async () => {
  planning = await Planning.create();
});

const page = (data: Readonly<Record<string, string>>) => ({ 'web/page.yaml': configMapFile('page', data) });
const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'page' };
const live = () => planning.client.get(CONFIG_MAPS, 'page', 'default');

/** The client, but one of its verbs does something else. */
function withVerb(client: Client, verbs: Partial<Client>): Client {
  return new Proxy(client, {
    get: (inner, name) => (verbs as Record<string | symbol, unknown>)[name] ?? (Reflect.get(inner, name) as () => unknown).bind(inner),
  });
}

describe('applying a plan', () => {
  it('does what was shown', async () => {
    const report = await planning.apply(await planning.plan(page({ a: '1' })));
    expect(report.ended).toBe('complete');
    expect((await live()).data).toEqual({ a: '1' });
  });

  it('goes on after others wrote what does not matter to it, a status for one', async () => {
    await planning.sync({ 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    const plan = await planning.plan({ 'web/app.yaml': deploymentFile('app', 3, 'x:1') });
    const app = await planning.client.get(DEPLOYMENTS, 'app', 'default');
    await planning.client.updateStatus(DEPLOYMENTS, { ...app, status: { replicas: 2 } } satisfies Deployment);
    expect((await planning.apply(plan)).ended).toBe('complete');
    expect((await planning.client.get(DEPLOYMENTS, 'app', 'default')).spec.replicas).toBe(3);
  });

  it('writes nothing when it would change something else than was shown', async () => {
    await planning.sync(page({ a: '1' }));
    const plan = await planning.plan(page({ a: '2' }));
    await planning.plane.client.as('other').patch(target, { type: 'merge', patch: { data: { a: 'theirs' } } });
    expect((await planning.apply(plan)).ended).toBe('outdated');
    expect((await live()).data).toEqual({ a: 'theirs' });
  });

  it('writes nothing when the object is another one by now', async () => {
    await planning.sync(page({ a: '1' }));
    const plan = await planning.plan(page({ a: '2' }));
    await planning.plane.client.delete(target);
    await planning.plane.client.create(CONFIG_MAPS, manifest('ConfigMap', 'page', { data: { a: '1' } }));
    expect((await planning.apply(plan)).ended).toBe('outdated');
    expect((await live()).data).toEqual({ a: '1' });
  });

  it('does not take over an object that came after a create was shown', async () => {
    const plan = await planning.plan(page({ a: '1' }));
    await planning.plane.client.create(CONFIG_MAPS, manifest('ConfigMap', 'page', { data: { a: 'theirs' } }));
    expect((await planning.apply(plan)).ended).toBe('outdated');
    expect((await live()).data).toEqual({ a: 'theirs' });
  });

  it('sees a write that comes between its look and its own write', async () => {
    await planning.sync(page({ a: '1' }));
    const plan = await planning.plan(page({ a: '2' }));
    let meddled = false;
    const apply: Client['apply'] = async (kind, object, options) => {
      if (!options?.dryRun && !meddled) {
        meddled = true;
        await planning.plane.client.as('other').patch(target, { type: 'merge', patch: { data: { a: 'theirs' } } });
      }
      return planning.client.apply(kind, object, options);
    };
    expect((await planning.apply(plan, { client: withVerb(planning.client, { apply }) })).ended).toBe('outdated');
    expect((await live()).data).toEqual({ a: 'theirs' });
  });

  it('stops where a newer commit takes over', async () => {
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', {}), 'web/b.yaml': configMapFile('b', {}) });
    let steps = 0;
    const report = await planning.apply(plan, { superseded: () => ++steps > 1 });
    expect(report.ended).toBe('superseded');
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['applied', 'skipped']);
  });

  it('goes on after an object that fails, but prunes nothing then', async () => {
    const inventory = await planning.sync({ 'web/old.yaml': configMapFile('old', {}) });
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', {}), 'web/b.yaml': configMapFile('b', {}) }, inventory);
    const apply: Client['apply'] = (kind, object, options) => {
      if (object.metadata.name === 'a') throw new StatusError('InternalError', 'no space left');
      return planning.client.apply(kind, object, options);
    };
    const report = await planning.apply(plan, { client: withVerb(planning.client, { apply }) });
    expect(report).toMatchObject({
      ended: 'failed',
      results: [{ outcome: 'failed', message: 'no space left' }, { outcome: 'applied' }, { outcome: 'skipped' }],
    });
    expect(inventoryAfter(inventory, plan, report).map(({ name }) => name)).toEqual(['b', 'old']);
  });

  it('prunes the object that was shown and no other of its name', async () => {
    const inventory = await planning.sync(page({ a: '1' }));
    const plan = await planning.plan({}, inventory);
    await planning.plane.client.delete(target);
    await planning.plane.client.create(CONFIG_MAPS, manifest('ConfigMap', 'page', { data: { a: 'theirs' } }));
    expect((await planning.apply(plan)).results).toEqual([{ outcome: 'skipped', message: 'another object has this name by now' }]);
    expect((await live()).data).toEqual({ a: 'theirs' });
  });

  it('takes an object that is already gone for pruned', async () => {
    const inventory = await planning.sync(page({ a: '1' }));
    const plan = await planning.plan({}, inventory);
    await planning.plane.client.delete(target);
    expect((await planning.apply(plan)).ended).toBe('complete');
  });
});

describe('the inventory', () => {
  it('knows an unchanged application by the same items', async () => {
    const first = await planning.sync(page({ a: '1' }));
    const second = await planning.sync(page({ a: '1' }), first);
    expect(second[0]).toBe(first[0]);
  });

  it('gets what a plan that was cut off may have made', () => {
    const item = (name: string): InventoryItem => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });
    expect(withIntended([item('a')], [item('a'), item('b')]).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('the budget', () => {
  it.each([
    [1, 1, 'beyond'],
    [1, 2, 'within'],
    [2, 3, 'beyond'],
    [6, 12, 'within'],
    [6, 11, 'beyond'],
    [20, 40, 'within'],
    [21, 1000, 'beyond'],
  ])('of %i prunes among %i objects is %s', (prunes, owned, verdict) => {
    expect(excessOf(prunes, owned) === undefined ? 'within' : 'beyond').toBe(verdict);
  });

  const plan = async (count: number): Promise<ApplicationPlan> => {
    const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`web/${i}.yaml`, configMapFile(`c${i}`, {})]));
    return planning.plan({ ...page({}) }, await planning.sync(files));
  };
  const prunes = ({ steps }: ApplicationPlan) => steps.filter(({ op }) => op === 'prune').length;
  const no = async () => false;

  it('holds back all prunes beyond it, and nothing else', async () => {
    const held = await withinBudget({ plan: await plan(8), owned: 8, approved: () => false, goesBack: no });
    expect([prunes(held), held.steps.length, held.held.length]).toEqual([0, 1, 8]);
    expect(formatPlan(held, { format: 'stat' }).match(/^- prune {2}ConfigMap .* waits for approval$/gm)).toHaveLength(8);
    expect(held.held.slice(0, 2).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^ConfigMap default\/\S+ is not pruned: 8 of 8 objects would be pruned, more than half; if that is meant: /),
      expect.stringMatching(/^ConfigMap default\/\S+ is not pruned for the same reason$/),
    ]);
  });

  it.each([
    ['approved', () => true, no],
    ['a way back', () => false, async () => true],
  ])('does not hold what is %s', async (_name, approved, goesBack) => {
    expect(prunes(await withinBudget({ plan: await plan(8), owned: 8, approved, goesBack }))).toBe(8);
  });

  it('does not ask the history when there is no need', async () => {
    const asked = () => Promise.reject(new Error('asked'));
    expect(prunes(await withinBudget({ plan: await plan(3), owned: 6, approved: () => false, goesBack: asked }))).toBe(3);
  });

  it('is measured by what would have been, while no sync was complete', async () => {
    const cutOff = await planning.plan({ 'web/b.yaml': configMapFile('b', {}) }, await planning.sync(page({ a: '1' })));
    const prunedOf = async (owned: number | undefined) =>
      prunes(await withinBudget({ plan: cutOff, owned, approved: () => false, goesBack: no }));
    expect([await prunedOf(undefined), await prunedOf(1)]).toEqual([1, 0]);
  });
});
