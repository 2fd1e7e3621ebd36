import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../../base/index.ts';

const run = promisify(execFile);

export interface RollbackCommit {
  /** The folder of the work tree that holds the manifests. */
  readonly folder: string;
  readonly application: string;
  /** Of the application, from that folder; `.` for the files at the top. */
  readonly path: string;
  /** Of applications below it, which stay as they are. */
  readonly others: readonly string[];
  /** The commit to go back to. */
  readonly to: string;
  /** What the daemon follows, where that is not HEAD. */
  readonly ref?: string;
  readonly push: boolean;
}

export interface Committed {
  readonly oid: string;
  readonly subject: string;
  /** Commits of the application that it takes back, newest first: `1a2b3c4 Say hello`. */
  readonly undone: readonly string[];
  /** Where it was pushed to. */
  readonly pushed?: string;
}

/** Writes the commit that takes an application back, as the person who works in this folder. Nothing else there is touched. */
export async function commitRollback({ folder, application, path, others, to, ref, push }: RollbackCommit): Promise<Committed> {
  const git = (...args: string[]) => callGit(folder, args);
  await refuseUnfit(folder, ref);
  const paths = path === '.' ? [':(glob)*'] : [path, ...others.map((other) => `:(exclude)${other}`)];
  const unsaved = await git('status', '--porcelain', '--untracked-files=no', '--', ...paths);
  if (unsaved !== '')
    throw new UserError(`${application} has changes in ${folder} that are not committed: commit or stash them first\n${unsaved}`);
  const inTheWay = await untrackedOf(folder, to, paths);
  if (inTheWay.length > 0)
    throw new UserError(
      `files in ${folder} that are not committed would be written over: ${inTheWay.join(', ')}: commit or move them first`,
    );
  const [short, was] = (await git('show', '--no-patch', '--format=%h%n%s', to)).split('\n') as [string, string];
  const undone = (await git('log', '--no-merges', '--format=%h %s', `${to}..HEAD`, '--', ...paths)).split('\n').filter(Boolean);
  const subject = `Roll ${application} back to ${short}`;
  await git('restore', `--source=${to}`, '--staged', '--worktree', '--', ...paths);
  try {
    await git('commit', '--quiet', '--only', '-m', messageOf(subject, `${short} ${was}`, undone), '--', ...paths);
  } catch (error) {
    await git('restore', '--source=HEAD', '--staged', '--worktree', '--', ...paths);
    throw error;
  }
  const oid = await git('rev-parse', 'HEAD');
  const pushed = push ? await pushHead(folder) : undefined;
  return { oid, subject, undone, ...(pushed === undefined ? {} : { pushed }) };
}

/** What lies where the commit to go back to has files, and HEAD has none. */
async function untrackedOf(folder: string, to: string, paths: readonly string[]): Promise<readonly string[]> {
  const list = async (...args: string[]) => (await callGit(folder, [...args, '-z', '--', ...paths])).split('\0').filter(Boolean);
  const added = new Set(await list('diff', '--name-only', '--relative', '--diff-filter=A', '--no-renames', 'HEAD', to));
  return added.size === 0 ? [] : (await list('ls-files', '--others')).filter((file) => added.has(file));
}

function messageOf(subject: string, target: string, undone: readonly string[]): string {
  const taken = undone.length > 0 ? ['', 'Takes back:', ...undone.map((line) => `  ${line}`)] : [];
  return [subject, '', `All else stays. It is again as in`, `  ${target}`, ...taken].join('\n');
}

async function refuseUnfit(folder: string, ref: string | undefined): Promise<void> {
  const inside = await callGit(folder, ['rev-parse', '--is-inside-work-tree']).catch(() => 'false');
  if (inside !== 'true') throw new UserError(`${folder} is no work tree: name a clone of the repository with --repository`);
  if (ref === undefined || ref === 'HEAD') return;
  const [head, followed] = await Promise.all([callGit(folder, ['rev-parse', 'HEAD']), callGit(folder, ['rev-parse', ref])]);
  if (head !== followed)
    throw new UserError(`the daemon follows ${ref}, and something else is checked out in ${folder}: git switch ${ref}`);
}

/** To where the branch goes, or to the only remote. A detached HEAD and a repository by itself go nowhere. */
async function pushHead(folder: string): Promise<string | undefined> {
  const ask = (...args: string[]) => callGit(folder, args).catch(() => '');
  const branch = await ask('symbolic-ref', '--quiet', '--short', 'HEAD');
  const remotes = (await ask('remote')).split('\n').filter(Boolean);
  const remote = (await ask('config', `branch.${branch}.remote`)) || (remotes.length === 1 ? remotes[0]! : '');
  if (branch === '' || remote === '') return undefined;
  const target = (await ask('config', `branch.${branch}.merge`)) || `refs/heads/${branch}`;
  try {
    await callGit(folder, ['push', '--quiet', remote, `HEAD:${target}`]);
  } catch (error) {
    throw new UserError(`the commit is made, but could not be pushed: ${(error as Error).message}`);
  }
  return `${remote} ${target.replace('refs/heads/', '')}`;
}

async function callGit(cwd: string, args: readonly string[]): Promise<string> {
  try {
    return (await run('git', args, { cwd, maxBuffer: 2 ** 26 })).stdout.trimEnd();
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new UserError(`git ${args[0]}: ${stderr.trim() || message}`);
  }
}
