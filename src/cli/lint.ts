import colours from 'picocolors';
import { systemRandom } from '../base/index.ts';
import { formatProblem, lintFolder } from '../gitops/index.ts';

/** Exit code 1 when something is wrong, so that hooks and CI stop. */
export async function lint(path: string | undefined, options: { output: string }): Promise<number> {
  const { problems, objects, unchecked } = await lintFolder(path ?? '.', systemRandom);
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
