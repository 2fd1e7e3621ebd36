import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, expandSchema, KindRegistry, openApiEntries, type Kind, type Manifest } from '../../src/model/index.ts';
import { deepFreeze } from '../../src/base/index.ts';
import { readOracle, registry } from './oracle.ts';

interface ResourceList {
  readonly resources?: readonly {
    name: string;
    singularName: string;
    namespaced: boolean;
    kind: string;
    verbs: string[];
    shortNames?: string[];
    categories?: string[];
  }[];
}

describe('names and verbs are those of a real API server', () => {
  const discovery = readOracle<Record<string, ResourceList>>('discovery.json');
  const own = BUILT_IN_KINDS.filter(({ group }) => group !== 'slipway.dev');

  test.each(own.map((kind) => [kind.kind, kind] as const))('%s', (_, kind) => {
    const { resources = [] } = discovery[kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`]!;
    const found = resources.find(({ name }) => name === kind.plural)!;
    expect({ singular: kind.singular, kind: kind.kind, namespaced: kind.namespaced }).toEqual({
      singular: found.singularName,
      kind: found.kind,
      namespaced: found.namespaced,
    });
    expect(kind.verbs.toSorted()).toEqual(found.verbs.toSorted());
    expect(kind.shortNames).toEqual(found.shortNames ?? []);
    expect(kind.categories).toEqual(found.categories ?? []);
    const subresources = resources
      .filter(({ name }) => name.startsWith(`${kind.plural}/`))
      .map(({ name }) => name.slice(kind.plural.length + 1));
    expect(kind.subresources.toSorted()).toEqual(subresources.toSorted());
  });
});

test('groups come in the order of a real API server, which is that in which clients look for a kind', () => {
  const { groups } = readOracle<Record<string, { groups: { name: string }[] }>>('discovery.json')['/apis']!;
  const own = [...new Set(BUILT_IN_KINDS.map(({ group }) => group))];
  const real = groups.map(({ name }) => name).filter((name) => own.includes(name));
  expect(own.filter((group) => group !== '' && group !== 'slipway.dev')).toEqual(real);
});

describe('the registry', () => {
  test('finds a kind as manifests, URLs and people name it', () => {
    const deployment = registry.byKind('apps', 'v1', 'Deployment');
    expect(deployment?.plural).toBe('deployments');
    expect(registry.byApiVersion('apps/v1', 'Deployment')).toBe(deployment);
    expect(registry.byResource('apps', 'v1', 'deployments')).toBe(deployment);
    for (const name of ['deployments', 'deployment', 'Deployment', 'deploy', 'deployments.apps', 'deploy.apps'])
      expect(registry.byName(name)).toBe(deployment);
    expect(registry.byName('po')).toBe(registry.byApiVersion('v1', 'Pod'));
  });

  test('does not find what is not there', () => {
    expect([registry.byApiVersion('v1', 'Deployment'), registry.byResource('', 'v1', 'deployments'), registry.byName('websites')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('takes kinds in and lets them go while it runs', () => {
    const changing = new KindRegistry(BUILT_IN_KINDS);
    const website: Kind = {
      ...BUILT_IN_KINDS[0]!,
      group: 'example.com',
      kind: 'Website',
      plural: 'websites',
      singular: 'website',
      shortNames: ['ws'],
    };
    changing.add(website);
    expect(changing.byName('ws')).toBe(website);
    const renamed = { ...website, plural: 'sites' };
    changing.add(renamed);
    expect([changing.byResource('example.com', 'v1', 'websites'), changing.byResource('example.com', 'v1', 'sites')]).toEqual([
      undefined,
      renamed,
    ]);
    changing.remove(renamed);
    expect(changing.all()).toEqual(BUILT_IN_KINDS);
  });
});

describe('every kind', () => {
  test.each(BUILT_IN_KINDS.map((kind) => [kind.kind, kind] as const))(
    '%s has as many cells as columns, and changes nothing in place',
    (_, kind) => {
      const bare = {
        apiVersion: 'v1',
        kind: kind.kind,
        metadata: { name: 'x' },
        spec: {},
        involvedObject: {},
        addressType: 'IPv4',
        steps: [],
      };
      const object = deepFreeze(withNeeded(kind, bare)) as unknown as Manifest;
      const made = deepFreeze(kind.prepareCreate(deepFreeze(kind.defaults(object))));
      expect(kind.row(made, { now: () => 0 } as never)).toHaveLength(kind.columns.length);
      expect(() => kind.validate(made, made)).not.toThrow();
      expect(kind.defaults(made)).toEqual(made);
      for (const select of Object.values(kind.selectable)) expect(typeof select(made)).toBe('string');
    },
  );

  test.each(BUILT_IN_KINDS.map((kind) => [kind.kind, kind] as const))(
    '%s is judged, not crashed on, when its spec is missing',
    (_, kind) => {
      const object = { apiVersion: 'v1', kind: kind.kind, metadata: { name: 'x' } } as unknown as Manifest;
      expect(() => kind.validate(kind.prepareCreate(kind.defaults(object)))).not.toThrow();
    },
  );
});

function withNeeded(kind: Kind, object: object): object {
  const template = { metadata: {}, spec: { containers: [{ name: 'c', image: 'i' }] } };
  if (kind.kind === 'Pod') return { ...object, spec: template.spec };
  if (kind.kind === 'Plan') return { ...object, spec: { application: 'a', revision: 'r', steps: [], digest: 'd' } };
  return kind.group === 'apps' ? { ...object, spec: { template } } : object;
}

describe('the OpenAPI document', () => {
  const schemas = Object.fromEntries(openApiEntries(BUILT_IN_KINDS)) as Record<string, any>;

  test('has every kind under its group, version and kind', () => {
    for (const { group, version, kind } of BUILT_IN_KINDS) {
      const found = Object.values(schemas).filter(
        (schema) => JSON.stringify(schema['x-kubernetes-group-version-kind']) === JSON.stringify([{ group, version, kind }]),
      );
      expect(found, kind).toHaveLength(1);
    }
  });

  test('refers to nothing that it does not have', () => {
    const references = JSON.stringify(schemas).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    expect([...references].map(([, name]) => name!).filter((name) => !(name in schemas))).toEqual([]);
  });

  test('says what things are', () => {
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.replicas.description).toMatch(/^Number of desired pods\./);
    expect(schemas['io.k8s.api.core.v1.Container'].description).toBe('A single application container that you want to run within a pod.');
    expect(schemas['dev.slipway.v1.Application'].properties.spec.properties.path.description).toMatch(/^The directory/);
  });

  test('says of custom objects, and of those in them, what every object is', () => {
    const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true };
    const schema = expandSchema({ properties: { spec: { properties: { kind: { type: 'string' }, list: { items: embedded } } } } });
    const custom = { group: 'x.io', version: 'v1', kind: 'Thing', schema: { custom: () => schema } };
    const { properties } = Object.fromEntries(openApiEntries([custom as never]))['io.x.v1.Thing'] as Record<string, any>;
    const ofObject = {
      apiVersion: { type: 'string', description: expect.stringMatching(/^APIVersion defines/) as string },
      kind: { type: 'string', description: expect.stringMatching(/^Kind is a string/) as string },
      metadata: {
        description: "Standard object's metadata.",
        allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
      },
    };
    expect(properties).toMatchObject(ofObject);
    expect(properties.spec.properties.list.items.properties).toEqual(ofObject);
    expect(properties.spec.properties.kind).toEqual({ type: 'string' });
  });

  test('says nothing of kinds that were not asked for', () => {
    const names = [...openApiEntries([registry.byName('cm')!])].map(([name]) => name);
    expect(names).toEqual(expect.not.arrayContaining(['io.k8s.api.core.v1.Pod']));
  });
});

test('importing the model does not load the generated schema; it comes with its first use, its descriptions only for documents', () => {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const seen = [];
    const read = fs.readFileSync;
    fs.readFileSync = (file, ...rest) => (seen.push(String(file)), read(file, ...rest));
    syncBuiltinESMExports();
    const loaded = () => [...new Set(seen.flatMap((file) => /[a-z]+\\.jsonl$/.exec(file) ?? []))];
    const { BUILT_IN_KINDS, KindRegistry, checkSchema } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/model/index.ts'))});
    const registry = new KindRegistry(BUILT_IN_KINDS);
    const steps = [loaded()];
    checkSchema(registry.byName('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: {} });
    console.log(JSON.stringify([...steps, loaded()]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual([[], ['structure.jsonl']]);
});

test('kinds that are updated under a revision only, and kinds that an update creates', () => {
  const those = (is: (kind: Kind) => boolean) => [...new Set(BUILT_IN_KINDS.filter(is).map(({ plural }) => plural))].toSorted();
  expect(those(({ needsRevision }) => needsRevision)).toEqual([
    'csidrivers',
    'csinodes',
    'csistoragecapacities',
    'customresourcedefinitions',
    'leases',
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
    'mutatingwebhookconfigurations',
    'poddisruptionbudgets',
    'runtimeclasses',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
    'volumeattachments',
  ]);
  expect(those(({ createdByUpdate }) => createdByUpdate)).toEqual([
    'clusterrolebindings',
    'clusterroles',
    'endpoints',
    'events',
    'leases',
    'limitranges',
    'rolebindings',
    'roles',
    'runtimeclasses',
    'services',
  ]);
});
