import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatYaml } from '../../src/base/index.ts';
import { configMapFile, deploymentFile } from '../gitops/running.ts';
import type { TestRepository } from '../gitops/repository.ts';
import { Desk, kubectlPath } from './desk.ts';
import { Daemon } from './sandbox.ts';

const ARGO = 'argocd.argoproj.io/';

/** A Job that ends after so long, as simulated nodes have it. */
const jobFile = (name: string, annotations: Readonly<Record<string, string>>, { runs = '0s', exit = 0, again = false } = {}) =>
  formatYaml({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations },
    spec: {
      ...(again ? {} : { backoffLimit: 0 }),
      template: {
        metadata: { annotations: { 'slipway.dev/run-for': runs, 'slipway.dev/exit-code': String(exit) } },
        spec: { restartPolicy: again ? 'OnFailure' : 'Never', containers: [{ name: 'main', image: 'x' }] },
      },
    },
  });
const annotated = (text: string, annotations: Readonly<Record<string, string>>) =>
  text.replace('metadata:\n', `metadata:\n  annotations: ${JSON.stringify(annotations)}\n`);
/** No node has what its pods ask for. */
const hanging = (text: string) => text.replace('      containers:', '      nodeSelector: { nowhere: "true" }\n      containers:');
const applicationFile = (name: string, spec: object) =>
  `${JSON.stringify({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name }, spec })}\n`;

