import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { openSource, type Source, type SourceOptions } from '../../src/gitops/index.ts';
import { GitServer } from '../tools/git-server.ts';
import { TestRepository } from './repository.ts';

let folder: string;
let repository: TestRepository;
let server: GitServer;
let url: string;
let clock: ManualClock;
const watches: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-remote-'));
  mkdirSync(join(folder, 'work'));
  repository = new TestRepository(join(folder, 'work'));
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(folder, 'manifests.git')]);
  repository.git('remote', 'add', 'origin', join(folder, 'manifests.git'));
  server = new GitServer(folder);
  url = `${await server.start()}/manifests.git`;
  clock = new ManualClock();
});
afterEach(async () => {
  await Promise.all(watches.splice(0).map((watch) => watch.close()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: SourceOptions = {}, remote: object = {}): Promise<Source> =>
  openSource(url, { ...options, remote: { directory: join(folder, 'data'), clock, pollMs: 60_000, ...remote } });

function push(message: string, files: Record<string, string>): string {
  const oid = repository.commit(message, files);
  repository.git('push', '-q', '--force', '--tags', 'origin', 'HEAD');
  return oid;
}

const textAt = async (source: Source, rev?: string) => {
  const { directories } = await source.snapshot(rev);
  return (await directories[0]!.files[0]!.read()) as { text: string };
};

/** Follows a source; gives a promise of each next thing that it tells. */
function follow(source: Source) {
  const told: string[] = [];
  let wake = () => {};
  const take = (text: string) => {
    told.push(text);
    wake();
  };
  watches.push(source.changes(take, (error) => take((error as Error).message)));
  return async (): Promise<string> => {
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift()!;
  };
}

describe('a remote repository', () => {
  it('is fetched without a work tree, and read like a local one', async () => {
    const oid = push('one', { 'web/a.yaml': 'a', 'top.yaml': 't' });
    const { commit, directories } = await (await open()).snapshot();
    expect(commit).toMatchObject({ oid, subject: 'one', author: { name: 'Ada' } });
    expect(directories.map(({ path }) => path)).toEqual(['web', '.']);
  });

  it('may hold the manifests in a folder', async () => {
    push('one', { 'src/main.json': '{}', 'cluster/web/a.yaml': 'a' });
    expect((await (await open({ path: 'cluster' })).snapshot()).directories.map(({ path }) => path)).toEqual(['web']);
  });

  it.each([
    ['a branch', 'side', 'side'],
    ['a tag', 'v1', 'one'],
    ['an annotated tag', 'v2', 'one'],
  ])('can be followed at %s', async (_name, ref, expected) => {
    push('one', { 'web/a.yaml': 'one' });
    repository.git('tag', 'v1');
    repository.git('tag', '-a', '-m', 'annotated', 'v2');
    push('two', { 'web/a.yaml': 'two' });
    repository.git('checkout', '-q', '-b', 'side');
    push('aside', { 'web/a.yaml': 'side' });
    expect(await textAt(await open({ ref }))).toEqual({ text: expected });
  });

  it('can be pinned to a commit', async () => {
    const oid = push('one', { 'web/a.yaml': 'one' });
    push('two', { 'web/a.yaml': 'two' });
    expect(await textAt(await open({ ref: oid }))).toEqual({ text: 'one' });
  });

  it('tells of a push at the next poll, and of a force-push too', async () => {
    const one = push('one', { 'web/a.yaml': '1' });
    const next = follow(await open());
    expect(await next()).toBe(one);
    const two = push('two', { 'web/a.yaml': '2' });
    await clock.advance(60_000);
    expect(await next()).toBe(two);
    repository.git('reset', '-q', '--hard', one);
    const other = push('another two', { 'web/a.yaml': '3' });
    await clock.advance(60_000);
    expect(await next()).toBe(other);
  });

  it('is asked at once when somebody says that there is something new', async () => {
    push('one', { 'web/a.yaml': '1' });
    const source = await open({}, { pollMs: 0 });
    const next = follow(source);
    await next();
    const two = push('two', { 'web/a.yaml': '2' });
    source.look();
    expect(await next()).toBe(two);
  });

  it('costs one short question a poll while nothing is new', async () => {
    const one = push('one', { 'web/a.yaml': '1' });
    const next = follow(await open());
    expect(await next()).toBe(one);
    server.asked.length = 0;
    await clock.advance(60_000);
    await expect
      .poll(() => server.asked)
      .toEqual(['GET /manifests.git/info/refs?service=git-upload-pack', 'POST /manifests.git/git-upload-pack']);
  });

  it('whose branch was deleted says so, and what was fetched last stays', async () => {
    push('one', { 'web/a.yaml': '1' });
    repository.git('checkout', '-q', '-b', 'side');
    const side = push('aside', { 'web/a.yaml': 'side' });
    const source = await open({ ref: 'side' });
    const next = follow(source);
    expect(await next()).toBe(side);
    repository.git('push', '-q', 'origin', '--delete', 'side');
    await clock.advance(60_000);
    expect(await next()).toBe(`${url} has no branch or tag side (any more); what was fetched last stays. It has the branches main`);
    expect(await textAt(source)).toEqual({ text: 'side' });
  });

  it('that is away is asked again, and what was fetched before is read meanwhile', async () => {
    push('one', { 'web/a.yaml': '1' });
    await (await open()).snapshot();
    await server.stop();
    const again = await open();
    expect(await textAt(again)).toEqual({ text: '1' });
    await expect((await openSource(`${url}x`, { remote: { directory: folder, clock } })).snapshot()).rejects.toThrow('cannot be fetched');
    await server.start();
  });

  it('tells of the same tip again when it can be asked again', async () => {
    const one = push('one', { 'web/a.yaml': '1' });
    const next = follow(await open());
    expect(await next()).toBe(one);
    server.demand('ada:secret');
    await clock.advance(60_000);
    expect(await next()).toContain('asks for credentials');
    server.demand(undefined);
    await clock.advance(60_000);
    expect(await next()).toBe(one);
  });

  it('pinned to a commit wants all of its digits', async () => {
    const oid = push('one', { 'web/a.yaml': '1' });
    const message = `has no branch or tag ${oid.slice(0, 7)}: name a commit with all of its 40 digits`;
    await expect((await open({ ref: oid.slice(0, 7) })).snapshot()).rejects.toThrow(message);
  });

  it('without a commit waits for the first one', async () => {
    const source = await open();
    expect(await source.tip()).toBeUndefined();
    const next = follow(source);
    const one = push('one', { 'web/a.yaml': '1' });
    source.look();
    expect(await next()).toBe(one);
  });
});

describe('credentials', () => {
  const withFile = (text: string) => {
    writeFileSync(join(folder, 'token'), text);
    return open({}, { credentials: join(folder, 'token') });
  };

  it.each([
    ['a token', 'canary-token\n', 'x-access-token:canary-token'],
    ['a user and a password', 'ada:canary-token', 'ada:canary-token'],
  ])('may be %s', async (_name, text, login) => {
    push('one', { 'web/a.yaml': '1' });
    server.demand(login);
    expect(await textAt(await withFile(text))).toEqual({ text: '1' });
  });

  it('that are refused or missing are named without being shown', async () => {
    push('one', { 'web/a.yaml': '1' });
    server.demand('ada:right');
    await expect((await open()).snapshot()).rejects.toThrow(`${url} asks for credentials: name a file`);
    await expect((await withFile('ada:canary')).snapshot()).rejects.toThrow(`${url} refuses the credentials of --git-credentials`);
    await expect((await withFile('')).snapshot()).rejects.toThrow('must hold one line');
  });

  it('in the address are refused without being shown', async () => {
    const place = url.replace('//', '//ada:canary@');
    await expect(openSource(place, { remote: { directory: folder, clock } })).rejects.toThrow(/^(?!.*canary).*put them into a file/);
  });

  it.each(['ssh://git@host/x.git', 'git@host:x.git', 'file:///x'])('%s cannot be fetched, and says what can', async (place) => {
    await expect(openSource(place, { remote: { directory: folder, clock } })).rejects.toThrow('only http:// and https://');
  });
});
