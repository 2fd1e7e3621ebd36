import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/gitops/index.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { renderFile } from '../../src/gitops/render/file.ts';
import { render } from '../../src/gitops/render/render.ts';
import { snapshotOf } from './values.ts';

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\n';
const rendered = (text: string) => renderFile(text);
const problemsOf = (text: string) => rendered(text).problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);

describe('a file', () => {
  it('gives each document with the line it begins on', () => {
    const { objects } = rendered(`# a comment\n---\n${CONFIG}---\n# nothing here\n---\n${CONFIG.replace('page', 'other')}`);
    expect(objects.map(({ object, line }) => [object.metadata.name, line])).toEqual([
      ['page', 3],
      ['other', 10],
    ]);
  });

  it('may be JSON', () => {
    expect(rendered('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"page"}}').objects).toHaveLength(1);
  });

  it('may hold a List, whose items are objects of their own', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: { name: a }\n- apiVersion: v1\n  kind: Secret\n  metadata: { name: b }\n`;
    expect(rendered(list).objects.map(({ object, line }) => `${object.kind} ${object.metadata.name} ${line}`)).toEqual([
      'ConfigMap a 4',
      'Secret b 7',
    ]);
  });

  it('may hold a typed List, whose items need not repeat its type', () => {
    expect(rendered('apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: { name: a }\n').objects[0]?.object).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
    });
  });

  it.each([
    ['that is empty gives nothing', ''],
    ['of comments gives nothing', '# nothing\n---\n# at all\n'],
  ])('%s', (_name, text) => {
    expect(rendered(text)).toEqual({ objects: [], problems: [] });
  });

  it.each([
    ['no apiVersion', 'kind: ConfigMap\nmetadata: { name: a }\n', ['1:1: apiVersion is missing']],
    [
      'a file of kustomize',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\n',
      [
        '1:1: a Kustomization of kustomize is not built here: commit what "kubectl kustomize" prints, and leave this out with .slipwayignore',
      ],
    ],
    [
      'a file of kustomize that says no kind',
      'resources:\n  - a.yaml\n',
      [
        '1:1: a Kustomization of kustomize is not built here: commit what "kubectl kustomize" prints, and leave this out with .slipwayignore',
      ],
    ],
    [
      'a Helm chart',
      'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      ['1:1: a Helm chart is not rendered here: commit what "helm template" prints, and leave its folder out with .slipwayignore'],
    ],
    ['no kind', 'apiVersion: v1\nmetadata: { name: a }\n', ['1:1: kind is missing']],
    ['no metadata', 'apiVersion: v1\nkind: ConfigMap\n', ['1:1: metadata.name is missing']],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\n', ['3:1: metadata.name is missing']],
    [
      'a generated name',
      'apiVersion: v1\nkind: Job\nmetadata: { generateName: a- }\n',
      ['3:1: metadata.name is missing: a generated name would make a new object at every commit'],
    ],
    [
      'a generated name of what is no hook',
      'apiVersion: v1\nkind: Job\nmetadata:\n  generateName: a-\n  annotations: { b: c }\n',
      ['3:1: metadata.name is missing: a generated name would make a new object at every commit'],
    ],
    [
      'a number as name',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 42\n',
      ['4:3: metadata.name must be text, not a number: put it in quotes'],
    ],
    [
      'a label that YAML takes for a boolean',
      `${CONFIG}  labels:\n    enabled: yes\n`,
      ['6:5: metadata.labels[enabled] must be text, not a boolean: put it in quotes'],
    ],
    ['a list instead of an object', '- a\n- b\n', ['1:1: a Kubernetes object is expected here, not a list']],
    ['text instead of an object', 'hello\n', ['1:1: a Kubernetes object is expected here, not text']],
    [
      'an item that is none',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n',
      ['4:3: metadata.name is missing'],
    ],
  ])('with %s names it with its place', (_name, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it('names all that is wrong with it, not only the first', () => {
    expect(problemsOf(`kind: A\n---\napiVersion: v1\n---\n${CONFIG}data: [\n`).length).toBeGreaterThanOrEqual(4);
  });

  it('gives its good documents beside the bad ones', () => {
    const { objects, problems } = rendered(`${CONFIG}---\nkind: [\n`);
    expect(objects).toHaveLength(1);
    expect(problems.length).toBeGreaterThan(0);
  });
});

describe('a directory', () => {
  const directory = (files: Readonly<Record<string, string>>) => snapshotOf(files).directories[0]!;

  it('names the file of each problem, in the order of files and lines', async () => {
    const { problems } = await render(directory({ 'web/b.yaml': 'kind: A\n', 'web/a.yaml': 'x: 1\n' }), new RenderCache());
    expect(problems.map(formatProblem)).toEqual([
      'web/a.yaml:1:1: apiVersion is missing',
      'web/a.yaml:1:1: kind is missing',
      'web/a.yaml:1:1: metadata.name is missing',
      'web/b.yaml:1:1: apiVersion is missing',
      'web/b.yaml:1:1: metadata.name is missing',
    ]);
  });

  it('finds the place of a field when it is asked for', async () => {
    const { objects } = await render(directory({ 'web/a.yaml': `---\n${CONFIG}data:\n  a: "1"\n` }), new RenderCache());
    expect(
      await objects[0]!.origin.find([
        ['data', 'a'],
        ['data', 'none'],
      ]),
    ).toEqual([
      { line: 7, column: 3 },
      { line: 6, column: 1 },
    ]);
  });

  it('reads a blob once, wherever it stands', async () => {
    let reads = 0;
    const [{ files, ...rest }] = snapshotOf({ 'web/a.yaml': CONFIG }).directories as [ReturnType<typeof directory>];
    const counted = { ...rest, problems: [], files: files.map((file) => ({ ...file, read: () => (reads++, file.read()) })) };
    const cache = new RenderCache();
    const first = await render(counted, cache);
    const second = await render({ ...counted, files: counted.files.map((file) => ({ ...file, path: 'web/moved.yaml' })) }, cache);
    expect(reads).toBe(1);
    expect(second.objects[0]!.object).toBe(first.objects[0]!.object);
    expect(second.objects[0]!.origin.file).toBe('web/moved.yaml');
  });
});

describe('the cache', () => {
  const file = { objects: [], problems: [] };

  it('forgets what was not used for longest when it is full', () => {
    const cache = new RenderCache(100);
    cache.put('a', file, 40);
    cache.put('b', file, 40);
    cache.get('a');
    cache.put('c', file, 40);
    expect(['a', 'b', 'c'].map((blob) => cache.get(blob) !== undefined)).toEqual([true, false, true]);
  });

  it('keeps one that alone is larger than the bound', () => {
    const cache = new RenderCache(10);
    cache.put('a', file, 40);
    expect(cache.get('a')).toBe(file);
  });
});
