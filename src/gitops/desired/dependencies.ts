import { fileProblem, type Problem } from '../problem.ts';

interface Dependent {
  readonly name: string;
  readonly path: string;
  readonly spec: { readonly dependsOn?: readonly string[] } | undefined;
  /** Where it is written down. */
  readonly origin: { readonly file: string; readonly line: number } | undefined;
}

/** Applications that wait for one that does not exist, or for themselves, would wait for ever. */
export function dependencyProblems(applications: readonly Dependent[]): ReadonlyMap<string, readonly Problem[]> {
  const byName = new Map(applications.map((application) => [application.name, application] as const));
  const found = new Map<string, readonly Problem[]>();
  for (const { name, path, spec, origin } of applications) {
    const wrong = (spec?.dependsOn ?? []).flatMap((dependency) => {
      if (!byName.has(dependency)) return [`application ${name} depends on ${dependency}, which is no application of the commit`];
      const round = pathBack(dependency, name, byName);
      return round ? [`application ${name} depends on itself: ${[name, ...round].join(' → ')}`] : [];
    });
    const at = origin ?? { file: path, line: 1 };
    if (wrong.length > 0)
      found.set(
        name,
        wrong.map((message) => ({ ...fileProblem(at.file, 'Dependency', message), line: at.line })),
      );
  }
  return found;
}

function pathBack(from: string, to: string, applications: ReadonlyMap<string, Dependent>): readonly string[] | undefined {
  const seen = new Set<string>();
  const search = (name: string): readonly string[] | undefined => {
    if (name === to) return [name];
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const next of applications.get(name)?.spec?.dependsOn ?? []) {
      const rest = search(next);
      if (rest) return [name, ...rest];
    }
    return undefined;
  };
  return search(from);
}
