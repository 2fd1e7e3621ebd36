import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatYaml } from '../../src/base/index.ts';
import { comparable, ownership } from '../../src/gitops/plan/changes.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type InventoryItem, type Manifest } from '../../src/model/index.ts';
import { Planning, type Files } from '../gitops/planning.ts';

const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 2 });
const map = fc.dictionary(short, short, { maxKeys: 3 });

/** Now and then in another wave, or written as a whole. */
const directives = fc.oneof(
  fc.constant({}),
  fc.constantFrom('-1', '0', '2').map((wave) => ({ 'argocd.argoproj.io/sync-wave': wave })),
  fc.constant({ 'argocd.argoproj.io/sync-options': 'Replace=true' }),
);

const configMap = (name: string) =>
  fc.tuple(map, directives).map(([data, annotations]) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data }));

const container = fc.record(
  { image: short, env: fc.uniqueArray(fc.record({ name: short, value: short }), { selector: ({ name }) => name, maxLength: 3 }) },
  { requiredKeys: ['image'] },
);
const deployment = (name: string) =>
  fc
    .record({
      replicas: fc.option(fc.nat(3), { nil: undefined }),
      containers: fc.tuple(container, fc.option(container, { nil: undefined })),
      annotations: map,
    })
    .map(({ replicas, containers, annotations }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: containers.flatMap((one, i) => (one ? [{ name: `c${i}`, ...one }] : [])) },
        },
      },
    }));

/** A state of the application: some of four objects, in one file or in several. */
const files: fc.Arbitrary<Files> = fc
  .record({ one: configMap('one'), two: configMap('two'), three: deployment('three'), four: deployment('four') }, { requiredKeys: [] })
  .map((objects) => Object.fromEntries(Object.entries(objects).map(([name, object]) => [`web/${name}.yaml`, formatYaml(object)])));

async function managed(planning: Planning) {
  const lists = await Promise.all([
    planning.client.list(CONFIG_MAPS, { namespace: 'default' }),
    planning.client.list(DEPLOYMENTS, { namespace: 'default' }),
  ]);
  return lists.flatMap(({ items }) => items.map((item) => ({ object: comparable(item as unknown as Manifest), owned: ownership(item) })));
}

describe('syncing', () => {
  it('and planning again keeps everything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(files, { minLength: 1, maxLength: 4 }), async (states) => {
        const planning = await Planning.create();
        let inventory: readonly InventoryItem[] = [];
        for (const state of states) inventory = await planning.sync(state, inventory);
        const again = await planning.plan(states.at(-1)!, inventory);
        expect(again.steps.filter(({ op }) => op !== 'keep')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('ends at what the last state says, whatever came before it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(files, { minLength: 2, maxLength: 4 }), async (states) => {
        const [long, direct] = [await Planning.create(), await Planning.create()];
        let inventory: readonly InventoryItem[] = [];
        for (const state of states) inventory = await long.sync(state, inventory);
        await direct.sync(states.at(-1)!);
        expect(await managed(long)).toEqual(await managed(direct));
      }),
      { numRuns: 40 },
    );
  });
});
