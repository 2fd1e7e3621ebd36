import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chmodSync, mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitRollback, decideRollback, openSource } from '../../src/gitops/index.ts';
import { lostSince } from '../../src/gitops/rollback/decide.ts';
import type { Application, Plan, PlanStep } from '../../src/model/index.ts';
import { TestRepository } from './repository.ts';
import { configMapFile } from './running.ts';

let repository: TestRepository;
beforeEach(() => {
  repository = new TestRepository();
  repository.git('config', 'user.name', 'Grace');
  repository.git('config', 'user.email', 'grace@example.com');
});
afterEach(() => repository.remove());

const page = (a: string) => ({ 'web/page.yaml': configMapFile('page', { a }) });
const application = (revision?: string, path = 'web'): Application => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'slipway-system' },
  spec: { path },
  status: revision === undefined ? {} : { revision },
});
const plan = (revision: string, started: string, steps: readonly PlanStep[] = []): Plan => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Plan',
  metadata: { name: `web-${revision.slice(0, 7)}` },
  spec: { application: 'web', revision, digest: 'x', steps },
  status: { phase: 'Applied', startedAt: started, steps: steps.map(() => ({ outcome: 'applied' as const })) },
});

describe('where an application goes back to', () => {
  const decide = async (one: Application, to?: string) =>
    (await decideRollback({ application: one, plans: [], source: await openSource(repository.path), to })).commit;

  it('is before its last change, whatever else was committed since', async () => {
    const first = repository.commit('one', page('1'));
    repository.commit('two', page('2'));
    const last = repository.commit('elsewhere', { 'api/a.yaml': configMapFile('a', {}) });
    expect(await decide(application(last))).toBe(first);
  });

  it('is what is applied, when the last commits are not', async () => {
    repository.commit('one', page('1'));
    const good = repository.commit('two', page('2'));
    repository.commit('broken', { 'web/page.yaml': 'a: [' });
    repository.commit('still broken', { 'web/page.yaml': 'a: [[' });
    expect(await decide(application(good))).toBe(good);
  });

  it('is never a state that was broken', async () => {
    const good = repository.commit('one', page('1'));
    repository.commit('broken', { 'web/page.yaml': 'a: [' });
    const mended = repository.commit('mended', page('2'));
    expect(await decide(application(mended))).toBe(good);
  });

  it('is the commit that a person names', async () => {
    const first = repository.commit('one', page('1'));
    repository.commit('two', page('2'));
    const third = repository.commit('three', page('3'));
    expect(await decide(application(third), 'HEAD~2')).toBe(first);
  });

  it.each([
    ['HEAD', 'web is as it was in'],
    ['HEAD~1', 'web was not there yet in'],
  ])('is refused for %s: %s', async (to, why) => {
    repository.commit('before', { 'api/a.yaml': configMapFile('a', {}) });
    const last = repository.commit('one', page('1'));
    await expect(decide(application(last), to)).rejects.toThrow(why);
  });

  it('is nowhere when it has never been otherwise', async () => {
    const only = repository.commit('one', page('1'));
    await expect(decide(application(only))).rejects.toThrow('web has never been otherwise than it is now');
  });
});

describe('what no commit brings back', () => {
  const step = (op: PlanStep['op'], kind: string, name: string): PlanStep => ({ op, apiVersion: 'v1', kind, namespace: 'default', name });

  it('is told of what was done since', () => {
    const plans = [
      plan('first', '2026-01-01T00:00:00Z', [step('hook', 'Job', 'older')]),
      plan('second', '2026-01-02T00:00:00Z', [step('hook', 'Job', 'migrate'), step('create', 'ConfigMap', 'page')]),
      plan('third', '2026-01-03T00:00:00Z', [step('prune', 'PersistentVolumeClaim', 'data')]),
    ];
    expect(lostSince('first', plans)).toEqual([
      'PersistentVolumeClaim default/data was deleted: it comes back without the data that was in it',
      'Job default/migrate has run: what it did stays done',
    ]);
  });
});

