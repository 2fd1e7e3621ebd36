import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RenderArchive } from '../../src/gitops/render/archive.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { renderFile } from '../../src/gitops/render/file.ts';
import { configMapFile } from './running.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-archive-'));
  path = join(folder, 'git', 'rendered.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const blob = (n: number) => String(n).padStart(40, '0');
const open = async () => new RenderCache(1_000_000, await RenderArchive.open(path));
const put = (cache: RenderCache, n: number, text = configMapFile(`page-${n}`, {})) => cache.put(blob(n), renderFile(text), text.length);
const lines = () => readFileSync(path, 'utf8').split('\n').length - 2;

describe('rendered files', () => {
  it('are found again after a restart', async () => {
    const first = await open();
    put(first, 1);
    await first.flush();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const second = await open();
    expect(second.has(blob(1))).toBe(true);
    expect(second.get(blob(1))).toEqual(first.get(blob(1)));
    expect(second.get(blob(2))).toBeUndefined();
  });

  it('are added, and those of the past are dropped when they are the most', async () => {
    const first = await open();
    for (let n = 0; n < 5; n++) put(first, n);
    await first.flush();
    put(first, 5);
    await first.flush();
    expect(lines()).toBe(6);

    const second = await open();
    for (const n of [0, 1, 2, 3]) second.get(blob(n));
    await second.flush();
    expect(lines()).toBe(6);

    const third = await open();
    third.get(blob(0));
    await third.flush();
    expect(lines()).toBe(1);
  });

  it.each<[string, string]>([
    ['a Secret', 'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { key: canary }\n'],
    ['a problem, whose words may quote the file', 'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: [canary\n'],
  ])('with %s never reach the disk', async (_name, text) => {
    const cache = await open();
    put(cache, 1, text);
    put(cache, 2);
    await cache.flush();
    expect(cache.has(blob(1))).toBe(true);
    expect(readFileSync(path, 'utf8')).not.toContain('canary');
  });

  it.each<[string, () => void]>([
    ['that were cut off', () => appendFileSync(path, '{"blob":"')],
    ['of another format', () => writeFileSync(path, readFileSync(path, 'utf8').replace(/"format":\d+/, '"format":0'))],
    ['that are something else', () => writeFileSync(path, 'hello\n')],
  ])('%s are made anew', async (_name, damage) => {
    const first = await open();
    put(first, 1);
    await first.flush();
    damage();
    const second = await open();
    expect(second.has(blob(1))).toBe(false);
    put(second, 1);
    await second.flush();
    expect((await open()).has(blob(1))).toBe(true);
  });
});
