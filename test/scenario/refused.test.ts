import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMapFile } from '../gitops/running.ts';
import { TestRepository } from '../gitops/repository.ts';
import { Desk } from './desk.ts';

const withKeys = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe.skipIf(!withKeys)('a commit that is not taken, as a person sees it', { timeout: 60_000 }, () => {
  const desk = new Desk();
  const data = ['--data-dir', join(desk.folder, 'data')];
  let repository: TestRepository;

  beforeAll(async () => {
    const key = join(desk.folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    writeFileSync(join(desk.folder, 'signers'), `ada ${readFileSync(`${key}.pub`, 'utf8')}`);
    repository = desk.repository();
    repository.git('config', 'gpg.format', 'ssh');
    repository.git('config', 'user.signingkey', key);
    repository.git('config', 'commit.gpgsign', 'true');
    repository.commit('First', { 'web/page.yaml': configMapFile('page', { a: '1' }) });
    await desk.up('manifests', '--allowed-signers', 'signers');
  });
  afterAll(() => desk.close());

  const unsigned = (message: string, files: Readonly<Record<string, string>>) => {
    repository.git('config', 'commit.gpgsign', 'false');
    const oid = repository.commit(message, files);
    repository.git('config', 'commit.gpgsign', 'true');
    return oid.slice(0, 7);
  };
  const wait = () => desk.slipway('status', '--wait', '--timeout', '20s', ...data);

  test('one that is not signed ends the wait with the reason, and its plan says so', async () => {
    const short = unsigned('Forgot to sign', { 'web/page.yaml': configMapFile('page', { a: '2' }) });
    const why = `commit ${short} of Ada <ada@example.com> is not taken: it is not signed`;
    const { code, text } = await wait();
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining(`✖ ${why}`) });
    const plan = await desk.slipway('plan', ...data);
    expect(plan).toMatchObject({ code: 1, text: expect.stringMatching(new RegExp(`^! ${why}`)) });
    expect(plan.text).toContain('update ConfigMap default/page');
    const [told] = JSON.parse((await desk.slipway('plan', '-o', 'json', ...data)).text) as { notTaken: string }[];
    expect(told?.notTaken).toContain(why);
  });

  test('a signed one is waited for, and the plan of another commit says that it is not the one', async () => {
    repository.commit('Signed', { 'web/page.yaml': configMapFile('page', { a: '3' }) });
    expect(await wait()).toMatchObject({ code: 0 });
    const { code, text } = await desk.slipway('plan', '--rev', 'HEAD~2', ...data);
    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringMatching(/^! \w{7} is not what is followed: HEAD is at \w{7}\./) });
    expect((await desk.slipway('plan', ...data)).text).not.toContain('!');
  });

  test('a plan can be of one application, and of a commit that only a clone has', async () => {
    repository.git('clone', '-q', '.', join(desk.folder, 'clone'));
    const clone = new TestRepository(join(desk.folder, 'clone'));
    clone.commit('Only here', { 'web/page.yaml': configMapFile('page', { a: 'clone' }), 'api/page.yaml': configMapFile('api', {}) });
    const there = ['--repository', clone.path, '--rev', 'HEAD', '-o', 'stat', ...data];
    const { code, text } = await desk.slipway('plan', 'api', ...there);
    expect({ code, text }).toMatchObject({
      code: 1,
      text: expect.stringMatching(/is not signed.*\napi \w{7} "Only here" by Ada: 1 to create/),
    });
    expect(text).not.toMatch(/^web /m);
    clone.write('web/page.yaml', configMapFile('page', { a: 'not committed' }));
    const uncommitted = await desk.slipway('plan', '--worktree', '--repository', clone.path, ...data);
    expect(uncommitted).toMatchObject({ code: 2, text: expect.stringContaining('+  a: not committed') });
    expect(await desk.slipway('plan', 'wbe', ...there)).toMatchObject({ code: 1, text: expect.stringContaining('did you mean web?') });
  });

  test('a manifest with problems ends the wait with file, line and reason', async () => {
    repository.commit('Broken', { 'web/page.yaml': 'kind: ConfigMap\nmetadata: {name: page}\n' });
    const { code, text } = await wait();
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringMatching(/^✖ web: web\/page.yaml:1:1: apiVersion is missing/m) });
  });
});
