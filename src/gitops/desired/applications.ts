import type { Directory, Snapshot } from '../source/snapshot.ts';
import { fileProblem, type Problem } from '../problem.ts';

/** An application as the commit has it: a name and the directory that holds its manifests. */
export interface ApplicationSource {
  readonly name: string;
  readonly directory: Directory;
  /** What is wrong with the directory as such. */
  readonly problems: readonly Problem[];
}

/** The application of the loose files at the top. */
export const ROOT_APPLICATION = 'root';

/** With nothing configured, each directory at the top that holds anything is one application. */
export function applicationsOf(snapshot: Snapshot): readonly ApplicationSource[] {
  const found = new Map<string, ApplicationSource>();
  for (const directory of snapshot.directories) {
    if (directory.files.length + directory.problems.length === 0) continue;
    const name = applicationName(directory.path);
    const first = found.get(name);
    if (!first) found.set(name, { name, directory, problems: [] });
    else {
      // Which of the two is meant cannot be known, so neither is applied.
      const clash = `${placeOf(directory.path)} and ${placeOf(first.directory.path)} would both be application ${name}: rename one of them`;
      found.set(name, { ...first, problems: [...first.problems, fileProblem(directory.path, 'NameClash', clash)] });
    }
  }
  return [...found.values()];
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