describe('the commit', () => {
  const commit = (rest: Partial<Parameters<typeof commitRollback>[0]> & { to: string }) =>
    commitRollback({ folder: repository.path, application: 'web', path: 'web', others: [], push: true, ...rest });

  it('changes the application alone, by the person who works there, and says what it takes back', async () => {
    const first = repository.commit('one', { ...page('1'), 'web/old.yaml': configMapFile('old', {}) });
    const second = repository.commit('two', {
      ...page('2'),
      'web/old.yaml': undefined,
      'web/new.yaml': configMapFile('new', {}),
      'api/a.yaml': configMapFile('a', {}),
    });
    repository.write('api/a.yaml', 'not committed');
    const { undone, pushed } = await commit({ to: first });
    expect(undone).toEqual([`${second.slice(0, 7)} two`]);
    expect(pushed).toBeUndefined();
    expect(repository.git('show', '--no-renames', '--name-status', '--format=%s%n%b', 'HEAD').split('\n')).toEqual([
      `Roll web back to ${first.slice(0, 7)}`,
      'All else stays. It is again as in',
      `  ${first.slice(0, 7)} one`,
      '',
      'Takes back:',
      `  ${second.slice(0, 7)} two`,
      '',
      '',
      'D\tweb/new.yaml',
      'A\tweb/old.yaml',
      'M\tweb/page.yaml',
    ]);
    expect(repository.git('status', '--porcelain')).toBe('M api/a.yaml');
  });

  it('writes over no file that Git does not know', async () => {
    const first = repository.commit('one', { ...page('1'), 'web/sub/old äö.yaml': 'old' });
    repository.commit('two', { ...page('2'), 'web/sub/old äö.yaml': undefined });
    repository.write('web/notes.yaml', 'mine');
    repository.write('web/sub/old äö.yaml', 'mine');
    await expect(commit({ to: first })).rejects.toThrow('would be written over: web/sub/old äö.yaml: commit or move them first');
    expect(readFileSync(join(repository.path, 'web/sub/old äö.yaml'), 'utf8')).toBe('mine');
  });

  it('leaves out applications below it', async () => {
    const first = repository.commit('one', { 'apps/a.yaml': '1', 'apps/shop/b.yaml': '1' });
    repository.commit('two', { 'apps/a.yaml': '2', 'apps/shop/b.yaml': '2' });
    await commit({ to: first, path: 'apps', others: ['apps/shop'] });
    expect(repository.git('show', '--name-only', '--format=', 'HEAD')).toBe('apps/a.yaml');
  });

  it('of the files at the top leaves out the folders', async () => {
    const first = repository.commit('one', { 'a.yaml': '1', 'web/b.yaml': '1' });
    repository.commit('two', { 'a.yaml': '2', 'web/b.yaml': '2' });
    await commit({ to: first, path: '.' });
    expect(repository.git('show', '--name-only', '--format=', 'HEAD')).toBe('a.yaml');
  });

  it('is pushed where there is a remote', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'slipway-bare-'));
    try {
      const first = repository.commit('one', page('1'));
      repository.git('init', '-q', '--bare', bare);
      repository.git('remote', 'add', 'origin', bare);
      repository.commit('two', page('2'));
      expect(await commit({ to: first })).toMatchObject({ pushed: 'origin main' });
      expect(repository.git('--git-dir', bare, 'rev-parse', 'main')).toBe(repository.git('rev-parse', 'HEAD'));
    } finally {
      rmSync(bare, { recursive: true });
    }
  });

  it.each([
    ['changes that are not committed', () => repository.write('web/page.yaml', 'changed'), {}, 'web has changes in'],
    [
      'another branch',
      () => repository.git('switch', '-q', '-c', 'feature'),
      { ref: 'main~1' },
      'the daemon follows main~1, and something else is checked out',
    ],
    ['no work tree', () => {}, { folder: '/' }, '/ is no work tree: name a clone'],
  ])('is refused for %s', async (_name, prepare, rest, why) => {
    const first = repository.commit('one', page('1'));
    repository.commit('two', page('2'));
    prepare();
    const before = repository.git('rev-parse', 'HEAD');
    await expect(commit({ to: first, ...rest })).rejects.toThrow(why);
    expect(repository.git('rev-parse', 'HEAD')).toBe(before);
  });

  it('that a hook refuses leaves everything as it was', async () => {
    const first = repository.commit('one', page('1'));
    repository.commit('two', page('2'));
    repository.write('.git/hooks/pre-commit', '#!/bin/sh\necho not today >&2; exit 1\n');
    repository.git('config', 'core.hooksPath', join(repository.path, '.git/hooks'));
    chmodSync(join(repository.path, '.git/hooks/pre-commit'), 0o755);
    await expect(commit({ to: first })).rejects.toThrow('git commit: not today');
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});
