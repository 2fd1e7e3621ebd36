import { join } from 'node:path';
import { isBelow, type Bind } from './roottree.ts';

/** What of the machine stays writable in a root that is not: as in any container, devices and what the kernel shows. */
const NEVER_FIXED = ['/dev', '/proc', '/sys'];

/** A mount that loses one of these when it is mounted anew is refused to who is not root. */
const KEPT_FLAGS = new Set(['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime']);

export interface FixedRoot {
  readonly binds: readonly Bind[];
  /** What comes along with a bind, and has to be fixed by itself: lines `OPTIONS PATH`. */
  readonly below: string;
}

/** A root in which nothing but the container's own mounts can be written to; `mountinfo` says what the machine has mounted. */
export function fixRoot(root: string, binds: readonly Bind[], mountinfo: string): FixedRoot {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [, , , , path, options] = line.split(' ');
    return path && options ? [{ path: unescaped(path), flags: options.split(',').filter((flag) => KEPT_FLAGS.has(flag)) }] : [];
  });
  const isFixed = (path: string) => !NEVER_FIXED.some((directory) => isBelow(path, directory));
  const flagsAt = (path: string) => mounts.findLast((mount) => isBelow(path, mount.path))?.flags ?? [];
  const own = binds.filter((bind) => bind.own).map(({ target }) => target);
  const mirrored = binds.filter(({ own: isOwn, source, target }) => !isOwn && (target === root || isFixed(source)));
  const below = mirrored
    .filter(({ target }) => target !== root)
    .flatMap(({ source }) => mounts.filter(({ path }) => path !== source && isBelow(path, source) && isFixed(path)))
    .map(({ path, flags }) => ({ at: join(root, path), flags }))
    .filter(({ at }) => !own.some((target) => isBelow(at, target)));
  return {
    binds: binds.map((bind) => (mirrored.includes(bind) ? { ...bind, readOnly: true, flags: flagsAt(bind.source) } : bind)),
    below: below.map(({ at, flags }) => `${['ro', ...flags].join(',')} ${at}\n`).join(''),
  };
}

function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
