import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { findReason, openSource } from '../../src/gitops/index.ts';
import { lineBefore } from '../../src/gitops/why/blame.ts';
import {
  apiVersionOf,
  DEPLOYMENTS,
  JOBS,
  PODS,
  REPLICA_SETS,
  type KindRef,
  type KubeObject,
  type ReplicaSet,
} from '../../src/model/index.ts';
import { hookFile } from './jobs.ts';
import { configMapFile, deploymentFile, RunningPipeline } from './running.ts';

describe('a line', () => {
  it.each<[string, string, string, number, number | undefined]>([
    ['stays where nothing was put before it', 'a\nb\nc', 'a\nb\nx', 2, 2],
    ['moves with what was put before it', 'a\nb', 'x\ny\na\nb', 4, 2],
    ['moves back with what was taken away before it', 'x\na\nb', 'a\nb', 2, 3],
    ['that is new was nowhere', 'a\nb', 'a\nx\nb', 2, undefined],
    ['that was changed was nowhere', 'a\nb', 'a\nB', 2, undefined],
  ])('%s', (_name, older, younger, line, expected) => {
    expect(lineBefore(older, younger, line)).toBe(expected);
  });
});

describe('why', () => {
  let running: RunningPipeline;
  beforeEach(async () => {
    running = await RunningPipeline.create();
  });
  afterEach(() => running.close());

  const why = async (object: string, field?: string, namespace?: string) =>
    findReason({
      source: await openSource(running.repository.path),
      client: running.client,
      random: seededRandom(1),
      object,
      field,
      namespace,
    });

  async function history() {
    running.repository.commit('first', { 'web/app.yaml': deploymentFile('app', 1, 'x:1') });
    await running.start();
    await running.ready();
    await running.commit('scale it', { 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    await running.commit('comment', { 'web/app.yaml': `# why\n\n${deploymentFile('app', 2, 'x:1')}` });
  }

  it('names file, line, commit, author and manager of a value', async () => {
    await history();
    expect(await why('deploy/app', 'spec.replicas')).toMatchObject({
      object: 'Deployment default/app',
      application: 'web',
      field: 'spec.replicas',
      value: 2,
      origin: { file: 'web/app.yaml', line: 8, commit: { subject: 'scale it', author: { name: 'Ada' } } },
      managers: [{ manager: 'slipway' }],
    });
    expect(await why('Deployment/app', 'spec.template.spec.containers[main].image')).toMatchObject({
      value: 'x:1',
      origin: { line: 17, commit: { subject: 'first' } },
    });
    expect(await why('deployments/app')).toMatchObject({ origin: { line: 3, commit: { subject: 'first' } } });
  });

  it('says that Git does not say it', async () => {
    await history();
    const reason = await why('deploy/app', 'spec.revisionHistoryLimit');
    expect(reason).toMatchObject({ value: 10 });
    expect(reason.origin).toBeUndefined();
  });

  it('names the owner of a state that a controller tells', async () => {
    await history();
    await running.stop();
    const live = await running.client.get(DEPLOYMENTS, 'app', 'default');
    await running.client.as('deployment-controller').updateStatus(DEPLOYMENTS, { ...live, status: { ...live.status, replicas: 2 } });
    const reason = await why('deploy/app', 'status.replicas');
    expect(reason).toMatchObject({ value: 2, managers: [{ manager: 'deployment-controller' }] });
    expect(reason.origin).toBeUndefined();
  });

  it('finds an item of a list by any member of it', async () => {
    await history();
    for (const item of ['[main]', '[0]', '[name=main]', '[image=x:1]'])
      expect(await why('deploy/app', `spec.template.spec.containers${item}.image`)).toMatchObject({ value: 'x:1', origin: { line: 17 } });
    expect(await why('deploy/app', 'spec.template.spec.containers[name=other].image')).toMatchObject({ value: undefined });
  });

  it('finds a value of a Secret where it is written in plain text', async () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata:\n  old: YQ==\nstringData:\n  key: ONE\n';
    running.repository.commit('first', { 'web/s.yaml': text });
    await running.start();
    await running.ready();
    await running.commit('second', { 'web/s.yaml': text.replace('ONE', 'TWO') });
    expect(await why('secret/s', 'stringData.key')).toEqual(await why('secret/s', 'data.key'));
    expect(await why('secret/s', 'data.key')).toMatchObject({ origin: { line: 7, commit: { subject: 'second' } } });
    expect(await why('secret/s', 'data.old')).toMatchObject({ origin: { line: 5, commit: { subject: 'first' } } });
  });

  it('finds what stayed as it was when history was rewritten and swept', async () => {
    await history();
    running.repository.git('checkout', '-q', '--orphan', 'anew');
    running.repository.git('commit', '-q', '-m', 'all at once');
    running.repository.git('branch', '-q', '-M', 'main');
    running.repository.git('reflog', 'expire', '--expire=now', '--all');
    running.repository.git('gc', '-q', '--prune=now');
    expect((await why('deploy/app', 'spec.replicas')).origin).toMatchObject({ line: 8, commit: { subject: 'all at once' } });
  });

  it('follows a file that was moved, and not one that was copied', async () => {
    await history();
    const text = `# why\n\n${deploymentFile('app', 2, 'x:1')}`;
    await running.commit('move it', { 'web/app.yaml': undefined, 'web/below/moved.yaml': text });
    expect(await why('deploy/app', 'spec.replicas')).toMatchObject({
      origin: { file: 'web/below/moved.yaml', commit: { subject: 'scale it' } },
    });
    await running.commit('a page', { 'web/page.yaml': configMapFile('page', { a: '1' }) });
    running.repository.commit('copied', {
      'api/page.yaml': configMapFile('page', { a: '1' }, 'default').replace('  namespace: default\n', ''),
    });
    await running.commit('without the first', { 'web/page.yaml': undefined }, 'api');
    await running.until('it is of api', async () => (await why('cm/page').catch(() => undefined))?.application === 'api');
    expect(await why('cm/page', 'data.a')).toMatchObject({ origin: { file: 'api/page.yaml', commit: { subject: 'copied' } } });
  });

  it('shows what the cluster has otherwise, and who made it so', async () => {
    await history();
    await running.stop();
    const target = { kind: DEPLOYMENTS, namespace: 'default', name: 'app' };
    await running.client.as('kubectl-scale').patch(target, { type: 'merge', patch: { spec: { replicas: 5 } } });
    expect(await why('deploy/app', 'spec.replicas')).toMatchObject({ value: 5, asked: 2, managers: [{ manager: 'kubectl-scale' }] });
  });

  describe('what controllers made', () => {
    const owned = async <T extends KubeObject>(kind: KindRef<T>, name: string, owner: KubeObject, rest: object, metadata: object = {}) => {
      const { apiVersion, kind: ownerKind } = owner;
      const reference = { apiVersion, kind: ownerKind, name: owner.metadata.name, uid: owner.metadata.uid!, controller: true };
      const identity = { name, namespace: 'default', ownerReferences: [reference], ...metadata };
      const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: identity, ...rest };
      return running.plane.trusted.as('controller').create<T>(kind, object as unknown as T);
    };
    async function rolledOut() {
      await history();
      const app = await running.client.get(DEPLOYMENTS, 'app', 'default');
      const set = await owned(REPLICA_SETS, 'app-1', { ...app, apiVersion: 'apps/v1', kind: 'Deployment' }, { spec: app.spec });
      await owned(
        PODS,
        'app-1-a',
        { ...set, apiVersion: 'apps/v1', kind: 'ReplicaSet' },
        { spec: app.spec.template.spec },
        { labels: { app: 'app' } },
      );
    }

    it('is followed to the manifest, each step named', async () => {
      await rolledOut();
      expect(await why('pod/app-1-a')).toMatchObject({
        object: 'Pod default/app-1-a',
        application: 'web',
        through: [{ object: 'ReplicaSet default/app-1' }, { object: 'Deployment default/app' }],
        origin: { file: 'web/app.yaml', line: 3, commit: { subject: 'first' } },
        managers: [{ manager: 'controller' }],
      });
      expect(await why('rs/app-1')).toMatchObject({ through: [{ object: 'Deployment default/app' }], origin: { line: 3 } });
    });

    it('has its fields from the templates of its owners', async () => {
      await rolledOut();
      expect(await why('po/app-1-a', 'spec.containers[main].image')).toMatchObject({
        value: 'x:1',
        through: [{ field: 'spec.template.spec.containers[0].image' }, { field: 'spec.template.spec.containers[0].image' }],
        origin: { line: 17, commit: { subject: 'first' } },
      });
      expect(await why('pod/app-1-a', 'metadata.labels.app')).toMatchObject({ value: 'app', origin: { line: 13 } });
      expect(await why('rs/app-1', 'spec.replicas')).toMatchObject({ value: 2, origin: { line: 8, commit: { subject: 'scale it' } } });
      expect((await why('pod/app-1-a', 'metadata.name')).origin).toBeUndefined();
    });

    it('is told to be what Git says otherwise by now', async () => {
      await rolledOut();
      await running.commit('newer', { 'web/app.yaml': deploymentFile('app', 2, 'x:2') });
      expect(await why('pod/app-1-a', 'spec.containers[0].image')).toMatchObject({ value: 'x:1', asked: 'x:2' });
    });

    it('of a hook leads to the hook', async () => {
      running.repository.commit('first', {
        'web/hook.yaml': hookFile('check', 'PreSync'),
        'web/app.yaml': deploymentFile('app', 1, 'x:1'),
      });
      await running.start();
      const job = () => running.client.get(JOBS, 'check', 'default').catch(() => undefined);
      await running.until('the hook runs', async () => (await job()) !== undefined);
      const { spec } = (await job())!;
      await owned(PODS, 'check-a', { ...(await job())!, apiVersion: 'batch/v1', kind: 'Job' }, { spec: spec.template.spec });
      expect(await why('pod/check-a')).toMatchObject({
        application: 'web',
        through: [{ object: 'Job default/check' }],
        origin: { file: 'web/hook.yaml' },
      });
    });

    it('of nobody names how far it goes', async () => {
      await history();
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x' }] } };
      const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template };
      const set = await running.client.create(REPLICA_SETS, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'loose', namespace: 'default' },
        spec,
      } as unknown as ReplicaSet);
      const owner = { ...set, apiVersion: 'apps/v1', kind: 'ReplicaSet' };
      await owned(PODS, 'loose-a', owner, { spec: template.spec });
      await expect(why('pod/loose-a')).rejects.toThrow(
        /^Pod default\/loose-a is made by ReplicaSet default\/loose: no application owns it/,
      );
      await owned(PODS, 'loose-b', { ...owner, metadata: { ...owner.metadata, uid: 'another' } }, { spec: template.spec });
      await expect(why('pod/loose-b')).rejects.toThrow(/is made by ReplicaSet default\/loose, which is gone/);
    });
  });

  it('follows a change through a merge to who made it', async () => {
    const { repository } = running;
    repository.commit('first', { 'web/a.yaml': configMapFile('page', { a: '1' }) });
    repository.git('checkout', '-q', '-b', 'side');
    repository.commit('on the side', { 'web/a.yaml': configMapFile('page', { a: '2' }) });
    repository.git('checkout', '-q', 'main');
    repository.commit('elsewhere', { 'web/b.yaml': configMapFile('other', {}) });
    repository.git('merge', '-q', '--no-edit', 'side');
    await running.start();
    await running.ready();
    expect(await why('cm/page', 'data.a')).toMatchObject({ value: '2', origin: { commit: { subject: 'on the side' } } });
  });

  it('names no value of a Secret', async () => {
    running.repository.commit('first', {
      'web/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { key: canary }\n',
    });
    await running.start();
    await running.ready();
    for (const field of ['data.key', 'stringData.key', undefined])
      expect(JSON.stringify(await why('secret/s', field))).not.toMatch(/canary|Y2FuYXJ5/);
  });

  it.each([
    ['app', 'expected KIND/NAME'],
    ['deploy/none', 'no application owns deploy/none, and the cluster has none'],
    ['widget/none', 'no application owns widget/none: nothing in Git'],
  ])('of %s says what is missing', async (object, expected) => {
    await history();
    await expect(why(object)).rejects.toThrow(expected);
  });
});
