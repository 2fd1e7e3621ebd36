import { describe, expect, test } from 'vitest';
import { fixRoot } from '../../src/kubelet/process/fixedroot.ts';
import { mountTable, onMachine, ownRootBind, planRoot, type EntryKind, type MachineTree } from '../../src/kubelet/process/roottree.ts';

/** A machine of few files; what ends in a slash is a directory, what has an arrow a link. */
const FILES = [
  '/bin -> usr/bin', '/dev/', '/dev/null', '/dev/ptmx', '/dev/pts/', '/dev/tty', '/dev/tty1', '/etc/', '/etc/passwd', '/run/', '/run/lock/',
  '/usr/', '/var/', '/var/run -> /run', '/volumes/', '/volumes/cfg/', '/volumes/word',
]; // prettier-ignore

const kinds = new Map<string, { kind: EntryKind; target: string }>(
  FILES.map((line) => {
    const [path = '', target = ''] = line.split(' -> ');
    const kind: EntryKind = target ? 'link' : path.endsWith('/') ? 'directory' : 'file';
    return [path.replace(/\/$/, ''), { kind, target }];
  }),
);
const machine: MachineTree = {
  resolve: (path) => path.replace(/^\/var\/run(?=\/|$)/, '/run'),
  kindOf: (path) => (path === '/' ? 'directory' : kinds.get(path)?.kind),
  list: (directory) => {
    const start = directory === '/' ? '/' : `${directory}/`;
    return [...kinds.keys()]
      .filter((path) => path.startsWith(start) && !path.slice(start.length).includes('/'))
      .map((path) => path.slice(start.length));
  },
  targetOf: (link) => kinds.get(link)!.target,
};

const mount = (path: string, source = '/volumes/cfg', readOnly = false) => ({ path, source, readOnly });

/** What is bound over what, in a few words, and which directories are made anew. */
function plan(...mounts: ReturnType<typeof mount>[]) {
  const { steps, binds } = planRoot(mounts, '/R', machine);
  return {
    made: steps.flatMap((step) => (step.make === 'directory' && step.like ? [step.like] : [])),
    binds: binds.map(
      ({ source, target, readOnly }) => `${source === target.slice(2) ? '=' : source} ${target.slice(2)}${readOnly ? ' ro' : ''}`,
    ),
    links: steps.flatMap((step) => (step.make === 'link' ? [`${step.path.slice(2)} -> ${step.target}`] : [])),
    points: steps.flatMap((step) => (step.make !== 'link' ? [step.path] : [])),
  };
}

describe('the root of a container', () => {
  test('is the machine’s, with a new directory at its top', () => {
    const { made, binds, links } = plan(mount('/data'));
    expect(made).toEqual([]);
    expect(binds).toEqual(['= /dev', '= /etc', '= /run', '= /usr', '= /var', '= /volumes', '/volumes/cfg /data']);
    expect(links).toEqual(['/bin -> usr/bin']);
  });

  test('covers what the machine has, and makes nothing anew for it', () => {
    expect(plan(mount('/etc')).binds).not.toContain('= /etc');
    expect(plan(mount('/etc/passwd', '/volumes/word', true))).toMatchObject({
      made: [],
      binds: expect.arrayContaining(['= /etc', '/volumes/word /etc/passwd ro']),
    });
  });

  test('has a directory made anew, with all that was in it, where something is added to it', () => {
    const { made, binds } = plan(mount('/etc/app/cfg'));
    expect(made).toEqual(['/etc']);
    expect(binds).toEqual(['= /dev', '= /run', '= /usr', '= /var', '= /volumes', '= /etc/passwd', '/volumes/cfg /etc/app/cfg']);
  });

  test('follows links of the machine', () => {
    expect(plan(mount('/var/run/secrets'))).toMatchObject({
      made: ['/run'],
      binds: expect.arrayContaining(['= /run/lock', '/volumes/cfg /run/secrets']),
    });
  });

  test('has terminals of its own once its devices are made anew, and not those that nobody needs', () => {
    const { binds, links } = plan(mount('/dev/termination-log', '/volumes/word'));
    expect(binds).toEqual(expect.arrayContaining(['= /dev/null', '= /dev/tty', 'devpts /dev/pts', '/volumes/word /dev/termination-log']));
    expect(binds).not.toContain('= /dev/tty1');
    expect(links).toContain('/dev/ptmx -> pts/ptmx');
  });

  test('holds a volume within a volume, in their order', () => {
    const { binds, points } = plan(mount('/data/inner', '/volumes/word'), mount('/data'));
    expect(binds.slice(-2)).toEqual(['/volumes/cfg /data', '/volumes/word /data/inner']);
    expect(points).toContain('/volumes/cfg/inner');
  });
});

test.each([
  ['/data/run.sh', '/volumes/cfg/run.sh'],
  ['/data', '/volumes/cfg'],
  ['/database', '/database'],
  ['/bin/sh', '/bin/sh'],
])('a container finds %s on the machine at %s', (path, place) => {
  expect(onMachine(path, [mount('/data')])).toBe(place);
});

test('what is gone of the machine by the time of mounting is left out, a volume that is gone is not', () => {
  const mirrored = { source: '/tmp/gone', target: '/R/tmp/gone', kind: 'directory', readOnly: false } as const;
  const volume = { source: '/volumes/cfg', target: '/R/data', kind: 'directory', readOnly: false, own: true } as const;
  expect(mountTable([mirrored, volume])).toBe('/tmp/gone /R/tmp/gone none rbind,nofail 0 0\n/volumes/cfg /R/data none rbind 0 0\n');
});

test('a table of mounts names paths with blanks as mount reads them', () => {
  const bind = { source: '/a b', target: '/R/c#d', kind: 'directory', readOnly: true, own: true } as const;
  expect(mountTable([ownRootBind('/R'), bind])).toBe('/R /R none bind 0 0\n/a\\040b /R/c\\043d none bind,ro 0 0\n');
});

test('a container that sees its own processes alone has what shows them mounted anew', () => {
  const { binds } = planRoot([mount('/data')], '/R', { ...machine, list: () => ['proc', 'usr'], kindOf: () => 'directory' }, true);
  expect(mountTable(binds)).toContain('proc /R/proc proc nosuid,nodev,noexec 0 0\n');
  expect(binds.map(({ source }) => source)).not.toContain('/proc');
});

describe('a root that cannot be written to', () => {
  const MOUNTS = [
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '22 27 0:21 / /proc rw,nosuid - proc proc rw',
    '28 27 0:25 / /var/lib/a\\040b rw,nosuid,nodev,relatime - tmpfs none rw',
    '29 27 0:26 / /data/below rw,nodev - tmpfs none rw',
  ].join('\n');
  const fixed = () => {
    const { binds } = planRoot([mount('/data')], '/R', machine);
    return fixRoot('/R', [ownRootBind('/R'), ...binds], MOUNTS);
  };

  test('leaves the container’s mounts, devices and what the kernel shows as they are', () => {
    const readOnly = fixed().binds.filter((bind) => bind.readOnly);
    expect(readOnly.map(({ target }) => target)).toEqual(['/R', '/R/etc', '/R/run', '/R/usr', '/R/var', '/R/volumes']);
  });

  test('keeps the flags of what is mounted below it, which has to be fixed by itself', () => {
    expect(fixed().below).toBe('ro,nosuid,nodev,relatime /R/var/lib/a b\n');
    expect(fixed().binds.find(({ target }) => target === '/R/var')?.flags).toEqual(['relatime']);
  });
});
