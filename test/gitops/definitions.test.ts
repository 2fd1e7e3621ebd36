import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  APPLICATIONS,
  CUSTOM_RESOURCE_DEFINITIONS,
  SYSTEM_NAMESPACE,
  type CustomResourceDefinition,
  type Manifest,
} from '../../src/model/index.ts';
import { configMapFile, RunningPipeline } from './running.ts';

const WIDGETS = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 1 }, color: { type: 'string' } } } },
          },
        },
      },
    ],
  },
};
const definitionFile = JSON.stringify(definition);
const widgetFile = (color: string) => `apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: a }\nspec: { color: ${color} }\n`;

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(() => running.close());

const widget = () => running.client.get<Manifest>(WIDGETS, 'a', 'default');
const isThere = () =>
  widget().then(
    () => true,
    () => false,
  );
const isApplied = (application: string) => async () => (await running.condition(application))?.reason === 'Applied';

describe('applications that wait for each other', () => {
  const namespaceFile = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
  const inNamespace = (name: string, file: string) => file.replace('{ name: a }', `{ name: a, namespace: ${name} }`);

  test.each<[string, Record<string, string>]>([
    [
      'for a definition, and for a namespace',
      {
        'web/namespace.yaml': namespaceFile('shop'),
        'web/widget.yaml': widgetFile('red'),
        'api/definition.yaml': definitionFile,
        'api/page.yaml': configMapFile('page', {}, 'shop'),
      },
    ],
    [
      'for a namespace each',
      {
        'web/namespace.yaml': namespaceFile('one'),
        'web/page.yaml': configMapFile('page', {}, 'two'),
        'api/namespace.yaml': namespaceFile('two'),
        'api/page.yaml': configMapFile('page', {}, 'one'),
      },
    ],
    [
      'by way of a third',
      {
        'web/namespace.yaml': namespaceFile('one'),
        'web/page.yaml': configMapFile('page', {}, 'two'),
        'api/namespace.yaml': namespaceFile('two'),
        'api/page.yaml': configMapFile('page', {}, 'three'),
        'db/namespace.yaml': namespaceFile('three'),
        'db/definition.yaml': definitionFile,
        'db/page.yaml': configMapFile('page', {}, 'one'),
        'db/widget.yaml': inNamespace('two', widgetFile('red')),
      },
    ],
  ])('%s come to be as in one apply of all', async (_name, files) => {
    running.repository.commit('one', files);
    await running.start();
    for (const name of new Set(Object.keys(files).map((path) => path.split('/')[0]!))) {
      await running.until(`${name} is applied`, isApplied(name));
    }
  });
});

describe('a definition and its objects in one commit', () => {
  test('of one application: the objects come after their definition, and a later commit is planned as any other', async () => {
    running.repository.commit('one', { 'web/a-widget.yaml': widgetFile('red'), 'web/definition.yaml': definitionFile });
    await running.start();
    await running.ready();
    await running.until('the widget is applied', isApplied('web'));
    expect(await widget()).toMatchObject({ spec: { color: 'red', size: 1 } });
    expect(running.said.join('\n')).not.toContain('serves no kind');
    await running.commit('two', { 'web/a-widget.yaml': widgetFile('blue') });
    await running.until('the widget is changed', async () => (await widget() as Manifest & { spec: { color: string } }).spec.color === 'blue');
    expect(running.said.join('\n')).toContain('color: blue');
    await running.commit('three', { 'web/a-widget.yaml': widgetFile('red').replace('{ color', '{ colour') });
    const undeclared = 'failed to create typed patch object (default/a; example.com/v1, Kind=Widget): .spec.colour: field not declared in schema';
    const replaced = widgetFile('green').replace('{ name: a }', '{ name: a, annotations: { argocd.argoproj.io/sync-options: Replace=true } }');
    await running.until('the refusal has a place', () => running.said.join('\n').includes(`web/a-widget.yaml:4:9: Widget default/a: ${undeclared}`));
    await running.commit('four', { 'web/a-widget.yaml': replaced });
    await running.until('the widget is replaced', async () => (await widget() as Manifest & { spec: { color: string } }).spec.color === 'green');
  }); // prettier-ignore

  test('of two applications: the one that needs it waits for the one that brings it', async () => {
    running.repository.commit('one', { 'apps/widget.yaml': widgetFile('red'), 'zz-base/definition.yaml': definitionFile });
    await running.start();
    await running.ready();
    await running.until('the widget is applied', isApplied('apps'));
    expect(await widget()).toMatchObject({ spec: { color: 'red' } });
    expect(running.said.join('\n')).not.toMatch(/serves no kind|failed/);
  });

  test('taken out: once a person agrees both go, and come again with the next commit', async () => {
    const files = { 'web/widget.yaml': widgetFile('red'), 'web/definition.yaml': definitionFile };
    running.repository.commit('one', { ...files, 'web/other.yaml': configMapFile('kept', {}) });
    await running.start();
    await running.ready();
    await running.until('the widget is applied', isApplied('web'));
    const oid = await running.commit('two', { 'web/widget.yaml': undefined, 'web/definition.yaml': undefined });
    const metadata = { annotations: { 'slipway.dev/approved': oid } };
    await running.client.patch({ kind: APPLICATIONS, name: 'web', namespace: SYSTEM_NAMESPACE }, { type: 'merge', patch: { metadata } });
    await running.until('the definition is gone', async () => (await running.client.list(CUSTOM_RESOURCE_DEFINITIONS)).items.length === 0);
    expect(await isThere()).toBe(false);
    await running.commit('three', files);
    await running.until('the widget is there again', isThere);
  });
});

test('objects of an unknown kind are applied as soon as a person defines it', async () => {
  running.repository.commit('one', { 'web/widget.yaml': widgetFile('red') });
  await running.start();
  await running.ready();
  await running.until('it is said', () => running.said.some((text) => text.includes('the cluster serves no kind Widget')));
  await running.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition as unknown as CustomResourceDefinition);
  await running.until('the widget is applied', isThere);
});
