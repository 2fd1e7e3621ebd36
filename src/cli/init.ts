import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { SAMPLE, preCommitHook } from './sample.ts';

/** A new repository of manifests with an example that works, and a hook that lints before each commit. */
export async function init(folder: string): Promise<void> {
  const at = resolve(folder);
  if (existsSync(at) && readdirSync(at).length > 0) throw new UserError(`${folder} is not empty: name a new folder`);
  for (const [path, text] of Object.entries(SAMPLE)) write(join(at, path), text);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: at, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  try {
    git('init', '--quiet', '--initial-branch=main');
  } catch (error) {
    throw new UserError(`git is needed to make a repository: ${(error as Error).message.split('\n', 1)[0]}`);
  }
  write(join(at, '.git/hooks/pre-commit'), preCommitHook(process.env['SLIPWAY_COMMAND'] ?? 'slipway'), 0o755);
  const isCommitted = commitAll(git);
  const place = relative(process.cwd(), at) || '.';
  const command = process.env['SLIPWAY_COMMAND'] ?? 'slipway';
  const todo = isCommitted ? [] : [`git -C ${place} commit -m 'First manifests'`];
  const lines = [...todo, `${command} up ${place}`, `curl $(${command} open hello --no-browser)`];
  process.stdout.write(
    `${colours.green('✔')} ${place} is a repository of manifests with one application, ${colours.bold('hello')}\n\nTry next:\n`,
  );
  for (const line of lines) process.stdout.write(`  ${line}\n`);
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** Who has not told Git a name commits by hand. */
function commitAll(git: (...args: string[]) => string): boolean {
  git('add', '--all');
  try {
    git('commit', '--quiet', '--no-verify', '-m', 'First manifests');
    return true;
  } catch {
    return false;
  }
}
