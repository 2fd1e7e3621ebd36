import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatYaml } from '../../src/base/index.ts';
import { configMapFile } from '../gitops/running.ts';
import type { TestRepository } from '../gitops/repository.ts';
import { Desk, kubectlPath } from './desk.ts';

/** In every value of a Secret, and nowhere else: as it is written, and the longest part of it that survives each alignment of base64. */
const CANARY = 'canary-bird-sings';
const FORMS = [
  CANARY,
  ...[0, 1, 2].map((n) =>
    Buffer.from(`${'x'.repeat(n)}${CANARY}`)
      .toString('base64')
      .slice(4, 20),
  ),
];

const secret = (name: string, rest: object, metadata: object = {}) =>
  formatYaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, ...rest });
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const lastApplied = JSON.stringify({ kind: 'Secret', stringData: { key: `${CANARY}-17` } });
const listed = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'listed' },
  stringData: { file: `user=ada\npassword=${CANARY}-18\n` },
};
const encoded = (value: string) => Buffer.from(value).toString('base64');

describe.skipIf(!kubectlPath)('the value of a Secret', { timeout: 120_000 }, () => {
  const desk = new Desk();
  const data = ['--data-dir', 'data'];
  let repository: TestRepository;

  beforeAll(async () => {
    repository = desk.repository();
    repository.commit('First', {
      'web/plain.yaml': secret('plain', { stringData: { password: `${CANARY}-1` } }),
      'web/encoded.yaml': secret('encoded', { data: { password: encoded(`${CANARY}-2`) } }),
      'web/fixed.yaml': secret('fixed', { immutable: true, stringData: { key: `${CANARY}-3` } }),
      'web/gone.yaml': secret('gone', { stringData: { key: `${CANARY}-4` } }),
      'web/hook.yaml': secret('hook', { stringData: { key: `${CANARY}-5` } }, { annotations: { 'argocd.argoproj.io/hook': 'PreSync' } }),
      // As it comes out of `kubectl get -o yaml`.
      'web/exported.yaml': secret('exported', { data: { key: encoded(`${CANARY}-16`) } }, { annotations: { [LAST_APPLIED]: lastApplied } }),
      'web/list.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [listed] }),
      'web/page.yaml': configMapFile('page', { a: '1' }),
    });
    await desk.up('manifests');
  });
  afterAll(() => desk.close());

  const there = () => desk.slipway('status', '--wait', '--timeout', '20s', ...data);

  test('goes to the cluster', async () => {
    expect(await there()).toMatchObject({ code: 0 });
    const value = await desk.kubectl('get', 'secret', 'plain', '-o', 'jsonpath={.data.password}');
    expect(Buffer.from(value, 'base64').toString()).toBe(`${CANARY}-1`);
  });

  test('is changed, drifts, is applied by hand, is refused, is replaced and is pruned', async () => {
    repository.commit('Change them', {
      'web/exported.yaml': secret(
        'exported',
        { data: { key: encoded(`${CANARY}-19`) } },
        { annotations: { [LAST_APPLIED]: lastApplied.replace('17', '20') } },
      ),
      'web/plain.yaml': secret('plain', { stringData: { password: `${CANARY}-6`, more: `${CANARY}-7` } }),
      'web/encoded.yaml': secret('encoded', { stringData: { password: `${CANARY}-8` } }),
      'web/gone.yaml': undefined,
    });
    expect(await there()).toMatchObject({ code: 0 });
    await desk.kubectl('patch', 'secret', 'plain', '-p', JSON.stringify({ stringData: { password: `${CANARY}-9` } }));
    await desk.daemon.line(/Secret default\/plain was changed by kubectl-patch/);
    expect(await there()).toMatchObject({ code: 0 });
    repository.write('by-hand.txt', secret('encoded', { stringData: { password: `${CANARY}-10` } }));
    await desk.kubectl('apply', '-f', join(repository.path, 'by-hand.txt'));
    await desk.daemon.line(/Secret default\/encoded was changed by kubectl-client-side-apply/);
    expect(await there()).toMatchObject({ code: 0 });
    const problems = desk.daemon.line(/web has .*problem/);
    repository.commit('Refused', {
      'web/bad.yaml': secret('bad', { data: { key: `${CANARY}-11` }, stringData: { list: [`${CANARY}-12`] } }),
    });
    await problems;
    repository.commit('Not YAML', {
      'web/bad.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: bad\nstringData: {key: ${CANARY}-13}\n`,
    });
    await desk.daemon.line(/web has .*problem/);
    repository.commit('Held', {
      'web/bad.yaml': undefined,
      'web/fixed.yaml': secret('fixed', { immutable: true, stringData: { key: `${CANARY}-14` } }),
    });
    await desk.daemon.line(/stays as it is: it would have to be deleted/);
    await desk.slipway('approve', 'web', ...data);
    expect(await there()).toMatchObject({ code: 0 });
    repository.write('web/plain.yaml', secret('plain', { stringData: { password: `${CANARY}-15` } }));
  });

  test('is in no output', async () => {
    const plans = ['diff', 'stat', 'json', 'yaml', 'markdown'].map((format) => ['plan', '--worktree', '-o', format, ...data]);
    const views = ['status', 'history', 'log', 'events'].flatMap((command) => [
      [command, ...data],
      [command, '-o', 'json', ...data],
    ]);
    const others = [
      ['plan', '--from', 'HEAD~3', '--repository', 'manifests'],
      ['plan', '--rev', 'HEAD~4', '-o', 'json', ...data],
      ['diff', ...data],
      ['history', '--all', '-o', 'json', ...data],
      ['why', 'secret/plain', ...data],
      ['why', 'secret/plain', 'data.password', ...data],
      ['why', 'secret/plain', 'data.password', '-o', 'json', ...data],
      ['why', 'secret/exported', 'metadata.annotations', '-o', 'json', ...data],
      ['log', '--object', 'secret/plain', '-o', 'json', ...data],
      ['plan', '--from', 'HEAD~4', '--repository', 'manifests', '-o', 'markdown'],
      ['lint', 'manifests', '-o', 'json'],
    ];
    await Promise.all([...plans, ...views, ...others].map((args) => desk.slipway(...args)));
    const objects = await desk.kubectl('get', 'plans,applications,events', '-A', '-o', 'yaml');
    const everything = [desk.daemon.output, ...desk.printed, objects].join('\n');
    expect(everything).toContain('Secret default/plain');
    for (const form of FORMS) expect(everything).not.toContain(form);
  });

  test.each(['journal', 'git', 'daemon.log'])('is not in the data directory: %s', (part) => {
    const at = join(desk.folder, 'data', part);
    const files = part.includes('.')
      ? [at]
      : readdirSync(at, { recursive: true, withFileTypes: true }).flatMap((entry) =>
          entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
        );
    const text = files.map((file) => readFileSync(file, 'latin1')).join('\n');
    for (const form of FORMS) expect(text).not.toContain(form);
  });
});
