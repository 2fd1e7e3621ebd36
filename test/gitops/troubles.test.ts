import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StatusError } from '../../src/base/index.ts';
import { readSourceFailure } from '../../src/gitops/index.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICA_SETS, type Pod, type ReplicaSet } from '../../src/model/index.ts';
import { configMapFile, deploymentFile, RunningPipeline } from './running.ts';

let running: RunningPipeline;
beforeEach(async () => {
  running = await RunningPipeline.create();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await running.close();
});

async function startWith(files: Readonly<Record<string, string>>): Promise<string> {
  const oid = running.repository.commit('first', files);
  await running.start();
  await running.ready();
  return oid;
}

describe('problems', () => {
  it('of all files are told at once, whatever their sort', async () => {
    await startWith({
      'web/a.yaml': 'kind: [',
      'web/b.yaml': 'apiVersion: v1\nkind: Gadget\nmetadata: { name: b }\n',
      'web/c.yaml': deploymentFile('app', 2, 'x:1').replace('  replicas: 2', '  replica: 2\n  minReadySeconds: two\n  paused: 3'),
      'web/d.yaml': deploymentFile('bad', -1, 'x:1'),
      'web/e.yaml': configMapFile('fine', {}),
    });
    const said = running.said.filter((text) => text.startsWith('web/'));
    expect(said.map((text) => text.split(' ')[0])).toEqual([
      'web/a.yaml:1:8:',
      'web/b.yaml:1:1:',
      'web/c.yaml:6:3:',
      'web/c.yaml:7:3:',
      'web/c.yaml:8:3:',
      'web/d.yaml:6:3:',
    ]);
    expect(said[2]).toContain('unknown field "spec.replica"');
    expect((await running.client.list(CONFIG_MAPS, { namespace: 'default' })).items).toEqual([]);
  });

  it('of an application that was never applied leave it missing, not healthy', async () => {
    await startWith({ 'web/a.yaml': 'kind: [' });
    expect((await running.application('web'))?.status).toMatchObject({ sync: 'Unknown', health: 'Missing' });
    expect(running.health).toEqual([]);
  });

  it('do not blame another file for the namespace that the broken one may hold', async () => {
    await startWith({
      'web/ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop\n',
      'web/a.yaml': configMapFile('page', {}, 'shop'),
    });
    expect(running.said.filter((text) => text.includes('web/a.yaml'))).toEqual([]);
  });
});

