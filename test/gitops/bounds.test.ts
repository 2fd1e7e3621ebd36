import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSource } from '../../src/gitops/index.ts';
import { renderFile } from '../../src/gitops/render/file.ts';
import { byPlace } from '../../src/gitops/problem.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { renderText } from '../../src/gitops/render/large.ts';
import { render } from '../../src/gitops/render/render.ts';
import { readManyBlobs } from '../../src/gitops/source/bulk.ts';
import type { Directory } from '../../src/gitops/source/snapshot.ts';
import { configMapFile } from './running.ts';
import { TestRepository } from './repository.ts';

const HEAD = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: bomb }\n';

describe('a file that would fill the memory or the stack', () => {
  const laughs = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i++) laughs.push(`k${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);

  it.each<[string, string, RegExp]>([
    ['a billion laughs', laughs.join('\n'), /alias/i],
    ['a large list, repeated', `a: &a [${'x,'.repeat(20_000)}]\nb: [${'*a,'.repeat(900)}]`, /too large once its aliases are written out/],
    ['brackets in brackets', `data: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, /nested more than 100 levels deep/],
    ['lists in lists', `data: ${'- '.repeat(5000)}a`, /nested more than 100 levels deep|sequence/i],
    ['maps in maps', `data: ${'{a: '.repeat(300)}1${'}'.repeat(300)}`, /nested more than 100 levels deep/],
    ['JSON in JSON', `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`, /nested more than 100 levels deep/],
  ])('%s: is a problem', (_name, text, expected) => {
    const { objects, problems } = renderFile(text.startsWith('{') ? text : `${HEAD}${text}\n`);
    expect(objects).toEqual([]);
    expect(problems.map(({ message }) => message).join('\n')).toMatch(expected);
  });

  it('a map of very many keys is read, and a repeated one is found', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `  key-${i}: value`).join('\n');
    expect(renderFile(`${HEAD}data:\n${keys}\n`).objects).toHaveLength(1);
    expect(renderFile(`${HEAD}data:\n${keys}\n  key-7: again\n`).problems).toEqual([
      { line: 20_005, column: 3, code: 'NotYaml', message: 'Map keys must be unique' },
    ]);
  });
});

it('a large file is read beside the main loop, with the same result', async () => {
  const text = Array.from({ length: 800 }, (_, i) => configMapFile(`page-${i}`, { a: 'some text' })).join('---\n');
  expect(text.length).toBeGreaterThan(48 * 1024);
  expect(await renderText(text)).toEqual(renderFile(text));
});

it('many new files are read at once, with the same results and problems, each under its own name', async () => {
  const repository = new TestRepository();
  const files = Object.fromEntries(
    Array.from({ length: 700 }, (_, i) => [
      `web/${i}.yaml`,
      i % 100 === 7 ? `kind: [${i}` : configMapFile(`page-${i}`, { text: 'x'.repeat((i * 37) % 3000) }),
    ]),
  );
  repository.commit('many', { ...files, 'web/none.yaml': '' });
  const { directories } = await (await openSource(repository.path)).snapshot();
  const cache = new RenderCache();
  const { objects, problems } = await render(directories[0]!, cache);
  const expected = Object.entries(files).map(([file, text]) => ({ file, ...renderFile(text) }));
  expect(new Map(objects.map(({ object, origin }) => [origin.file, object]))).toEqual(
    new Map(expected.flatMap(({ file, objects: [found] }) => (found ? [[file, found.object]] : []))),
  );
  expect(problems.toSorted(byPlace)).toEqual(
    expected.flatMap(({ file, problems: found }) => found.map((problem) => ({ file, ...problem }))).toSorted(byPlace),
  );
  expect(directories[0]!.files.every(({ blob }) => cache.has(blob))).toBe(true);
  repository.remove();
});

describe('many blobs at once', () => {
  let repository: TestRepository;
  beforeEach(() => (repository = new TestRepository()));
  afterEach(() => repository.remove());

  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`web/${i}.yaml`, `file ${i}\nwith lines\n\n${'x'.repeat(i * 97)}`]),
  );

  const all = async (found: ReturnType<typeof readManyBlobs>) => new Map((await Array.fromAsync(found)).flat());

  it.each([
    ['loose', () => {}],
    ['packed', () => repository.git('gc', '-q')],
  ])('are the same as one by one, %s', async (_name, prepare) => {
    repository.commit('many', { ...files, 'web/none.yaml': '' });
    prepare();
    const [directory] = (await (await openSource(repository.path)).snapshot()).directories;
    const many = await all(directory!.readMany!(directory!.files.map(({ blob }) => blob)));
    expect(many.size).toBe(61);
    for (const { blob, read } of directory!.files) expect(many.get(blob)).toEqual(await read());
  });

  it('leave out what is not there, refuse what is no text, and never keep what is too large', async () => {
    repository.write('web/large.yaml', Buffer.alloc(11 * 1024 * 1024, 0x61));
    repository.write('web/binary.yaml', randomBytes(1000));
    repository.commit('many', files);
    const [directory] = (await (await openSource(repository.path)).snapshot()).directories;
    const blobOf = (name: string) => directory!.files.find(({ path }) => path === `web/${name}.yaml`)!.blob;
    const missing = 'f'.repeat(40);
    const many = await all(readManyBlobs(`${repository.path}/.git`, [missing, ...directory!.files.map(({ blob }) => blob)]));
    expect(many.has(missing)).toBe(false);
    expect(many.get(blobOf('large'))).toMatchObject({ problem: { code: 'LargeFile' } });
    expect(many.get(blobOf('binary'))).toMatchObject({ problem: { code: 'NotText' } });
    expect(many.get(blobOf('59'))).toEqual({ text: files['web/59.yaml'] });
  });

  it('are rendered also where git lacks some of them, each read once', async () => {
    repository.commit('many', Object.fromEntries(Object.keys(files).map((file, i) => [file, configMapFile(`c-${i}`, {})])));
    const [directory] = (await (await openSource(repository.path)).snapshot()).directories;
    const lost = new Set([0, 30, 59].map((n) => directory!.files[n]!.blob));
    const byItself: string[] = [];
    const lame: Directory = {
      ...directory!,
      files: directory!.files.map((file) => ({ ...file, read: () => (byItself.push(file.blob), file.read()) })),
      readMany: (blobs) =>
        readManyBlobs(
          `${repository.path}/.git`,
          blobs.map((blob) => (lost.has(blob) ? 'f'.repeat(40) : blob)),
        ),
    };
    expect((await render(lame, new RenderCache())).objects).toHaveLength(60);
    expect(new Set(byItself)).toEqual(lost);
  });

  it('that nobody wants to the end are left to no process', async () => {
    repository.commit('many', files);
    const [directory] = (await (await openSource(repository.path)).snapshot()).directories;
    const found = directory!.readMany!(directory!.files.map(({ blob }) => blob));
    await found.next();
    await found.return(undefined);
    expect(await found.next()).toMatchObject({ done: true });
  });

  it('without git give nothing, so that each is read by itself', async () => {
    repository.commit('many', files);
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      const blobs = Array.from({ length: 40 }, () => 'f'.repeat(40));
      expect((await all(readManyBlobs(`${repository.path}/.git`, blobs))).size).toBe(0);
    } finally {
      process.env['PATH'] = path;
    }
  });
});
