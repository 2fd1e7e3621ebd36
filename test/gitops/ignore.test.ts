import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource } from '../../src/gitops/index.ts';
import { isIgnored, parseIgnoreFile } from '../../src/gitops/source/ignore.ts';
import { TestRepository } from './repository.ts';

const PATHS = [
  'a.yaml',
  'b.yaml',
  'b[1].yaml',
  'docs/a.yaml',
  'docs/deep/a.yaml',
  'web/docs/a.yaml',
  'web/values.yaml',
  'web/chart/values.yaml',
  'web/chart/templates/a.yaml',
  '#odd.yaml',
  'x.json',
];

const PATTERNS = [
  '', '# comment', '*.yaml', '/a.yaml', 'a.yaml', 'docs', 'docs/', '/docs/', 'docs/*', 'docs/**', '**/docs', '**/values.yaml', 'web/**/a.yaml',
  'web/*/values.yaml', '?.yaml', '[ab].yaml', '[!a].yaml', '[a-b].yaml', '\\#odd.yaml', '*\n!a.yaml', 'docs/\n!docs/a.yaml', '*.yaml\n!/web/\n!web/values.yaml',
  'b\\[1\\].yaml', 'web/chart', 'chart/', 'a.yaml   ',
]; // prettier-ignore

describe('what is ignored', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-ignore-'));
    execFileSync('git', ['init', '-q', folder]);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(PATTERNS)('%j is what git ignores', (text) => {
    writeFileSync(join(folder, '.gitignore'), text);
    const asked = ['-C', folder, '-c', 'core.excludesFile=/dev/null', 'check-ignore', '--no-index', '-z', '--stdin'];
    let byGit: readonly string[] = [];
    try {
      byGit = execFileSync('git', asked, { input: PATHS.join('\0'), encoding: 'utf8' })
        .split('\0')
        .filter(Boolean);
    } catch (error) {
      // It ends with 1 when nothing is.
      if ((error as { status?: number }).status !== 1) throw error;
    }
    const file = parseIgnoreFile('', text);
    expect(PATHS.filter((path) => isIgnored(path, [file]))).toEqual(byGit);
  });
});

describe('a .slipwayignore', () => {
  let repository: TestRepository;
  beforeEach(() => (repository = new TestRepository()));
  afterEach(() => repository.remove());

  const listing = async () => {
    const { directories } = await (await openSource(repository.path)).snapshot();
    return directories.flatMap(({ files, problems }) => [...files.map(({ path }) => path), ...problems.map(({ file }) => file)]);
  };

  it('at the top leaves out files of all applications, and problems with them', async () => {
    repository.write('web/values.yaml', 'x');
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},web/lib`);
    repository.git(
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${repository.git('hash-object', '-w', 'web/values.yaml')},web/link.yaml`,
    );
    repository.git('commit', '-q', '-m', 'odd');
    repository.write('web/a.yaml', 'a');
    repository.write('top.yaml', 't');
    repository.write('.slipwayignore', 'values.yaml\n/web/lib\nlink.yaml\n/top.yaml\n');
    repository.git('add', '.slipwayignore', 'web/a.yaml', 'web/values.yaml', 'top.yaml');
    repository.git('commit', '-q', '-m', 'ignored');
    expect(await listing()).toEqual(['web/a.yaml']);
  });

  it('in a folder is about that folder', async () => {
    repository.commit('one', { 'web/a.yaml': 'a', 'web/test/b.yaml': 'b', 'api/test/b.yaml': 'b', 'web/.slipwayignore': 'test/' });
    expect(await listing()).toEqual(['api/test/b.yaml', 'web/a.yaml']);
  });

  it('that changes is a change of what it is about', async () => {
    repository.commit('one', { 'web/a.yaml': 'a', 'web/b.yaml': 'b' });
    const before = (await (await openSource(repository.path)).snapshot()).directories[0]!.tree;
    repository.commit('two', { '.slipwayignore': 'b.yaml' });
    expect((await (await openSource(repository.path)).snapshot()).directories[0]!.tree).not.toBe(before);
  });
});
