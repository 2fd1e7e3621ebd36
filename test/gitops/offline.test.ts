import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import {
  type ApplicationPlan,
  type Snapshot,
  compareSnapshots,
  formatPlan,
  formatPlans,
  formatProblem,
  lintFolder,
  openSource,
  readWorkTree,
} from '../../src/gitops/index.ts';
import { hookFile } from './jobs.ts';
import { configMapFile, deploymentFile } from './running.ts';
import { TestRepository } from './repository.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'slipway-offline-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('a work tree', () => {
  const paths = async () =>
    (await readWorkTree(folder)).directories.flatMap(({ files, problems }) =>
      [...files, ...problems.map(({ file }) => ({ path: file }))].map(({ path }) => path),
    );

  it('is read as its commit would be', async () => {
    const repository = new TestRepository(folder);
    repository.commit('one', {
      'web/a.yaml': 'a',
      'web/deep/b.yaml': 'b',
      'top.yaml': 't',
      '.slipwayignore': 'deep/',
      'web/note.txt': 'n',
    });
    const committed = await (await openSource(folder)).snapshot();
    const present = await readWorkTree(folder);
    const summary = ({ directories }: typeof committed) =>
      directories.map(({ path, files }) => [path, files.map((file) => [file.path, file.blob])]);
    expect(new Map(summary(present) as [string, unknown][])).toEqual(new Map(summary(committed) as [string, unknown][]));
  });

  it('has what is not committed, without what Git ignores', async () => {
    const repository = new TestRepository(folder);
    repository.commit('one', { 'web/a.yaml': 'a', '.gitignore': 'secret.yaml\nbuild/\n' });
    write({ 'web/b.yaml': 'b', 'web/secret.yaml': 's', 'build/c.yaml': 'c' });
    rmSync(join(folder, 'web/a.yaml'));
    expect(await paths()).toEqual(['web/b.yaml']);
  });

  it('need not be in a repository', async () => {
    write({ 'web/a.yaml': 'a' });
    symlinkSync('/etc/passwd', join(folder, 'web/link.yaml'));
    expect(await paths()).toEqual(['web/a.yaml', 'web/link.yaml']);
  });

  it('has links refused as a commit would, to folders too', async () => {
    write({ 'web/a.yaml': 'a', 'web/LICENSE': 'l', 'more/b.yaml': 'b' });
    symlinkSync('../more', join(folder, 'web/more'));
    symlinkSync('LICENSE', join(folder, 'web/COPYING'));
    const web = (await readWorkTree(folder)).directories.find(({ path }) => path === 'web')!;
    expect(web.problems.map(formatProblem)).toEqual([
      'web/more:1:1: is a symbolic link to ../more; links are not followed: commit the file itself',
    ]);
  });
});