describe('a commit that is not signed', () => {
  it('is named with the reason, and what was applied last stays', async () => {
    running.repository.commit('plain', { 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.start();
    await running.ready();
    await running.stop();
    const signers = join(running.repository.path, '.git', 'signers');
    writeFileSync(signers, 'ada ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUrbb39RQ0SBkqeFJmiTxzXYrEV0u2ShN+nmXzUQYyr\n');
    const oid = running.repository.commit('unsigned', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    await running.start(running.repository.path, { allowedSigners: signers });
    await running.ready();
    expect(running.said.at(-1)).toContain(`commit ${oid.slice(0, 7)} of Ada <ada@example.com> is not taken: it is not signed`);
    expect((await running.client.get(CONFIG_MAPS, 'page', 'default')).data).toEqual({ a: '1' });
  });
});

describe('a cluster that fails in the middle', () => {
  it('is told in the status, with what comes next, until it does not', async () => {
    await startWith({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await running.stop();
    const { as } = running.client;
    let fails = true;
    vi.spyOn(running.plane.client, 'as').mockImplementation((manager) => {
      const client = as.call(running.client, manager);
      const apply = client.apply.bind(client);
      return Object.assign(client, {
        apply: async (...told: Parameters<typeof apply>) => {
          if (fails) throw new StatusError('InternalError', 'failed calling webhook "policy": no route');
          return apply(...told);
        },
      });
    });
    await running.start();
    await running.commit('second', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    expect(await running.condition()).toMatchObject({
      reason: 'Error',
      message: expect.stringMatching(/failed calling webhook "policy": no route\nit is tried again after \d+ m?s$/),
    });
    fails = false;
    await running.until('it is applied', async () => (await running.condition())?.reason === 'Applied');
  });
});

describe('why no newer commit is taken', () => {
  const noted = async () => (await readSourceFailure(running.client))?.message ?? 'nothing';
  const isNoted = (pattern: RegExp) => running.until(`noted is ${pattern}`, async () => pattern.test(await noted()));
  const files = { 'web/page.yaml': configMapFile('page', { a: '1' }) };

  it('is noted while the branch is away, and no longer when it is back as it was', async () => {
    const oid = running.repository.commit('first', files);
    await running.start();
    await running.ready();
    expect(await noted()).toBe('nothing');
    running.repository.git('update-ref', '-d', 'refs/heads/main');
    await isNoted(/^branch main has no commit yet/);
    running.repository.git('update-ref', 'refs/heads/main', oid);
    await isNoted(/^nothing$/);
  });

  it('is noted for a commit that is refused, over a restart that does not refuse it', async () => {
    const signers = join(running.repository.path, '.git', 'signers');
    writeFileSync(signers, 'ada ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUrbb39RQ0SBkqeFJmiTxzXYrEV0u2ShN+nmXzUQYyr\n');
    const oid = running.repository.commit('unsigned', files);
    await running.start(running.repository.path, { allowedSigners: signers });
    await isNoted(new RegExp(`^commit ${oid.slice(0, 7)} of Ada .* is not taken: it is not signed`));
    expect((await readSourceFailure(running.client))?.commit).toBe(oid);
    await running.stop();
    await running.start();
    await isNoted(/^nothing$/);
  });

  it('is noted for a commit that cannot be read, and is its fault when a second look finds the same', async () => {
    running.repository.commit('first', files);
    const blob = running.repository.git('rev-parse', 'HEAD:web/page.yaml');
    const object = join(running.repository.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
    const kept = readFileSync(object);
    rmSync(object);
    await running.start();
    await isNoted(new RegExp(`^Git object ${blob} cannot be read`));
    const oid = running.repository.git('rev-parse', 'HEAD');
    await running.until('the commit is to blame', async () => (await readSourceFailure(running.client))?.commit === oid);
    writeFileSync(object, kept);
    await isNoted(/^nothing$/);
    expect(await readSourceFailure(running.client)).toBeUndefined();
  });
});

describe('an empty repository', () => {
  it('says that it waits for the first commit', async () => {
    await running.start();
    await running.ready();
    expect(running.said).toEqual(['empty']);
  });
});

describe('a pod that cannot run', () => {
  it('makes its application Degraded at once, with the culprit named', async () => {
    await startWith({ 'web/app.yaml': deploymentFile('app', 1, 'x:1') });
    const client = running.plane.trusted;
    const deployment = await client.get(DEPLOYMENTS, 'app', 'default');
    const controlledBy = (kind: string, { metadata }: { metadata: { name: string; uid?: string } }) => [
      { apiVersion: 'apps/v1', kind, name: metadata.name, uid: metadata.uid!, controller: true },
    ];
    const set = await client.create<ReplicaSet>(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'app-1', namespace: 'default', ownerReferences: controlledBy('Deployment', deployment) },
      spec: deployment.spec,
    } as unknown as ReplicaSet);
    const pod = await client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app-1-a', namespace: 'default', ownerReferences: controlledBy('ReplicaSet', set) },
      spec: deployment.spec.template.spec,
    } as Pod);
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x:1"' };
    const main = { name: 'main', image: 'x:1', imageID: '', ready: false, restartCount: 0, state: { waiting } };
    await client.updateStatus(PODS, { ...pod, status: { phase: 'Pending', containerStatuses: [main] } } as Pod);
    await running.until('web is Degraded', async () => (await running.application('web'))?.status?.health === 'Degraded');
    expect((await running.application('web'))?.status?.healthMessage).toContain(
      'Pod default/app-1-a: container main: ImagePullBackOff: Back-off pulling image "x:1"',
    );
  });
});
