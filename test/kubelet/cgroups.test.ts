import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseMounts, parseOwn, resizeGroups, settingsOf } from '../../src/kubelet/process/cgroups.ts';

const BOTH = ['memory', 'cpu'] as const;

describe('limits as the kernel is told of them', () => {
  test.each([
    [1, {}, ['cpu.shares=2']],
    [1, { memoryBytes: 1024 }, ['memory.limit_in_bytes=1024', 'cpu.shares=2']],
    [1, { cpuMillis: 250, cpuRequestMillis: 500 }, ['cpu.shares=512', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=25000']],
    [2, { memoryBytes: 1024, cpuRequestMillis: 1000 }, ['memory.max=1024', 'memory.oom.group=1', 'cpu.weight=39']],
    [2, { cpuMillis: 1500 }, ['cpu.weight=1', 'cpu.max=150000 100000']],
    [2, { cpuMillis: 1 }, ['cpu.weight=1', 'cpu.max=1000 100000']],
  ] as const)('version %i of %j', (version, limits, files) => {
    expect(settingsOf(version, BOTH, limits).map((setting) => setting.join('='))).toEqual(files);
  });

  test('say nothing to a controller that is not there', () => {
    expect(settingsOf(2, ['memory'], { cpuMillis: 500, memoryBytes: 1 }).map(([file]) => file)).toEqual(['memory.max', 'memory.oom.group']);
  });
});

test.each([
  ['1', ['memory.limit_in_bytes', 'cpu.shares'], { 'memory.limit_in_bytes': '1024', 'cpu.cfs_quota_us': '50000', 'cpu.shares': '2' }],
  ['2', ['cgroup.controllers', 'memory.max', 'cpu.weight'], { 'memory.max': '1024', 'cpu.max': '50000 100000' }],
  ['2, without memory', ['cgroup.controllers', 'cpu.weight'], { 'cpu.max': '50000 100000' }],
])('a group of version %s gets other limits, whoever made it', (_, files, expected) => {
  const group = mkdtempSync(join(tmpdir(), 'slipway-group-'));
  for (const file of ['cgroup.procs', ...files]) writeFileSync(join(group, file), '');
  resizeGroups(`join ${group}/cgroup.procs\n`, { memoryBytes: 1024, cpuMillis: 500 });
  for (const [file, text] of Object.entries(expected)) expect(readFileSync(join(group, file), 'utf8')).toBe(text);
  expect(existsSync(join(group, 'memory.max'))).toBe(files.includes('memory.max'));
  rmSync(group, { recursive: true });
  expect(() => resizeGroups(`join ${group}/cgroup.procs\n`, {})).toThrow('is gone');
});

test('the places of the controllers are read from what is mounted', () => {
  const text = `22 27 0:21 / /proc rw,relatime - proc proc rw
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
  expect(parseMounts(text)).toEqual([
    { type: 'cgroup', path: '/sys/fs/cgroup/memory', options: ['rw', 'memory'] },
    { type: 'cgroup2', path: '/sys/fs/cgroup/unified', options: ['rw'] },
  ]);
});

test('a process knows its own place for each controller', () => {
  const own = parseOwn('4:cpu,cpuacct:/a\n2:memory:/b\n0::/c\n');
  expect([own.get('cpu'), own.get('cpuacct'), own.get('memory'), own.get('')]).toEqual(['/a', '/a', '/b', '/c']);
});
