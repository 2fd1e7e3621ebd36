import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/base/index.ts';
import { formatProblem, openSource, type Snapshot } from '../../src/gitops/index.ts';
import { TestRepository } from './repository.ts';

let repository: TestRepository;
beforeEach(() => (repository = new TestRepository()));
afterEach(() => repository.remove());

async function contents(snapshot: Snapshot): Promise<Record<string, unknown>> {
  const files = snapshot.directories.flatMap(({ files }) => files);
  return Object.fromEntries(await Promise.all(files.map(async ({ path, read }) => [path, await read()] as const)));
}

const problemsOf = (snapshot: Snapshot) => snapshot.directories.flatMap(({ problems }) => problems.map(formatProblem));

describe('a snapshot', () => {
  it('has the commit and its manifests, by directory', async () => {
    const oid = repository.commit('first\n\nwith a body', {
      'web/a.yaml': 'a: 1\n',
      'web/deep/b.json': '{}',
      'top.yml': 'c: 1\n',
      'web/notes.md': 'no',
    });
    const snapshot = await (await openSource(repository.path)).snapshot();
    expect(snapshot.commit).toMatchObject({
      oid,
      short: oid.slice(0, 7),
      subject: 'first',
      author: { name: 'Ada', email: 'ada@example.com' },
    });
    expect(snapshot.directories.map(({ path }) => path)).toEqual(['web', '.']);
    expect(await contents(snapshot)).toEqual({
      'web/a.yaml': { text: 'a: 1\n' },
      'web/deep/b.json': { text: '{}' },
      'top.yml': { text: 'c: 1\n' },
    });
  });

  it('is what was committed, not the work tree or the index', async () => {
    repository.commit('first', { 'web/a.yaml': 'committed' });
    repository.write('web/a.yaml', 'edited');
    repository.write('web/b.yaml', 'staged');
    repository.git('add', 'web/b.yaml');
    expect(await contents(await (await openSource(repository.path)).snapshot())).toEqual({ 'web/a.yaml': { text: 'committed' } });
  });

  it('leaves out what begins with a dot', async () => {
    repository.commit('first', { '.github/workflows/ci.yaml': 'x', 'web/.hidden.yaml': 'x', 'web/a.yaml': 'a' });
    expect(Object.keys(await contents(await (await openSource(repository.path)).snapshot()))).toEqual(['web/a.yaml']);
  });

  it('gives equal trees for directories that did not change', async () => {
    repository.commit('first', { 'web/a.yaml': 'a', 'api/a.yaml': 'a' });
    const source = await openSource(repository.path);
    const before = await source.snapshot();
    repository.commit('second', { 'web/a.yaml': 'b' });
    const after = await source.snapshot();
    const treeOf = (snapshot: Snapshot, path: string) => snapshot.directories.find((directory) => directory.path === path)!.tree;
    expect(treeOf(after, 'api')).toBe(treeOf(before, 'api'));
    expect(treeOf(after, 'web')).not.toBe(treeOf(before, 'web'));
  });

  it.each([
    [
      'a symbolic link with the name of a manifest',
      () => symlinkSync('a.yaml', join(repository.path, 'web/b.yaml')),
      'web/b.yaml:1:1: is a symbolic link to a.yaml',
    ],
    [
      'a symbolic link to a directory',
      () => symlinkSync('../other', join(repository.path, 'web/more')),
      'web/more:1:1: is a symbolic link to ../other',
    ],
    [
      'a symbolic link out of the tree',
      () => symlinkSync('/etc', join(repository.path, 'web/etc')),
      'web/etc:1:1: is a symbolic link to /etc',
    ],
  ])('names %s', async (_name, make, expected) => {
    repository.write('web/a.yaml', 'a');
    make();
    repository.commit('first');
    expect(problemsOf(await (await openSource(repository.path)).snapshot())).toEqual([expect.stringContaining(expected)]);
  });

  it('does not mind a link to a file beside it that is no manifest', async () => {
    repository.commit('first', { 'web/a.yaml': 'a', 'web/LICENSE': 'free' });
    symlinkSync('LICENSE', join(repository.path, 'web/COPYING'));
    repository.commit('second');
    expect(problemsOf(await (await openSource(repository.path)).snapshot())).toEqual([]);
  });

  it('names a submodule', async () => {
    const oid = repository.commit('first', { 'web/a.yaml': 'a' });
    repository.git('update-index', '--add', '--cacheinfo', `160000,${oid},web/lib`);
    repository.git('commit', '-q', '-m', 'with a submodule');
    expect(problemsOf(await (await openSource(repository.path)).snapshot())).toEqual([
      expect.stringContaining('web/lib:1:1: is a submodule'),
    ]);
  });

  it.each([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n', 'LfsPointer'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00]), 'NotText'],
    ['a file that is too large', 'a'.repeat(10 * 1024 * 1024 + 1), 'LargeFile'],
  ])('does not take %s', async (_name, content, code) => {
    repository.write('web/a.yaml', content);
    repository.commit('first');
    expect(await contents(await (await openSource(repository.path)).snapshot())).toMatchObject({ 'web/a.yaml': { problem: { code } } });
  });
});

