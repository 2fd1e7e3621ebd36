import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Place } from '../../src/kubelet/volumes/lay.ts';
import { mountsOf } from '../../src/kubelet/volumes/mounts.ts';
import type { VolumeMount } from '../../src/model/index.ts';
import { container } from './samples.ts';

let path: string;

beforeEach(() => {
  path = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-mounts-')));
  writeFileSync(join(path, 'colour'), 'blue\n');
  mkdirSync(join(path, 'inner'));
  symlinkSync('inner', join(path, 'within'));
  symlinkSync('/etc', join(path, 'outside'));
  symlinkSync('/nowhere', join(path, 'nowhere'));
});
afterEach(() => rmSync(path, { recursive: true }));

const KINDS: Readonly<Record<string, Omit<Place, 'path'>>> = {
  empty: { readOnly: false },
  content: { readOnly: true, isContent: true },
  fixed: { readOnly: true },
};
const mounting = (kind: string, mount: Partial<VolumeMount>) => {
  const places = new Map([['v', { path, ...KINDS[kind]! }]]);
  const env = { POD: 'web-1', EMPTY: '' };
  const asking = container('web', { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] });
  return mountsOf(asking, places, env, { recursiveReadOnly: kind === 'empty' });
};
const mounted = async (kind: string, mount: Partial<VolumeMount>) => {
  const found = await mounting(kind, mount);
  return found.ok ? found.mounts.map(({ source, readOnly }) => [source.slice(path.length), readOnly]) : found.message;
};

const UNPREPARED = 'failed to prepare subPath for volumeMount "v" of container "web"';
const UNMADE = 'failed to create subPath directory for volumeMount "v" of container "web"';

test.each<[string, string, Partial<VolumeMount>, unknown]>([
  ['a file of it', 'content', { subPath: 'colour' }, [['/colour', true]]],
  ['what a variable names', 'empty', { subPathExpr: '$(POD)' }, [['/web-1', false]]],
  ['what variables without a value name', 'empty', { subPathExpr: '$(NONE)/$(EMPTY)/$(NONE)' }, 'missing value for EMPTY, NONE'],
  ['what leads back', 'empty', { subPathExpr: '../$(POD)' }, "unable to provision SubPath `../web-1`: must not contain '..'"],
  ['what begins anew', 'empty', { subPathExpr: '/$(POD)' }, 'error SubPath `/web-1` must not be an absolute path'],
  ['what a link within it leads to', 'empty', { subPath: 'within/deep' }, [['/inner/deep', false]]],
  ['what a link leads out to', 'empty', { subPath: 'outside/passwd' }, UNPREPARED],
  ['what would be made outside', 'empty', { subPath: 'outside/new' }, UNMADE],
  ['what a link leads nowhere to', 'empty', { subPath: 'nowhere/new' }, UNMADE],
  ['what is not there', 'fixed', { subPath: 'x' }, UNMADE],
])('a part of a volume: %s', async (_, kind, mount, expected) => {
  expect(await mounted(kind, mount)).toEqual(expected);
});

test.each<[string, VolumeMount['recursiveReadOnly'], unknown]>([
  ['empty', 'Enabled', [true]],
  ['empty', 'IfPossible', [true]],
  ['empty', 'Disabled', [undefined]],
  ['fixed', 'IfPossible', [undefined]],
  [
    'fixed',
    'Enabled',
    'failed to resolve recursive read-only mode: volume "v" requested recursive read-only mode, but it is not supported by the runtime',
  ],
])('what lies below a mount, where the volume is %s: read only %s', async (kind, recursiveReadOnly, expected) => {
  const found = await mounting(kind, { readOnly: true, recursiveReadOnly });
  expect(found.ok ? found.mounts.map(({ recursive }) => recursive) : found.message).toEqual(expected);
});

test('a part that a ConfigMap does not have is an empty directory', async () => {
  expect(await mounted('content', { subPath: 'moon' })).toEqual([['/moon', true]]);
  expect(statSync(join(path, 'moon')).isDirectory()).toBe(true);
});

test('who may write to a volume may write to a part of it that was not there', async () => {
  chmodSync(path, 0o777);
  expect(await mounted('empty', { subPath: 'a/b' })).toEqual([['/a/b', false]]);
  expect(statSync(join(path, 'a/b')).mode & 0o777).toBe(0o777);
});
