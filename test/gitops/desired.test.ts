import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/gitops/index.ts';
import { applicationName, divide, type RenderedDirectory } from '../../src/gitops/desired/applications.ts';
import { declaredIn } from '../../src/gitops/desired/declared.ts';
import { DesiredBuilder } from '../../src/gitops/desired/desired.ts';
import { KindLookup } from '../../src/gitops/desired/kinds.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { render } from '../../src/gitops/render/render.ts';
import { Intake } from '../../src/gitops/sync/intake.ts';
import { Veil } from '../../src/gitops/veil.ts';
import { hookFile } from './jobs.ts';
import { configMapFile } from './running.ts';
import { COMMIT, KindsOnly, snapshotOf } from './values.ts';

const builder = (kinds = new KindsOnly()) => new DesiredBuilder(new KindLookup(kinds), new Veil('key'));

async function build(files: Readonly<Record<string, string>>, made = builder(), cache = new RenderCache()) {
  return made.build(await render(snapshotOf(files).directories[0]!, cache), { application: 'web', namespace: 'shop', revision: '1a2b3c4' });
}

async function applicationsOf(files: Readonly<Record<string, string>>) {
  const { directories, treeOf } = snapshotOf(files);
  const rendered: RenderedDirectory[] = [];
  for (const directory of directories) rendered.push({ ...directory, rendered: await render(directory, new RenderCache()) });
  const declared = (await Promise.all(rendered.map(({ rendered: { objects } }) => declaredIn(objects)))).flat();
  return divide(rendered, declared, treeOf);
}

const applicationFile = (name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name }, spec });

describe('the applications of a snapshot', () => {
  it('are its top-level directories, and root for loose files', async () => {
    const names = (await applicationsOf({ 'web/a.yaml': '', 'web/deep/b.yaml': '', 'api/a.yaml': '', 'loose.yaml': '' })).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['web', 'api', 'root']);
  });

  it.each([
    ['web', 'web'],
    ['.', 'root'],
    ['My_Shop', 'my-shop'],
    ['10-base', '10-base'],
    ['a..b--', 'a-b'],
    ['x'.repeat(80), 'x'.repeat(57)],
  ])('%s is called %s', (path, name) => {
    expect(applicationName(path)).toBe(name);
  });

  it('of one name are refused, with both places', async () => {
    const [application] = await applicationsOf({ 'root/a.yaml': '', 'loose.yaml': '' });
    expect(application?.rendered.problems.map(({ message }) => message)).toEqual([
      'the files at the top and the directory root would both be application root: rename one of them',
    ]);
  });
});

describe('a desired object', () => {
  const only = async (text: string) => (await build({ 'web/a.yaml': text })).objects[0]!.object;

  it('goes to the application’s namespace when it names none', async () => {
    expect((await only(configMapFile('a', {}))).metadata.namespace).toBe('shop');
    expect((await only(configMapFile('a', {}, 'other'))).metadata.namespace).toBe('other');
  });

  it('of a kind without namespaces has none', async () => {
    expect((await only('apiVersion: v1\nkind: Namespace\nmetadata: { name: a, namespace: b }\n')).metadata).toEqual({
      name: 'a',
      labels: { 'slipway.dev/application': 'web' },
    });
  });

  it('is marked, beside its own labels', async () => {
    expect((await only('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { x: z } }\n')).metadata.labels).toEqual({
      x: 'z',
      'slipway.dev/application': 'web',
    });
  });

  it('that was exported from a cluster loses what is the cluster’s', async () => {
    const exported = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  uid: u\n  resourceVersion: "1"\n  generation: 2\n  creationTimestamp: null\n  managedFields: []\n  annotations: { b: c }\nstatus: {}\n`;
    const object = await only(exported);
    expect(object.metadata).toEqual({
      name: 'a',
      namespace: 'shop',
      annotations: { b: 'c' },
      labels: { 'slipway.dev/application': 'web' },
    });
    expect(object).not.toHaveProperty('status');
  });

  it('has a digest of what it says, not of how it is written', async () => {
    const digest = async (text: string) => (await build({ 'web/a.yaml': text })).objects[0]!.digest;
    const plain = await digest(configMapFile('a', { x: '1', y: '2' }));
    expect(await digest(`# comment\n${configMapFile('a', { y: '2', x: '1' })}`)).toBe(plain);
    expect(await digest(configMapFile('a', { x: '1', y: '3' }))).not.toBe(plain);
  });
});