describe('a revision', () => {
  it.each([
    ['a branch', 'other', 'one'],
    ['a tag', 'v1', 'one'],
    ['an annotated tag', 'v2', 'one'],
    ['HEAD', 'HEAD', 'three'],
    ['an ancestor', 'HEAD~2', 'one'],
    ['a parent of a branch', 'main^', 'two'],
  ])('can be %s', async (_name, rev, subject) => {
    repository.commit('one', { 'a.yaml': '1' });
    repository.git('branch', 'other');
    repository.git('tag', 'v1');
    repository.git('tag', '-a', '-m', 'annotated', 'v2');
    repository.commit('two', { 'a.yaml': '2' });
    repository.commit('three', { 'a.yaml': '3' });
    expect((await (await openSource(repository.path)).snapshot(rev)).commit.subject).toBe(subject);
  });

  it('can be the beginning of an id', async () => {
    const oid = repository.commit('one', { 'a.yaml': '1' });
    expect((await (await openSource(repository.path)).snapshot(oid.slice(0, 8))).commit.oid).toBe(oid);
  });

  it.each([
    ['is not there', 'nothing-of-that-name', /nothing-of-that-name is no branch, tag or commit/],
    ['goes too far back', 'HEAD~5', /goes further back than the history/],
  ])('that %s is refused', async (_name, rev, message) => {
    repository.commit('one', { 'a.yaml': '1' });
    await expect((await openSource(repository.path)).snapshot(rev)).rejects.toThrow(message);
  });
});

describe('a repository', () => {
  const subjectOf = async (path: string) => (await (await openSource(path)).snapshot()).commit.subject;

  it('can be packed', async () => {
    repository.commit('one', { 'web/a.yaml': 'a' });
    repository.commit('two', { 'web/a.yaml': 'b' });
    repository.git('gc', '-q');
    const snapshot = await (await openSource(repository.path)).snapshot();
    expect(snapshot.commit.subject).toBe('two');
    expect(await contents(snapshot)).toEqual({ 'web/a.yaml': { text: 'b' } });
  });

  it('can be packed while it is open', async () => {
    repository.commit('one', { 'web/a.yaml': 'a' });
    const source = await openSource(repository.path);
    await source.snapshot();
    repository.commit('two', { 'web/a.yaml': 'b' });
    repository.git('gc', '-q', '--prune=now');
    expect(await contents(await source.snapshot())).toEqual({ 'web/a.yaml': { text: 'b' } });
  });

  it('can be at a detached HEAD', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    repository.commit('two', { 'a.yaml': '2' });
    repository.git('checkout', '-q', '--detach', 'HEAD~1');
    expect(await subjectOf(repository.path)).toBe('one');
  });

  it('can be bare', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    repository.git('clone', '-q', '--bare', '.', 'bare.git');
    expect(await subjectOf(join(repository.path, 'bare.git'))).toBe('one');
  });

  it('can be a linked worktree, which has its own HEAD', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    repository.git('worktree', 'add', '-q', '-b', 'side', 'linked');
    repository.commit('two', { 'a.yaml': '2' });
    expect(await subjectOf(join(repository.path, 'linked'))).toBe('one');
  });

  it('can be a folder inside one: its manifests are the tree there', async () => {
    repository.commit('one', { 'src/main.json': '{}', 'cluster/web/a.yaml': 'a', 'cluster/top.yaml': 't' });
    const snapshot = await (await openSource(join(repository.path, 'cluster'))).snapshot();
    expect(Object.keys(await contents(snapshot)).toSorted()).toEqual(['top.yaml', 'web/a.yaml']);
  });

  it('without a commit says so', async () => {
    const source = await openSource(repository.path);
    expect(await source.tip()).toBeUndefined();
    await expect(source.snapshot()).rejects.toThrow('branch main has no commit yet');
  });

  it('whose commit lacks the folder never looks empty', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    mkdirSync(join(repository.path, 'cluster'));
    await expect((await openSource(join(repository.path, 'cluster'))).snapshot()).rejects.toThrow(/is not in commit/);
  });

  it.each([
    ['does not exist', () => join(repository.path, 'nowhere'), /does not exist/],
    ['is none', () => '/usr', /is not in a Git repository/],
  ])('that %s is refused', async (_name, path, message) => {
    await expect(openSource(path())).rejects.toThrow(UserError);
    await expect(openSource(path())).rejects.toThrow(message);
  });

  it('that borrows objects is refused with the way out', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    repository.git('clone', '-q', '--shared', '.', 'shared');
    await expect(openSource(join(repository.path, 'shared'))).rejects.toThrow(/git repack -a -d/);
  });

  it('with SHA-256 objects is refused', async () => {
    repository.git('init', '-q', '--object-format=sha256', 'modern');
    await expect(openSource(join(repository.path, 'modern'))).rejects.toThrow(/SHA-256/);
  });
});

