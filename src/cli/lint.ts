import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import colours from 'picocolors';
import { systemRandom, UserError } from '../base/index.ts';
import { formatProblem, lintFolder } from '../gitops/index.ts';

/** Exit code 1 when something is wrong, so that hooks and CI stop. */
export async function lint(paths: readonly string[], options: { output: string }): Promise<number> {
  const [folder = '.'] = paths;
  const isOfFiles = paths.length > 1 || isFile(folder);
  const { problems, objects, unchecked } = await (isOfFiles
    ? lintFolder('.', systemRandom, new Set(paths.map(pathFromHere)))
    : lintFolder(folder, systemRandom));
  if (options.output === 'json') {
    process.stdout.write(`${JSON.stringify({ problems, objects, unchecked: Object.fromEntries(unchecked) }, undefined, 2)}\n`);
    return problems.length > 0 ? 1 : 0;
  }
  for (const problem of problems) process.stdout.write(`${colours.red('✖')} ${formatProblem(problem)}\n`);
  for (const [kind, count] of unchecked)
    process.stdout.write(`${colours.yellow('!')} ${count} ${kind}: not checked, the definition is not here\n`);
  const found =
    problems.length === 0
      ? colours.green('no problems')
      : colours.red(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
  process.stdout.write(`${objects} ${objects === 1 ? 'object' : 'objects'}: ${found}\n`);
  return problems.length > 0 ? 1 : 0;
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Tools that check what is to be committed name files of the folder that they work in, which has the others too. */
function pathFromHere(path: string): string {
  if (!isFile(path)) throw new UserError(`${path} is no file: name one folder, or files of this one`);
  const below = relative(realpathSync('.'), realpathSync(path));
  if (below.startsWith(`..${sep}`) || isAbsolute(below)) throw new UserError(`${path} is not in this folder: go to that of all manifests`);
  return below.replaceAll(sep, '/');
}
