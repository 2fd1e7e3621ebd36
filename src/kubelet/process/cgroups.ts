import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../runtime.ts';
import { readIfThere } from './procfs.ts';

/** What the kernel lets us limit on this machine. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** The directories that a container's group is made in; one for all controllers, or one each. */
  readonly parents: readonly { readonly controllers: readonly Controller[]; readonly path: string }[];
}

/** `cpuacct` only counts, where that is a controller of its own. */
export type Controller = 'memory' | 'cpu' | 'cpuacct';

const FOLDER = 'slipway';

/** Undefined where this user may not make groups; then limits are watched instead. */
export function probeCgroups(): Cgroups | undefined {
  const mounts = parseMounts(readIfThere('/proc/self/mountinfo') ?? '');
  const own = parseOwn(readIfThere('/proc/self/cgroup') ?? '');
  try {
    return oldTrees(mounts, own) ?? newTree(mounts, own);
  } catch {
    return undefined;
  }
}

interface CgroupMount {
  readonly type: string;
  readonly path: string;
  readonly options: readonly string[];
}

export function parseMounts(text: string): readonly CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type = '', , options = ''] = after.split(' ');
    const path = before.split(' ')[4];
    return path && type.startsWith('cgroup') ? [{ type, path, options: options.split(',') }] : [];
  });
}

/** The path of this process by controller; '' is the one of version 2. */
export function parseOwn(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  return new Map(lines.flatMap((found) => (found ? found[1]!.split(',').map((name) => [name, found[2]!] as const) : [])));
}

function oldTrees(mounts: readonly CgroupMount[], own: ReadonlyMap<string, string>): Cgroups | undefined {
  const places = (['memory', 'cpu', 'cpuacct'] as const).flatMap((controller) => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller));
    return mount ? [{ controller, path: join(mount.path, own.get(controller) ?? '/', FOLDER) }] : [];
  });
  if (places.length === 0) return undefined;
  // Controllers may share a tree.
  const byPath = Map.groupBy(places, ({ path }) => path);
  const trees = [...byPath].map(([path, all]) => ({ controllers: all.map(({ controller }) => controller), path }));
  for (const { path } of trees) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'cgroup.procs'), '');
  }
  return { version: 1, parents: trees };
}

/** A group with processes of its own gives its children no controllers, except for the one at the top. */
function newTree(mounts: readonly CgroupMount[], own: ReadonlyMap<string, string>): Cgroups | undefined {
  const mount = mounts.find(({ type }) => type === 'cgroup2');
  if (!mount) return undefined;
  const above = join(mount.path, own.get('') ?? '/');
  const offered = readFileSync(join(above, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const controllers = (['memory', 'cpu'] as const).filter((controller) => offered.includes(controller));
  if (!controllers.includes('memory')) return undefined;
  const path = join(above, FOLDER);
  const wanted = controllers.map((controller) => `+${controller}`).join(' ');
  writeFileSync(join(above, 'cgroup.subtree_control'), wanted);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'cgroup.subtree_control'), wanted);
  return { version: 2, parents: [{ controllers, path }] };
}

/** Makes a container's group, and gives the lines by which its shim finds it. */
export function makeGroup({ version, parents }: Cgroups, name: string, limits: Limits): string {
  const lines: string[] = [];
  for (const { controllers, path } of parents) {
    const group = join(path, name);
    mkdirSync(group, { recursive: true });
    bound(group, version, controllers, limits);
    lines.push(`join ${join(group, 'cgroup.procs')}\n`);
    if (controllers.includes('memory')) lines.push(`events ${join(group, version === 1 ? 'memory.oom_control' : 'memory.events')}\n`);
  }
  return lines.join('');
}

/** Other limits for the groups that a shim was told of, wherever the daemon that made them was. */
export function resizeGroups(lines: string, limits: Limits): void {
  for (const group of groupsIn(lines)) {
    const has = (file: string) => existsSync(join(group, file));
    if (!has('cgroup.procs')) throw new Error(`its cgroup ${group} is gone`);
    const version = has('cgroup.controllers') ? 2 : 1;
    const controllers = CONTROLLERS.filter((controller) => has(SIGNS[version][controller]));
    bound(group, version, controllers, limits);
  }
}

const CONTROLLERS = ['memory', 'cpu'] as const;

/** A file that is there where a group has the controller. */
const SIGNS = {
  1: { memory: 'memory.limit_in_bytes', cpu: 'cpu.shares' },
  2: { memory: 'memory.max', cpu: 'cpu.weight' },
} as const;

function bound(group: string, version: Cgroups['version'], controllers: readonly Controller[], limits: Limits): void {
  for (const [file, value] of settingsOf(version, controllers, limits)) writeFileSync(join(group, file), value);
}

function groupsIn(lines: string): readonly string[] {
  return lines.split('\n').flatMap((line) => /^join (.*)\/cgroup\.procs$/.exec(line)?.[1] ?? []);
}

const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1000;

/** What is written into which file, as a container runtime does it. */
export function settingsOf(
  version: Cgroups['version'],
  controllers: readonly Controller[],
  { memoryBytes, cpuMillis, cpuRequestMillis = 0 }: Limits,
): readonly (readonly [file: string, value: string])[] {
  const quota = cpuMillis === undefined ? undefined : Math.max(LEAST_QUOTA_US, Math.round((cpuMillis * PERIOD_US) / 1000));
  const shares = Math.min(262_144, Math.max(2, Math.floor((cpuRequestMillis * 1024) / 1000)));
  const settings: (readonly [string, string])[] = [];
  if (controllers.includes('memory') && memoryBytes !== undefined) {
    settings.push([version === 1 ? 'memory.limit_in_bytes' : 'memory.max', String(memoryBytes)]);
    if (version === 2) settings.push(['memory.oom.group', '1']);
  }
  if (!controllers.includes('cpu')) return settings;
  if (version === 1) {
    settings.push(['cpu.shares', String(shares)]);
    if (quota !== undefined) settings.push(['cpu.cfs_period_us', String(PERIOD_US)], ['cpu.cfs_quota_us', String(quota)]);
  } else {
    settings.push(['cpu.weight', String(1 + Math.floor(((shares - 2) * 9999) / 262_142))]);
    if (quota !== undefined) settings.push(['cpu.max', `${quota} ${PERIOD_US}`]);
  }
  return settings;
}

/** Ends what is left in the groups that a shim was told of, and removes them; false when one holds a dying process still. */
export function removeGroups(lines: string): boolean {
  let gone = true;
  for (const group of groupsIn(lines)) {
    const file = join(group, 'cgroup.procs');
    if (!existsSync(file)) continue;
    for (const pid of readFileSync(file, 'utf8').split('\n').filter(Boolean)) done(() => process.kill(Number(pid), 'SIGKILL'));
    gone = done(() => rmdirSync(group)) && gone;
  }
  return gone;
}

function done(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
