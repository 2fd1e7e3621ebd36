import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Place } from '../../src/kubelet/volumes/lay.ts';
import { mountsOf } from '../../src/kubelet/volumes/mounts.ts';
import type { VolumeMount } from '../../src/model/index.ts';
import { container } from './samples.ts';

let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'slipway-mounts-'));
  writeFileSync(join(path, 'colour'), 'blue\n');
});
afterEach(() => rmSync(path, { recursive: true }));

const KINDS: Readonly<Record<string, Omit<Place, 'path'>>> = {
  empty: { readOnly: false },
  content: { readOnly: true, isContent: true },
  fixed: { readOnly: true },
};
const mounted = async (kind: string, mount: Partial<VolumeMount>) => {
  const places = new Map([['v', { path, ...KINDS[kind]! }]]);
  const env = { POD: 'web-1', EMPTY: '' };
  const found = await mountsOf(container('web', { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] }), places, env);
  return found.ok ? found.mounts.map(({ source, readOnly }) => [source.slice(path.length), readOnly]) : found.message;
};

test.each<[string, string, Partial<VolumeMount>, unknown]>([
  ['a file of it', 'content', { subPath: 'colour' }, [['/colour', true]]],
  ['what a variable names', 'empty', { subPathExpr: '$(POD)' }, [['/web-1', false]]],
  ['what variables without a value name', 'empty', { subPathExpr: '$(NONE)/$(EMPTY)/$(NONE)' }, 'missing value for EMPTY, NONE'],
  ['what leads out of it', 'empty', { subPath: '../x' }, 'failed to prepare subPath for volumeMount "v" of container "web"'],
  ['what is not there', 'fixed', { subPath: 'x' }, 'failed to create subPath directory for volumeMount "v" of container "web"'],
])('a part of a volume: %s', async (_, kind, mount, expected) => {
  expect(await mounted(kind, mount)).toEqual(expected);
});

test('a part that a ConfigMap does not have is an empty directory', async () => {
  expect(await mounted('content', { subPath: 'moon' })).toEqual([['/moon', true]]);
  expect(statSync(join(path, 'moon')).isDirectory()).toBe(true);
});
