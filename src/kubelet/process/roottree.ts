import { dirname, join } from 'node:path';
import type { Mount } from '../runtime.ts';

export type EntryKind = 'directory' | 'file' | 'link';

/** What of the machine's file tree has to be known to plan another one. */
export interface MachineTree {
  /** The path without symbolic links, as far as it exists, with the rest as it is written. */
  resolve(path: string): string;
  kindOf(path: string): EntryKind | undefined;
  list(directory: string): readonly string[];
  targetOf(link: string): string;
}

export type RootStep =
  | {
      readonly make: 'directory' | 'file';
      readonly path: string;
      /** The machine's directory whose mode it takes. */ readonly like?: string;
    }
  | { readonly make: 'link'; readonly path: string; readonly target: string };

export interface Bind {
  readonly source: string;
  readonly target: string;
  /** `terminals`, `processes`: not the machine's, but a set of its own. */
  readonly kind: 'directory' | 'file' | 'terminals' | 'processes';
  readonly readOnly: boolean;
  /** It is one of the container's mounts, and not what is there of the machine. */
  readonly own?: boolean;
  /** More of the mount's options. */
  readonly flags?: readonly string[];
}

export interface RootPlan {
  readonly steps: readonly RootStep[];
  /** In the order in which they are to be mounted. */
  readonly binds: readonly Bind[];
}

/** A machine has hundreds of these, and no container misses them. */
const NEEDLESS_DEVICES = /^\/dev\/(tty\w+|vcs\w*|loop\d+|ram\d+)$/;

/**
 * A root that is the machine's, with a container's mounts in it. A directory in which something has to be added is
 * made anew with everything in it bound from the machine, so that nothing is ever created on the machine itself.
 */
export function planRoot(mounts: readonly Mount[], root: string, machine: MachineTree, ownProcesses = false): RootPlan {
  const wanted = mounts
    .map((mount) => ({ ...mount, source: machine.resolve(mount.source), path: machine.resolve(mount.path) }))
    .toSorted((a, b) => depth(a.path) - depth(b.path));
  const remade = remadeDirectories(wanted, machine);
  const steps: RootStep[] = [];
  const binds: Bind[] = [];
  for (const directory of remade) {
    if (directory !== '/') steps.push({ make: 'directory', path: join(root, directory), like: directory });
    for (const name of machine.list(directory)) {
      const path = join(directory, name);
      if (!remade.includes(path) && !wanted.some((mount) => mount.path === path) && !NEEDLESS_DEVICES.test(path)) mirror(path);
    }
  }
  for (const mount of wanted) place(mount);
  return { steps, binds };

  function mirror(path: string): void {
    const kind = machine.kindOf(path);
    if (kind === undefined) return;
    if (path === '/dev/pts') {
      steps.push({ make: 'directory', path: join(root, path) });
      return void binds.push({ source: 'devpts', target: join(root, path), kind: 'terminals', readOnly: false });
    }
    if (path === '/proc' && ownProcesses) {
      steps.push({ make: 'directory', path: join(root, path) });
      return void binds.push({ source: 'proc', target: join(root, path), kind: 'processes', readOnly: false });
    }
    // The machine's own would make its terminals where only the machine finds them.
    if (path === '/dev/ptmx') return void steps.push({ make: 'link', path: join(root, path), target: 'pts/ptmx' });
    if (kind === 'link') return void steps.push({ make: 'link', path: join(root, path), target: machine.targetOf(path) });
    steps.push({ make: kind, path: join(root, path) });
    binds.push({ source: path, target: join(root, path), kind, readOnly: false });
  }

  function place({ source, path, readOnly }: Mount): void {
    const kind = machine.kindOf(source) === 'directory' ? 'directory' : 'file';
    const outer = wanted.findLast((other) => other.path !== path && isBelow(path, other.path));
    // Where nothing of the machine or of another volume is in the way, the point to mount on is the root's own.
    const point = outer ? join(outer.source, path.slice(outer.path.length)) : join(root, path);
    if (outer || remade.includes(dirname(path)) || machine.kindOf(path) === undefined) steps.push({ make: kind, path: point });
    binds.push({ source, target: join(root, path), kind, readOnly, own: true });
  }
}

/** Every directory above a path that the machine does not have. */
function remadeDirectories(mounts: readonly Mount[], machine: MachineTree): readonly string[] {
  const remade = new Set(['/']);
  for (const { path } of mounts) {
    if (machine.kindOf(path) !== undefined || mounts.some((other) => other.path !== path && isBelow(path, other.path))) continue;
    for (let above = dirname(path); above !== '/'; above = dirname(above)) if (machine.kindOf(above) === 'directory') remade.add(above);
  }
  return [...remade].toSorted((a, b) => depth(a) - depth(b));
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}

export function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** Where on the machine a container's path lies: in one of its mounts, or where it says. */
export function onMachine(path: string, mounts: readonly Mount[]): string {
  const [mount] = mounts.filter((each) => isBelow(path, each.path)).toSorted((a, b) => depth(b.path) - depth(a.path));
  return mount ? join(mount.source, path.slice(mount.path === '/' ? 0 : mount.path.length)) : path;
}

/** As `mount -a` reads it. */
export function mountTable(binds: readonly Bind[]): string {
  return binds.map(tableLine).join('');
}

/** The root itself, so that it can become one: the first of its binds. */
export function ownRootBind(root: string): Bind {
  return { source: root, target: root, kind: 'file', readOnly: false };
}

function tableLine({ source, target, kind, readOnly, own, flags = [] }: Bind): string {
  if (kind === 'terminals') return `devpts ${escaped(target)} devpts newinstance,ptmxmode=0666,mode=0620 0 0\n`;
  if (kind === 'processes') return `proc ${escaped(target)} proc nosuid,nodev,noexec 0 0\n`;
  // Of a volume that is not to be written to, what is mounted below it is not shown; of the machine, all is.
  const bind = kind === 'directory' && !(own && readOnly) ? 'rbind' : 'bind';
  // What the machine had when the root was planned may be gone by now: a busy /tmp is no reason not to start.
  const options = [bind, ...(readOnly ? ['ro'] : []), ...flags, ...(own || source === target ? [] : ['nofail'])].join(',');
  return `${escaped(source)} ${escaped(target)} none ${options} 0 0\n`;
}

function escaped(path: string): string {
  return path.replaceAll(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