describe('changes', () => {
  /** Resolves with the tips that were told, once there are `count` of them. */
  async function told(count: number, act: () => void): Promise<readonly string[]> {
    const source = await openSource(repository.path);
    const tips: string[] = [];
    let enough: () => void = () => {};
    const done = new Promise<void>((resolve) => (enough = resolve));
    const changes = source.changes((tip) => {
      tips.push(tip);
      if (tips.length >= count) enough();
    });
    await changes.ready;
    act();
    await done;
    await changes.close();
    return tips;
  }

  const head = () => repository.git('rev-parse', 'HEAD');

  it('begin with the present tip', async () => {
    const oid = repository.commit('one', { 'a.yaml': '1' });
    expect(await told(1, () => {})).toEqual([oid]);
  });

  it.each([
    ['a commit', () => repository.commit('two', { 'a.yaml': '2' })],
    ['a commit to packed refs', () => (repository.git('pack-refs', '--all'), repository.commit('two', { 'a.yaml': '2' }))],
    ['another branch', () => repository.git('checkout', '-q', 'side')],
    ['a reset', () => repository.git('reset', '-q', '--hard', 'HEAD~1')],
    ['a moved ref', () => repository.git('update-ref', 'refs/heads/main', 'HEAD~1')],
  ])('tell of %s', async (_name, act) => {
    repository.commit('zero', { 'a.yaml': '0' });
    repository.git('checkout', '-q', '-b', 'side');
    repository.commit('aside', { 'a.yaml': 's' });
    repository.git('checkout', '-q', 'main');
    repository.commit('one', { 'a.yaml': '1' });
    expect((await told(2, act)).at(-1)).toBe(head());
  });

  it('tell of the first commit', async () => {
    expect(await told(1, () => repository.commit('one', { 'a.yaml': '1' }))).toEqual([head()]);
  });

  it('say nothing of the work tree', async () => {
    repository.commit('one', { 'a.yaml': '1' });
    const tips = await told(2, () => {
      repository.write('a.yaml', 'edited');
      repository.git('add', '-A');
      repository.commit('two', { 'a.yaml': '2' });
    });
    expect(tips).toHaveLength(2);
  });
});

describe('the past of a directory', () => {
  it('follows first parents, newest first, and ends where the history does', async () => {
    repository.commit('one', { 'api/a.yaml': '1' });
    repository.commit('two', { 'web/a.yaml': '1' });
    repository.commit('three', { 'web/a.yaml': '2' });
    repository.git('revert', '--no-edit', 'HEAD');
    const source = await openSource(repository.path);
    const trees: (string | undefined)[] = [];
    for await (const { tree } of source.past(repository.git('rev-parse', 'HEAD'), 'web', 10)) trees.push(tree);
    expect(trees).toHaveLength(4);
    expect(trees[0]).toBe(trees[2]);
    expect(trees[0]).not.toBe(trees[1]);
    expect(trees[3]).toBeUndefined();
  });
});
