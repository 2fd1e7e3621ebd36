import type { Snapshot } from '../source/snapshot.ts';
import { fileProblem, type Problem } from '../problem.ts';
import type { Origin, Rendered } from '../render/render.ts';
import type { ApplicationSpec, DeclaredApplication } from './declared.ts';
import { dependencyProblems } from './dependencies.ts';

/** A directory at the top, as it was rendered. */
export interface RenderedDirectory {
  readonly path: string;
  readonly tree: string;
  readonly rendered: Rendered;
}

/** An application as the commit has it: a name, and the directory that holds its manifests. */
export interface ApplicationSource {
  readonly name: string;
  readonly path: string;
  readonly tree: string;
  /** What the commit, or a person, says of it; undefined for one that nobody wrote down. */
  readonly spec: ApplicationSpec | undefined;
  /** Equal for equal divisions of the same tree. */
  readonly scope: string;
  readonly rendered: Rendered;
}

/** The application of the loose files at the top. */
export const ROOT_APPLICATION = 'root';

interface Share {
  readonly name: string;
  readonly path: string;
  readonly spec: ApplicationSpec | undefined;
  readonly origin: Origin | undefined;
  readonly problems: Problem[];
}

/**
 * Divides the manifests among applications: those that are declared have their paths, the deepest first; with nothing
 * declared, each directory at the top that holds anything is one application.
 */
export async function divide(
  directories: readonly RenderedDirectory[],
  declared: readonly DeclaredApplication[],
  treeOf: Snapshot['treeOf'],
): Promise<readonly ApplicationSource[]> {
  const shares = sharesOf(directories, declared);
  const found: ApplicationSource[] = [];
  for (const share of shares) {
    const top = share.path.split('/', 1)[0]!;
    const directory = directories.find(({ path }) => path === top);
    const within = shares
      .filter((other) => other !== share && share.path !== '.' && isBelow(other.path, share.path))
      .map(({ path }) => path);
    const rendered = directory ? cut(directory, share.path, within) : NOTHING;
    const tree = share.path === top ? directory?.tree : await treeOf(share.path);
    if (share.spec === undefined && rendered.count === 0) continue;
    const problems = [
      ...share.problems,
      ...(share.spec ? [] : doubts(share, directories)),
      ...(share.spec && tree === undefined ? [noSuchPath(share)] : []),
    ];
    found.push({
      name: share.name,
      path: share.path,
      tree: tree ?? 'none',
      spec: share.spec,
      scope: JSON.stringify([share.path, within, share.spec ?? null, problems]),
      rendered: problems.length === 0 ? rendered : { ...rendered, problems: [...problems, ...rendered.problems] },
    });
  }
  return found;
}

function sharesOf(directories: readonly RenderedDirectory[], declared: readonly DeclaredApplication[]): readonly Share[] {
  const shares = new Map<string, Share>();
  const add = (name: string, path: string, spec: ApplicationSpec | undefined, origin: Origin | undefined, problems: readonly Problem[]) => {
    const first = shares.get(name);
    if (!first) return void shares.set(name, { name, path, spec, origin, problems: [...problems] });
    // Which of the two is meant cannot be known, so neither is applied.
    const clash = `${placeOf(path)} and ${placeOf(first.path)} would both be application ${name}: rename one of them`;
    first.problems.push(fileProblem(path, 'NameClash', clash));
  };
  for (const { name, spec, origin, problems } of declared) add(name, spec.path, spec, origin, problems);
  const byPath = new Map<string, Share>();
  for (const share of shares.values()) {
    const other = byPath.get(share.path);
    if (!other) byPath.set(share.path, share);
    else
      for (const one of [share, other])
        one.problems.push(
          fileProblem(
            one.path,
            'NameClash',
            `the applications ${other.name} and ${share.name} both have ${placeOf(one.path)}: give it to one of them`,
          ),
        );
  }
  for (const { path } of directories) if (!byPath.has(path)) add(applicationName(path), path, undefined, undefined, []);
  for (const [name, problems] of dependencyProblems([...shares.values()])) shares.get(name)!.problems.push(...problems);
  return [...shares.values()];
}

type Cut = Rendered & { readonly count: number };

const NOTHING: Cut = { objects: [], problems: [], unread: [], count: 0 };

/** What of a directory is below a path and not below those that others have. The whole stays the same value. */
function cut({ path: top, rendered }: RenderedDirectory, path: string, others: readonly string[]): Cut {
  const isWhole = path === top && others.length === 0;
  const isOurs = (file: string) => isBelow(file, path) && !others.some((other) => isBelow(file, other));
  const { objects, problems, unread } = rendered;
  const part = isWhole
    ? rendered
    : {
        objects: objects.filter(({ origin }) => isOurs(origin.file)),
        problems: problems.filter(({ file }) => isOurs(file)),
        unread: unread.filter(({ file }) => isOurs(file)),
      };
  return { ...part, problems: besidesCharts(part.problems), count: isWhole ? 1 : part.objects.length + part.problems.length };
}

/** What is wrong with the files of a chart is no news beside that it is one. */
function besidesCharts(problems: readonly Problem[]): readonly Problem[] {
  const charts = problems.flatMap(({ code, file }) =>
    code === 'HelmChart' ? [{ file, folder: file.slice(0, file.lastIndexOf('/') + 1) }] : [],
  );
  if (charts.length === 0) return problems;
  return problems.filter(({ file }) => !charts.some((chart) => file !== chart.file && file.startsWith(chart.folder)));
}

/** Below the top are only its loose files. */
function isBelow(file: string, path: string): boolean {
  return path === '.' ? !file.includes('/') && file !== '.' : file.startsWith(`${path}/`) || file === path;
}

/** Whose policy may stand in a file that cannot be read is not applied without it. */
function doubts({ path }: Share, directories: readonly RenderedDirectory[]): readonly Problem[] {
  if (path === '.') return [];
  const unread = directories
    .flatMap(({ rendered }) => rendered.unread)
    .find(({ text }) => text?.includes('slipway.dev/') && text.includes(path));
  if (!unread) return [];
  return [fileProblem(path, 'Unread', `${unread.file} cannot be read, and may declare an application for this directory`)];
}

function noSuchPath({ name, path }: Share): Problem {
  return fileProblem(
    path,
    'NoSuchPath',
    `application ${name} has this path, which is not in the commit: to remove the application, remove its Application`,
  );
}

/** A directory's name as a Kubernetes name and label value. */
export function applicationName(path: string): string {
  if (path === '.') return ROOT_APPLICATION;
  const name = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 57)
    .replace(/^-+|-+$/g, '');
  return name === '' ? ROOT_APPLICATION : name;
}

function placeOf(path: string): string {
  return path === '.' ? 'the files at the top' : `the directory ${path}`;
}