describe('a submodule', () => {
  const gitlink = (repository: TestRepository, path: string) =>
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},${path}`);
  const problemsOf = ({ directories }: Snapshot) => directories.flatMap(({ problems }) => problems.map(formatProblem)).toSorted();

  it.each([
    ['that was fetched', (repository: TestRepository) => gitlink(repository, 'web/lib')],
    ['that is not registered yet', () => new TestRepository(join(folder, 'web/lib'))],
  ])('%s is refused as in a commit, and not read into', async (_, add) => {
    const repository = new TestRepository(folder);
    write({ 'web/a.yaml': 'a', 'web/lib/broken.yaml': '[' });
    add(repository);
    expect(await readWorkTree(folder)).toMatchObject({ directories: [{ path: 'web', files: [{ path: 'web/a.yaml' }] }] });
    expect((await lintFolder(folder, seededRandom(1))).problems.map(formatProblem)).toContainEqual(
      'web/lib:1:1: is a submodule, whose files are in another repository: commit its manifests here',
    );
  });

  it('is the same problem in the work tree and in the commit, at the top, below, and without its files', async () => {
    const repository = new TestRepository(folder);
    write({ 'web/a.yaml': 'a', 'vendored/b.yaml': 'b' });
    repository.git('add', 'web');
    gitlink(repository, 'vendored');
    gitlink(repository, 'web/lib');
    mkdirSync(join(folder, 'web/lib'));
    repository.git('commit', '-q', '-m', 'one');
    const committed = await (await openSource(folder)).snapshot();
    expect(problemsOf(committed)).toHaveLength(2);
    expect(problemsOf(await readWorkTree(folder))).toEqual(problemsOf(committed));
    expect(problemsOf(await readWorkTree(join(folder, 'web')))).toEqual([expect.stringMatching(/^lib:1:1: is a submodule/)]);
  });

  it('is none where no repository is around it', async () => {
    write({ 'web/a.yaml': 'a' });
    mkdirSync(join(folder, 'web/.git'));
    expect(await readWorkTree(folder)).toMatchObject({ directories: [{ files: [{ path: 'web/a.yaml' }], problems: [] }] });
  });
});

describe('lint', () => {
  const lint = async (files: Readonly<Record<string, string>>) => {
    write(files);
    const { problems, ...rest } = await lintFolder(folder, seededRandom(1));
    return { problems: problems.map(formatProblem), ...rest };
  };

  it('tells of some files alone, as they stand among the others', async () => {
    write({
      'web/a.yaml': configMapFile('page', {}),
      'web/b.yaml': configMapFile('page', {}),
      'web/c.yaml': 'kind: [',
    });
    const { problems, objects } = await lintFolder(folder, seededRandom(1), new Set(['web/b.yaml']));
    expect(problems.map(formatProblem)).toEqual(['web/b.yaml:1:1: ConfigMap default/page is already declared in web/a.yaml:1']);
    expect(objects).toBe(0);
  });

  it('says of a chart that it is one, and not what is wrong with its templates', async () => {
    const { problems } = await lint({
      'web/chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'web/chart/charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
      'web/chart/templates/a.yaml': 'kind: {{ .Values.kind }}\n',
      'web/chart/values.yaml': 'kind: Deployment\n',
      'web/chartless.yaml': 'kind: [',
    });
    expect(problems).toEqual([
      expect.stringMatching(/^web\/chart\/Chart.yaml:1:1: a Helm chart is not rendered here/),
      expect.stringMatching(/^web\/chartless.yaml:1:8: /),
    ]);
  });

  it('finds everything at once, with its place', async () => {
    const { problems } = await lint({
      'web/a.yaml': 'kind: [',
      'web/b.yaml': deploymentFile('app', 2, 'x:1').replace('replicas: 2', 'replica: 2\n  paused: 3'),
      'web/c.yaml': deploymentFile('bad', -1, 'x:1'),
      'web/d.yaml': 'apiVersion: apps/v1\nkind: Deploymnt\nmetadata: { name: d }\n',
      'web/e.yaml': `${configMapFile('page', {})}---\n${configMapFile('page', {})}`,
      'apps.yaml': 'apiVersion: slipway.dev/v1\nkind: Application\nmetadata: { name: shop }\nspec: { path: shop, sync: Never }\n',
    });
    expect(problems).toEqual([
      'apps.yaml:4:21: Application shop: spec.sync: Unsupported value: "Never": supported values: "Automatic", "Manual"',
      'shop:1:1: application shop has this path, which is not in the commit: to remove the application, remove its Application',
      expect.stringMatching(/^web\/a.yaml:1:8: /),
      'web/b.yaml:6:3: Deployment default/app: unknown field "spec.replica"',
      expect.stringMatching(
        /^web\/b.yaml:7:3: Deployment default\/app: json: cannot unmarshal number into Go struct field DeploymentSpec.spec.paused/,
      ),
      expect.stringMatching(/^web\/c.yaml:6:3: Deployment default\/bad: spec.replicas: Invalid value: -1/),
      'web/d.yaml:1:1: Kubernetes has no kind Deploymnt in apps/v1',
      'web/e.yaml:7:1: ConfigMap default/page is already declared in web/e.yaml:1',
    ]);
  });

  it('looks at hooks too, also of several phases and with generated names', async () => {
    const hook = hookFile('x', 'PreSync,PostSync').replace('name: x', 'generateName: migrate-');
    const { problems, objects } = await lint({ 'web/a.yaml': hook.replace('restartPolicy: Never', 'restartPolicy: Always') });
    expect(problems).toEqual([expect.stringMatching(/^web\/a.yaml:\d+:\d+: Job default\/migrate-worktree: .*restartPolicy/)]);
    expect(objects).toBe(1);
  });

  it('says what only a cluster could check', async () => {
    expect(await lint({ 'web/a.yaml': 'apiVersion: example.com/v1\nkind: Gadget\nmetadata: { name: g }\n' })).toEqual({
      problems: [],
      objects: 1,
      unchecked: new Map([['Gadget in example.com/v1', 1]]),
    });
  });

  it('never shows the value of a Secret', async () => {
    const { problems } = await lint({
      'web/a.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: { key: "canary value" }\nstringData: { other: [canary-two] }\n',
    });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toContain('canary');
  });
});

describe('two commits', () => {
  let repository: TestRepository;
  beforeEach(() => (repository = new TestRepository(folder)));

  const compare = async (before: Readonly<Record<string, string>>, after: Readonly<Record<string, string | undefined>>) => {
    const from = repository.commit('before', before);
    const to = repository.commit('after', after);
    const source = await openSource(folder);
    return compareSnapshots(await source.snapshot(from), await source.snapshot(to), seededRandom(1));
  };

  it('are compared without a cluster', async () => {
    const plans = await compare(
      {
        'web/app.yaml': deploymentFile('app', 2, 'x:1'),
        'web/old.yaml': configMapFile('old', {}),
        'api/page.yaml': configMapFile('page', {}),
      },
      {
        'web/app.yaml': deploymentFile('app', 3, 'x:1'),
        'web/old.yaml': undefined,
        'web/new.yaml': configMapFile('new', {}),
        'api/page.yaml': undefined,
        'web/page.yaml': configMapFile('page', {}),
      },
    );
    expect(formatPlans(plans, { format: 'stat' }).replaceAll(plans[0]!.commit.short, 'COMMIT')).toMatchInlineSnapshot(`
      "api COMMIT "after" by Ada: nothing to do
      web COMMIT "after" by Ada: 1 to create, 1 to update, 1 to move, 1 to prune
      + create ConfigMap default/new  web/new.yaml:1
      > move   ConfigMap default/page  from application api  web/page.yaml:1
          metadata.labels[slipway.dev/application]
      ~ update Deployment default/app  web/app.yaml:1  scales from 2 to 3 pods
          spec.replicas
      - prune  ConfigMap default/old"
    `);
  });

  it('show the hooks that the sync runs, or the end of the application', async () => {
    const hooks = {
      'web/check.yaml': hookFile('check', 'PostSync'),
      'web/migrate.yaml': hookFile('migrate', 'PreSync'),
      'web/backup.yaml': hookFile('backup', 'PreDelete'),
    };
    const files = { ...hooks, 'web/page.yaml': configMapFile('page', { a: '1' }), 'api/page.yaml': configMapFile('other', {}) };
    const steps = (plan: ApplicationPlan | undefined) => plan?.steps.map(({ op, target }) => `${op} ${target.name}`);
    const changed = await compare(files, { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(changed.map(steps)).toEqual([['keep other'], ['hook migrate', 'update page', 'hook check']]);
    const { 'api/page.yaml': _stays, ...others } = files;
    const gone = await compare(files, Object.fromEntries(Object.keys(others).map((file) => [file, undefined])));
    expect(gone.map(steps)).toEqual([['keep other'], ['hook backup', 'prune page']]);
  });

  it('that write down a default are the same', async () => {
    const file = deploymentFile('app', 1, 'x:1');
    const [plan] = await compare(
      { 'web/app.yaml': file },
      { 'web/app.yaml': file.replace('replicas: 1', 'replicas: 1\n  revisionHistoryLimit: 10') },
    );
    expect(plan!.steps.map(({ op }) => op)).toEqual(['keep']);
  });

  it('show that a Secret changes, and not to what', async () => {
    const secret = (value: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: ${value} }\n`;
    const [plan] = await compare({ 'web/s.yaml': secret('canary-one') }, { 'web/s.yaml': secret('canary-two') });
    for (const format of ['diff', 'stat', 'json', 'yaml', 'markdown'] as const) {
      expect(formatPlan(plan!, { format })).toMatch(/data\.key|key: •••/);
      expect(formatPlan(plan!, { format })).not.toContain('canary');
    }
  });
});