describe.skipIf(!kubectlPath)('from commits to the cluster, with real git and kubectl', { timeout: 60_000 }, () => {
  const desk = new Desk();
  const { kubectl } = desk;
  const data = ['--data-dir', 'data'];
  let repository: TestRepository;

  beforeAll(async () => {
    repository = desk.repository();
    repository.commit('First', {
      'web/app.yaml': deploymentFile('app', 2, 'x:1'),
      'web/page.yaml': configMapFile('page', { a: '1' }),
      'api/conf.yaml': configMapFile('conf', { b: '1' }),
      ...parts(8),
    });
    await desk.up('manifests', '--nodes', '2');
  });
  afterAll(() => desk.close());

  const parts = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`many/part-${i}.yaml`, configMapFile(`part-${i}`, {})]));
  const value = async (kind: string, name: string, path: string) => (await kubectl('get', kind, name, '-o', `jsonpath=${path}`)).trim();
  const names = async (kind = 'configmaps') =>
    (await kubectl('get', kind, '-o', 'name'))
      .trim()
      .split('\n')
      .map((name) => name.split('/')[1]);
  /** Commits, and waits until the application is there. */
  async function deliver(application: string, message: string, files: Readonly<Record<string, string | undefined>>): Promise<string> {
    const oid = repository.commit(message, files);
    await there(application);
    return oid;
  }
  async function there(application: string): Promise<void> {
    const { code, text } = await desk.slipway('status', application, '--wait', '--timeout', '20s', ...data);
    expect({ code, text }).toMatchObject({ code: 0 });
  }
  async function stopped(application: string, reason: string): Promise<void> {
    const wait = (what: string) => kubectl('wait', `applications/${application}`, '-n', 'slipway-system', `--for=${what}`, '--timeout=20s');
    await wait('create');
    await wait(`jsonpath={.status.conditions[0].reason}=${reason}`);
  }
  const message = (application: string) =>
    kubectl('get', `applications/${application}`, '-n', 'slipway-system', '-o', 'jsonpath={.status.conditions[0].message}');

  test('the first sync brings everything', async () => {
    await there('web');
    expect(await value('deployment', 'app', '{.status.readyReplicas}')).toBe('2');
    expect(await names()).toEqual(expect.arrayContaining(['page', 'conf', 'part-0', 'part-7']));
  });

  test('a change of an image rolls out, and the history names the commit', async () => {
    const oid = await deliver('web', 'Newer image', { 'web/app.yaml': deploymentFile('app', 2, 'x:2') });
    expect(await value('deployment', 'app', '{.spec.template.spec.containers[0].image}')).toBe('x:2');
    expect(await kubectl('rollout', 'history', 'deployment/app')).toContain(`${oid.slice(0, 7)} Newer image`);
    const { text } = await desk.slipway('history', 'web', ...data);
    expect(text).toMatch(new RegExp(`^\\S+ +web +${oid.slice(0, 7)} +Applied +1 to update +.* Ada +Newer image`, 'm'));
  });

  test('broken YAML stops its application alone', async () => {
    repository.commit('Break one', { 'web/page.yaml': 'a: [', 'api/conf.yaml': configMapFile('conf', { b: '2' }) });
    await stopped('web', 'Problems');
    expect(await message('web')).toMatch(/^web\/page.yaml:\d+:\d+: /);
    await there('api');
    expect(await value('configmap', 'conf', '{.data.b}')).toBe('2');
    await deliver('web', 'Mend it', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await value('configmap', 'page', '{.data.a}')).toBe('2');
  });

  test('a renamed file and a move to another application delete nothing', async () => {
    const uid = await value('configmap', 'page', '{.metadata.uid}');
    repository.git('mv', 'web/page.yaml', 'web/renamed.yaml');
    await deliver('web', 'Rename it', {});
    repository.git('mv', 'web/renamed.yaml', 'api/page.yaml');
    await deliver('api', 'Move it', {});
    await there('web');
    expect(await value('configmap', 'page', '{.metadata.uid} {.metadata.labels.slipway\\.dev/application}')).toBe(`${uid} api`);
  });

  test('a deletion within the budget goes, one beyond it waits for a yes', async () => {
    await deliver('many', 'One less', { 'many/part-0.yaml': undefined });
    expect(await names()).not.toContain('part-0');
    repository.commit('Six less', Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`many/part-${i}.yaml`, undefined])));
    await stopped('many', 'PrunesHeld');
    expect(await names()).toContain('part-6');
    const { text } = await desk.slipway('approve', 'many', ...data);
    expect(text).toMatch(/approved many-\S+: 6 to prune\n {2}prune +ConfigMap default\/part-6/);
    await there('many');
    expect(await names()).not.toContain('part-6');
    expect((await desk.slipway('approve', 'many', ...data)).text).toContain('nothing of many waits for an approval');
  });

  test('git revert and slipway rollback bring back what was', async () => {
    repository.git('revert', '--no-edit', 'HEAD');
    await there('many');
    expect(await names()).toContain('part-6');
    const { code, text } = await desk.slipway('rollback', 'web', '--to', 'HEAD~7', ...data);
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringMatching(/Roll web back to \w{7}\n {2}takes back \w{7} Move it\n/),
    });
    await stopped('web', 'Problems');
    expect(await message('web')).toContain('is already declared in api/page.yaml');
    repository.git('revert', '--no-edit', 'HEAD');
    await there('web');
  });

  test('slipway rollback takes back one application and nothing else', async () => {
    await deliver('web', 'Third image', {
      'web/app.yaml': deploymentFile('app', 2, 'x:3'),
      'api/conf.yaml': configMapFile('conf', { b: '3' }),
    });
    repository.write('web/draft.txt', 'not committed');
    await desk.slipway('rollback', 'web', ...data);
    await there('web');
    expect(await value('deployment', 'app', '{.spec.template.spec.containers[0].image}')).toBe('x:2');
    expect(await value('configmap', 'conf', '{.data.b}')).toBe('3');
    expect(repository.git('log', '-1', '--format=%an %s')).toMatch(/^Ada Roll web back to \w{7}$/);
    expect(repository.git('show', '--stat', '--format=', 'HEAD')).not.toContain('api/');
    expect(repository.git('status', '--porcelain')).toBe('?? web/draft.txt');
  });

  test('a branch that is reset is followed', async () => {
    repository.git('reset', '--quiet', '--hard', 'HEAD~1');
    await there('web');
    expect(await value('deployment', 'app', '{.spec.template.spec.containers[0].image}')).toBe('x:3');
  });

  test('what kubectl edit changes is put back within a second, and told with who it was', async () => {
    const edited = performance.now();
    await kubectl('patch', 'configmap', 'conf', '--type=merge', '-p', '{"data":{"b":"theirs"}}');
    await kubectl('wait', 'configmap/conf', '--for=jsonpath={.data.b}=3', '--timeout=5s');
    await desk.daemon.line(/api: ConfigMap default\/conf was changed by kubectl-patch/);
    expect(performance.now() - edited).toBeLessThan(5000);
  });

  test('a suspended application waits until it is resumed', async () => {
    await desk.slipway('suspend', 'api', ...data);
    repository.commit('Fourth', { 'api/conf.yaml': configMapFile('conf', { b: '4' }) });
    await stopped('api', 'Suspended');
    expect(await value('configmap', 'conf', '{.data.b}')).toBe('3');
    await desk.slipway('resume', 'api', ...data);
    await there('api');
    expect(await value('configmap', 'conf', '{.data.b}')).toBe('4');
  });

  test('a wave waits for the one before it, and a newer commit does not wait for it', async () => {
    const shop = {
      'shop/db.yaml': hanging(deploymentFile('db', 1, 'x:1')),
      'shop/front.yaml': annotated(configMapFile('front', {}), { [`${ARGO}sync-wave`]: '1' }),
    };
    repository.commit('Shop', shop);
    await stopped('shop', 'WaitsForHealth');
    expect(await message('shop')).toMatch(/^wave 0: waiting for Deployment default\/db \(/);
    expect(await names()).not.toContain('front');
    await deliver('shop', 'Shop, with a place', { 'shop/db.yaml': deploymentFile('db', 1, 'x:1') });
    expect(await names()).toContain('front');
  });

  test('a commit during a rollout that hangs takes over', async () => {
    repository.commit('Hang', { 'web/app.yaml': hanging(deploymentFile('app', 2, 'x:4')) });
    await kubectl('wait', 'applications/web', '-n', 'slipway-system', '--for=jsonpath={.status.health}=Progressing', '--timeout=20s');
    await deliver('web', 'Go on', { 'web/app.yaml': deploymentFile('app', 2, 'x:5') });
    expect(await value('deployment', 'app', '{.status.updatedReplicas}')).toBe('2');
  });

  test('a hook that fails stops its application with the reason, and the next commit goes on', async () => {
    const hook = (exit: number) => jobFile('migrate', { [`${ARGO}hook`]: 'PreSync' }, { exit });
    repository.commit('Migrate', { 'shop/migrate.yaml': hook(3), 'shop/page.yaml': configMapFile('shop-page', {}) });
    await stopped('shop', 'HookFailed');
    expect(await message('shop')).toMatch(/^shop\/migrate.yaml:1: hook Job migrate: /);
    expect(await names()).not.toContain('shop-page');
    await deliver('shop', 'Migrate better', { 'shop/migrate.yaml': hook(0) });
    expect(await names()).toContain('shop-page');
  });

  test('a hook for failures ends before the sync has failed', async () => {
    repository.commit('Migrate badly', {
      'shop/migrate.yaml': jobFile('migrate', { [`${ARGO}hook`]: 'PreSync' }, { exit: 3 }),
      'shop/tell.yaml': jobFile('tell', { [`${ARGO}hook`]: 'SyncFail' }),
      'shop/page.yaml': configMapFile('shop-page', { a: 'late' }),
    });
    await stopped('shop', 'HookFailed');
    expect(await value('job', 'tell', '{.status.succeeded}')).toBe('1');
    await deliver('shop', 'Migrate well', { 'shop/migrate.yaml': undefined, 'shop/tell.yaml': undefined });
    expect(await value('configmap', 'shop-page', '{.data.a}')).toBe('late');
  });

  test('an application that goes runs its last hooks, also when the daemon is killed meanwhile', async () => {
    const last = {
      'short/backup.yaml': jobFile('backup', { [`${ARGO}hook`]: 'PreDelete' }, { runs: '1s', again: true }),
      'short/check.yaml': jobFile('x', { [`${ARGO}hook`]: 'PreSync' }).replace('name: x', 'generateName: check-'),
      'short/mourn.yaml': jobFile('mourn', { [`${ARGO}hook`]: 'PostDelete' }),
      'short/page.yaml': configMapFile('short-page', {}),
    };
    const first = await deliver('short', 'Short', last);
    expect(await names('jobs')).toContain(`check-${first.slice(0, 7)}`);
    repository.commit('Gone', Object.fromEntries(Object.keys(last).map((file) => [file, undefined])));
    await desk.daemon.line(/short: .*the PreDelete hooks: waiting for Job default\/backup/);
    expect(await names()).toContain('short-page');
    expect(await names('jobs')).not.toContain('mourn');
    const uid = await value('job', 'backup', '{.metadata.uid}');
    await desk.daemon.kill();
    await desk.up('manifests', '--nodes', '2');
    await kubectl('wait', 'applications/short', '-n', 'slipway-system', '--for=delete', '--timeout=20s');
    expect(await value('job', 'backup', '{.metadata.uid} {.status.succeeded}')).toBe(`${uid} 1`);
    expect(await value('job', 'mourn', '{.status.succeeded}')).toBe('1');
    expect(await names()).not.toContain('short-page');
  });

  test('an application that depends on another waits for it', async () => {
    const files = {
      'apps.json': applicationFile('first', { path: 'first', dependsOn: ['second'] }),
      'first/page.yaml': configMapFile('first-page', {}),
      'second/db.yaml': hanging(deploymentFile('second', 1, 'x:1')),
    };
    repository.commit('Two that depend', files);
    await stopped('first', 'WaitsForOthers');
    expect(await names()).not.toContain('first-page');
    await deliver('first', 'With a place', { 'second/db.yaml': deploymentFile('second', 1, 'x:1') });
    expect(await names()).toContain('first-page');
  });

  test('a definition and its objects come in one commit', async () => {
    const schema = {
      openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
    };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
    await deliver('widgets', 'Widgets', {
      'widgets/a.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: a }\nspec: { size: 3 }\n',
      'widgets/definition.yaml': formatYaml(definition),
    });
    expect(await value('widget', 'a', '{.spec.size}')).toBe('3');
  });

  test('fifty commits in a burst end at the last one', async () => {
    for (let i = 1; i <= 50; i++) repository.commit(`Burst ${i}`, { 'api/conf.yaml': configMapFile('conf', { b: `burst ${i}` }) });
    await there('api');
    expect(await value('configmap', 'conf', '{.data.b}')).toBe('burst 50');
  });

  describe('a daemon that is killed', () => {
    /** Until somebody labels a node. */
    const HANGS = 4;
    const state = (n: number, hook = 'x') => ({
      'stages/hook.yaml': jobFile('prepare', { [`${ARGO}hook`]: 'PreSync', n: String(n), hook }, { runs: '1s', again: true }),
      'stages/db.yaml': n === HANGS ? hanging(deploymentFile('stages-db', 1, `x:${n}`)) : deploymentFile('stages-db', 1, `x:${n}`),
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => [
          `stages/late-${i}.yaml`,
          annotated(configMapFile(`late-${i}`, { count: String(n) }), { [`${ARGO}sync-wave`]: '1' }),
        ]),
      ),
    });

    test.each([
      ['as it sees the commit', 1, /commit \w{7} Stage 1/],
      ['before the first write', 2, /stages \w{7} "Stage 2"/],
      ['while a hook runs', 3, /stages: the PreSync hooks: waiting for Job default\/prepare/],
      ['while a wave is waited for', HANGS, /stages: .*wave 0: waiting for Deployment default\/stages-db/],
      ['as soon as it is done', 5, /stages: \d+ changes applied/],
    ])('%s goes on where it was', async (_when, n, sign) => {
      repository.commit(`Stage ${n}`, state(n));
      await desk.daemon.line(sign);
      const running = n === 3 ? await value('job', 'prepare', '{.metadata.uid}') : undefined;
      await desk.daemon.kill();
      await desk.up('manifests', '--nodes', '2');
      if (n === HANGS) {
        expect(await value('configmap', 'late-29', '{.data.count}')).toBe(String(n - 1));
        await kubectl('label', 'nodes', '--all', 'nowhere=true');
      }
      await there('stages');
      expect(await value('configmap', 'late-29', '{.data.count}')).toBe(String(n));
      expect(await value('deployment', 'stages-db', '{.spec.template.spec.containers[0].image}')).toBe(`x:${n}`);
      if (running) expect(await value('job', 'prepare', '{.metadata.uid}')).toBe(running);
      const { text } = await desk.slipway('history', 'stages', '-o', 'json', ...data);
      const phases = (JSON.parse(text) as { spec: { revision: string }; status: { phase: string } }[]).map(({ status }) => status.phase);
      expect(phases[0]).toBe('Applied');
      expect(phases).not.toContain('Applying');
    });
  });

  test('the log has it all, the chain holds, and what concerns one application can be read alone', async () => {
    const { text } = await desk.slipway('events', '--app', 'shop', ...data);
    expect(text).toMatch(/plan +shop: /);
    expect(text).toMatch(/waiting +shop: .*wave 0: waiting for/);
    expect(text).toMatch(/failed +shop: .*hook|failed +shop: plan/);
    expect(text).not.toContain('plan       web');
    expect((await desk.slipway('log', '--app', 'api', ...data)).text).toMatch(/suspended +api was suspended by slipway-cli/);
    expect((await desk.slipway('log', 'verify', ...data)).text).toContain('every checksum and the chain hold');
  });

  test('the log is read with a kubeconfig alone, by who may read it', async () => {
    const kubeconfig = join(desk.folder, 'elsewhere');
    copyFileSync(join(desk.folder, 'data/kubeconfig'), kubeconfig);
    const from = ['--kubeconfig', kubeconfig];
    const there = (await desk.slipway('events', '--app', 'shop', ...data)).text;
    expect((await desk.slipway('events', '--app', 'shop', ...from)).text).toBe(there);
    expect((await desk.slipway('history', 'shop', '--all', ...from)).text).toContain('Applied');
    expect(await desk.slipway('log', 'verify', ...from)).toMatchObject({ code: 1, text: expect.stringContaining('where the daemon does') });
    const asJane = ['--as', 'jane', 'get', '--raw', '/journal'];
    await expect(kubectl(...asJane)).rejects.toThrow('cannot get path "/journal"');
  });

  test('who follows it misses nothing while the daemon is replaced', async () => {
    const reader = new Daemon(['log', '-f', '--app', 'web', '-o', 'json', ...data], desk.folder);
    const read = () =>
      reader.output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { sequence: number; message?: string });
    repository.commit('Seen before', { 'web/page.yaml': configMapFile('page', { a: 'before' }) });
    await reader.line(/Seen before/);
    await desk.daemon.interrupt();
    repository.commit('Seen after', { 'web/page.yaml': configMapFile('page', { a: 'after' }) });
    await desk.up('manifests', '--nodes', '2');
    await reader.line(/Seen after/);
    await reader.interrupt();
    const sequences = read().map(({ sequence }) => sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
  });
});