describe('what is desired of an application', () => {
  it('comes in the order of applying', async () => {
    const of = (kind: string, apiVersion = 'v1') => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\n---\n`;
    const text =
      of('Deployment', 'apps/v1') + of('Service') + of('ConfigMap') + of('Pod') + of('Secret') + of('ServiceAccount') + of('Namespace');
    const { objects } = await build({ 'web/a.yaml': text });
    expect(objects.map(({ kind }) => kind.kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'ConfigMap',
      'Secret',
      'Service',
      'Deployment',
      'Pod',
    ]);
  });

  it('names a duplicate with both places, whatever the files say of the namespace', async () => {
    const { problems } = await build({ 'web/a.yaml': configMapFile('a', {}), 'web/b.yaml': `---\n${configMapFile('a', {}, 'shop')}` });
    expect(problems.map(formatProblem)).toEqual(['web/b.yaml:2:1: ConfigMap shop/a is already declared in web/a.yaml:1']);
  });

  it('names a kind that the cluster does not serve', async () => {
    const { problems } = await build({ 'web/a.yaml': 'apiVersion: example.com/v1\nkind: Database\nmetadata: { name: a }\n' });
    expect(problems.map(formatProblem)).toEqual(['web/a.yaml:1:1: the cluster serves no kind Database in example.com/v1']);
  });

  it('asks once for each kind, and makes an unchanged manifest once', async () => {
    const kinds = new KindsOnly();
    const [made, cache] = [builder(kinds), new RenderCache()];
    const files = { 'web/a.yaml': configMapFile('a', {}), 'web/b.yaml': configMapFile('b', {}) };
    const [first, second] = [await build(files, made, cache), await build(files, made, cache)];
    expect(kinds.asked).toBe(1);
    expect(second.objects[0]!.object).toBe(first.objects[0]!.object);
  });
});

describe('taking snapshots', () => {
  const intake = () => new Intake(builder(), new RenderCache());
  const web = { name: 'web', path: 'web', namespace: 'default' };
  const taken = async (into: Intake, files: Readonly<Record<string, string>>, known = [] as (typeof web)[]) =>
    (await into.take(snapshotOf(files), known)).map(({ name }) => name);

  it('gives only the applications that changed', async () => {
    const into = intake();
    const files = { 'web/a.yaml': configMapFile('a', {}), 'api/b.yaml': configMapFile('b', {}) };
    expect(await taken(into, files)).toEqual(['api', 'web']);
    expect(await taken(into, files)).toEqual([]);
    expect(await taken(into, { ...files, 'web/a.yaml': configMapFile('a', { x: '1' }) })).toEqual(['web']);
  });

  it('gives one again whose namespace changed', async () => {
    const into = intake();
    await taken(into, { 'web/a.yaml': configMapFile('a', {}) });
    expect(await taken(into, { 'web/a.yaml': configMapFile('a', {}) }, [{ ...web, namespace: 'shop' }])).toEqual(['web']);
    expect(into.get('web')?.desired.objects[0]?.namespace).toBe('shop');
  });

  describe('of which applications are gone', () => {
    const before = snapshotOf({ 'web/a.yaml': hookFile('web', 'PostDelete'), 'api/b.yaml': hookFile('api', 'PreDelete') });
    const known = ['web', 'api'].map((name) => ({ name, path: name, namespace: 'default' }));
    const names = (hooks: readonly { name: string }[] | undefined) => hooks?.map(({ name }) => name);

    it('reads their last commit once for all, and again once they are gone', async () => {
      const into = intake();
      let reads = 0;
      const read = async () => (reads++, before);
      const hooksOf = (name: string) => into.hooksAt('1a2b3c4', name, known, read);
      expect((await Promise.all(['web', 'api'].map(hooksOf))).map(names)).toEqual([['web'], ['api']]);
      expect([names(await hooksOf('web')), reads]).toEqual([['web'], 1]);
      for (const { name } of known) into.forget(name);
      await hooksOf('web');
      expect(reads).toBe(2);
    });

    it('reads again what could not be read', async () => {
      const into = intake();
      const broken = () => Promise.reject(new Error('no such commit'));
      await expect(into.hooksAt('1a2b3c4', 'web', known, broken)).rejects.toThrow('no such commit');
      expect(names(await into.hooksAt('1a2b3c4', 'web', known, async () => before))).toEqual(['web']);
    });

    it('needs no reading for what it has seen itself', async () => {
      const into = intake();
      await into.take(before, known);
      await into.take(snapshotOf({ 'api/b.yaml': hookFile('api', 'PreDelete') }), known);
      expect(into.get('web')?.formerly).toMatchObject({ revision: before.commit.oid, hooks: [{ name: 'web' }] });
    });
  });

  it('gives one that vanished once, as one that wants nothing', async () => {
    const into = intake();
    const rest = { 'api/b.yaml': configMapFile('b', {}) };
    await taken(into, { ...rest, 'web/a.yaml': configMapFile('a', {}) });
    expect(await taken(into, rest, [web])).toEqual(['web']);
    expect(into.get('web')).toMatchObject({ tree: undefined, desired: { objects: [], problems: [] } });
    expect(await taken(into, rest, [web])).toEqual([]);
  });

  it('leaves an object with the application that has it, and takes it up again when that lets go', async () => {
    const into = intake();
    await taken(into, { 'web/a.yaml': configMapFile('a', {}), 'api/b.yaml': configMapFile('b', {}) });
    const both = { 'web/a.yaml': configMapFile('a', {}), 'api/a.yaml': configMapFile('a', {}) };
    await taken(into, both);
    expect(into.get('api')?.desired.problems.map(({ message }) => message)).toEqual([
      'ConfigMap default/a is already declared in web/a.yaml:1',
    ]);
    expect(into.get('web')?.desired.problems).toEqual([]);
    expect(await taken(into, { 'web/c.yaml': configMapFile('c', {}), 'api/a.yaml': configMapFile('a', {}) })).toEqual(['api', 'web']);
    expect(into.get('api')?.desired.problems).toEqual([]);
  });

  it('keeps the last state as a whole when the next cannot be read', async () => {
    const into = intake();
    await taken(into, { 'web/a.yaml': configMapFile('a', {}), 'api/b.yaml': configMapFile('b', {}) });
    const torn = snapshotOf(
      { 'api/b.yaml': configMapFile('b', { x: '1' }), 'web/a.yaml': configMapFile('a', { x: '1' }) },
      { ...COMMIT, short: 'torn' },
    );
    const [first, second] = torn.directories;
    const failing = { ...second!, files: second!.files.map((file) => ({ ...file, read: () => Promise.reject(new Error('disk')) })) };
    await expect(into.take({ ...torn, directories: [first!, failing] }, [])).rejects.toThrow('disk');
    expect(['web', 'api'].map((name) => into.get(name)?.commit.short)).toEqual([COMMIT.short, COMMIT.short]);
  });
});

describe('declared applications', () => {
  const filesOf = (application: { rendered: { objects: readonly { origin: { file: string } }[] } }) =>
    application.rendered.objects.map(({ origin }) => origin.file);

  it('are divided by what is declared, the deepest path first', async () => {
    const found = await applicationsOf({
      'apps.json': applicationFile('shop', { path: './apps/shop/', namespace: 'shop', sync: 'Manual' }),
      'apps/shop/a.yaml': configMapFile('a', {}),
      'apps/shop/deep/b.yaml': configMapFile('b', {}),
      'apps/shopping/c.yaml': configMapFile('c', {}),
      'apps/deep.json': applicationFile('deep', { path: 'apps/shop/deep' }),
    });
    expect(Object.fromEntries(found.map((one) => [one.name, filesOf(one)]))).toEqual({
      shop: ['apps/shop/a.yaml'],
      deep: ['apps/shop/deep/b.yaml'],
      apps: ['apps/shopping/c.yaml', 'apps/deep.json'],
      root: ['apps.json'],
    });
    expect(found[0]?.spec).toEqual({ path: 'apps/shop', namespace: 'shop', sync: 'Manual' });
  });

  it('that are declared for a whole directory take its place', async () => {
    const found = await applicationsOf({
      'web/a.yaml': configMapFile('a', {}),
      'web/app.json': applicationFile('front', { path: 'web' }),
    });
    expect(found.map(({ name, path }) => `${name} ${path}`)).toEqual(['front web']);
  });

  it.each<[string, Record<string, object>, Record<string, string>]>([
    [
      'a path that the commit has not',
      { web: { path: 'wbe' } },
      { web: 'application web has this path, which is not in the commit: to remove the application, remove its Application' },
    ],
    [
      'one path twice',
      { a: { path: 'web' }, b: { path: 'web' } },
      {
        a: 'the applications a and b both have the directory web: give it to one of them',
        b: 'the applications a and b both have the directory web: give it to one of them',
      },
    ],
    [
      'an unknown dependency',
      { front: { path: 'web', dependsOn: ['db'] } },
      { front: 'application front depends on db, which is no application of the commit' },
    ],
    [
      'a circle of dependencies',
      { front: { path: 'web', dependsOn: ['api'] }, api: { path: 'api', dependsOn: ['front'] } },
      { front: 'application front depends on itself: front → api → front', api: 'application api depends on itself: api → front → api' },
    ],
    [
      'a policy that is not valid',
      { front: { path: 'web', sync: 'Sometimes' } },
      { front: 'Application front: spec.sync: Unsupported value: "Sometimes": supported values: "Automatic", "Manual"' },
    ],
  ])('with %s have a problem', async (_name, specs, expected) => {
    const declared = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [`${name}.json`, applicationFile(name, spec)]));
    const found = await applicationsOf({ 'web/a.yaml': configMapFile('a', {}), 'api/b.yaml': configMapFile('b', {}), ...declared });
    const problems = found.flatMap(({ name, rendered }) => rendered.problems.map(({ message }) => [name, message] as const));
    expect(Object.fromEntries(problems)).toEqual(expected);
  });
});
