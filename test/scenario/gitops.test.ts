import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMapFile, deploymentFile } from '../gitops/running.ts';
import { TestRepository } from '../gitops/repository.ts';
import { GitServer } from '../tools/git-server.ts';
import { Desk, kubectlPath } from './desk.ts';
import type { Daemon } from './sandbox.ts';

describe('a repository of this machine', () => {
  const desk = new Desk();
  let repository: TestRepository;
  let daemon: Daemon;
  const data = ['--data-dir', 'data'];

  beforeAll(async () => {
    repository = desk.repository();
    daemon = await desk.up('manifests');
  });
  afterAll(() => desk.close());

  it('without a commit is waited for', () => {
    expect(daemon.output).toContain('the repository has no commit yet: waiting for the first one');
  });

  it('is applied with its first commit', async () => {
    repository.commit('First', {
      'web/app.yaml': deploymentFile('app', 2, 'x:1'),
      'apps.json': JSON.stringify({
        apiVersion: 'slipway.dev/v1',
        kind: 'Application',
        metadata: { name: 'web' },
        spec: { path: 'web', selfHeal: false },
      }),
    });
    await daemon.line(/web is Healthy/);
  });

  it.skipIf(!kubectlPath)('shows its applications to kubectl', async () => {
    expect(await desk.kubectl('get', 'applications', '-A')).toMatch(/slipway-system +web +\w{7} +Synced +Healthy/);
  });

  it('plans what is not committed yet, with exit code 2', async () => {
    repository.write('web/app.yaml', deploymentFile('app', 3, 'x:1'));
    const { code, text } = await desk.slipway('plan', '--worktree', ...data);
    expect(text).toContain('~ update Deployment default/app  web/app.yaml:1  scales from 2 to 3 pods');
    expect(code).toBe(2);
    expect((await desk.slipway('plan', ...data)).code).toBe(0);
  });

  it('compares two commits', async () => {
    repository.commit('Three', { 'web/app.yaml': deploymentFile('app', 3, 'x:1') });
    const { code, text } = await desk.slipway('plan', '--from', 'HEAD~1', '--repository', 'manifests', '-o', 'markdown');
    expect(text).toContain('<b>update</b> Deployment default/app · <code>web/app.yaml:1</code> · scales from 2 to 3 pods');
    expect(code).toBe(2);
    await daemon.line(/1 change applied/);
    // The pod may be there before anybody looks: then there is nothing to tell.
    expect((await desk.slipway('status', 'web', '--wait', ...data)).code).toBe(0);
  });

  it('says where a value comes from', async () => {
    const { text } = await desk.slipway('why', 'deploy/app', 'spec.replicas', ...data);
    expect(text).toMatch(/web\/app.yaml:6[^]*Three[^]*Ada <ada@example.com>[^]*slipway/);
  });

  it.skipIf(!kubectlPath)('shows what was changed behind its back', async () => {
    await desk.kubectl('scale', 'deployment/app', '--replicas=5');
    await daemon.line(/Deployment default\/app was changed by kubectl/);
    const { code, text } = await desk.slipway('diff', 'web', ...data);
    expect(text).toContain('scales from 5 to 3 pods');
    expect(code).toBe(2);
  });

  it('is linted without a cluster', async () => {
    repository.write('web/bad.yaml', deploymentFile('bad', 1, 'x:1').replace('replicas', 'replica'));
    const { code, text } = await desk.slipway('lint', 'manifests');
    expect(text).toContain('web/bad.yaml:6:3: Deployment default/bad: unknown field "spec.replica"');
    expect(code).toBe(1);
    rmSync(join(repository.path, 'web/bad.yaml'));
    expect((await desk.slipway('lint', 'manifests')).code).toBe(0);
    expect((await desk.slipway('lint', 'manifests/web/app.yaml')).code).toBe(0);
  });
});

describe('a repository behind https', () => {
  const desk = new Desk();
  const server = new GitServer(desk.folder);
  const secret = 'a secret of sufficient length';
  let repository: TestRepository;
  let daemon: Daemon;
  let webhook: string;

  function push(message: string, files: Record<string, string>): string {
    const oid = repository.commit(message, files);
    repository.git('push', '-q', '--force', 'origin', 'HEAD:main');
    return oid.slice(0, 7);
  }

  beforeAll(async () => {
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(desk.folder, 'manifests.git')]);
    mkdirSync(join(desk.folder, 'work'));
    repository = new TestRepository(join(desk.folder, 'work'));
    repository.git('remote', 'add', 'origin', join(desk.folder, 'manifests.git'));
    push('First', { 'cluster/web/page.yaml': configMapFile('page', { a: '1' }) });
    server.demand('ada:canary');
    writeFileSync(join(desk.folder, 'token'), 'ada:canary');
    writeFileSync(join(desk.folder, 'secret'), secret);
    const url = `${await server.start()}/manifests.git`;
    const args = [
      '--path',
      'cluster',
      '--git-credentials',
      'token',
      '--poll',
      '0s',
      '--webhook',
      '127.0.0.1:0',
      '--webhook-secret',
      'secret',
    ];
    daemon = await desk.up(url, ...args);
    webhook = /Pushes are taken on (\S+)/.exec(daemon.output)![1]!;
  });
  afterAll(async () => {
    await desk.close();
    await server.stop();
  });

  it('is fetched and applied', () => {
    expect(daemon.output).toContain('✔ web: 1 change applied');
  });

  it('is applied as soon as a push is told, a force-push too', async () => {
    const first = repository.git('rev-parse', 'HEAD');
    for (const value of ['2', '3']) {
      repository.git('reset', '-q', '--hard', first);
      const commit = push(`Set ${value}`, { 'cluster/web/page.yaml': configMapFile('page', { a: value }) });
      const body = '{}';
      const signature = createHmac('sha256', secret).update(body).digest('hex');
      const answer = await fetch(webhook, {
        method: 'POST',
        body,
        headers: { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${signature}` },
      });
      expect(answer.status).toBe(202);
      await daemon.line(new RegExp(`commit ${commit} Set ${value}`));
      await daemon.line(/1 change applied/);
    }
  });

  it('is planned from what was fetched, and its credentials are shown nowhere', async () => {
    const { code, text } = await desk.slipway('plan', '--data-dir', 'data', '-o', 'stat');
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('"Set 3" by Ada: 1 unchanged') });
    expect(daemon.output + text).not.toContain('canary');
  });
});
