import colours from 'picocolors';
import { systemClock, systemRandom, UserError } from '../base/index.ts';
import { findDataDir, nearestDataDir, openRepository, readRunning } from '../daemon/index.ts';
import {
  changingSteps,
  compareSnapshots,
  formatPlans,
  openSource,
  planRevision,
  readWorkTree,
  type ApplicationPlan,
  type PlanFormat,
  type Snapshot,
  type Source,
} from '../gitops/index.ts';
import { join } from 'node:path';
import { connect, type Connection, type Where } from './connect.ts';

/** Exit codes: 0 is nothing to do. */
const CHANGES = 2;
const PROBLEMS = 1;

interface PlanOptions extends Where {
  readonly rev?: string;
  readonly from?: string;
  readonly to?: string;
  readonly worktree?: boolean;
  readonly repository?: string;
  readonly output: PlanFormat;
}

export async function plan(options: PlanOptions): Promise<number> {
  const { rev, from, to, worktree } = options;
  if ([rev !== undefined, from !== undefined || to !== undefined, worktree === true].filter(Boolean).length > 1) {
    throw new UserError('--rev, --from with --to, and --worktree exclude each other: give one of them');
  }
  if (to !== undefined && from === undefined) throw new UserError('--to needs --from: name the commit to compare with');
  if (from !== undefined) return finish(await compare(from, to ?? 'HEAD', options), options.output);
  const connection = connect(options);
  try {
    const source = await followed(connection);
    const snapshot = worktree ? await workTreeOf(connection) : await source.snapshot(rev);
    const { applications } = await planRevision({ source, snapshot, client: connection.client, random: systemRandom });
    return finish(applications, options.output);
  } finally {
    await connection.close();
  }
}

/** Prints plans; gives the exit code. */
export function finish(plans: readonly ApplicationPlan[], format: PlanFormat): number {
  const text = formatPlans(plans, { format, colour: colours.isColorSupported });
  // No sentence in what may become a comment of a pull request, or a file.
  if (text !== '' || format !== 'diff') process.stdout.write(`${text}\n`);
  else process.stderr.write('there are no applications\n');
  if (plans.some(({ problems }) => problems.length > 0)) return PROBLEMS;
  return plans.some((one) => changingSteps(one).length > 0 || one.held.length > 0) ? CHANGES : 0;
}

/** The repository that the daemon follows, as it has it; for a daemon elsewhere, the one that this folder is in. */
export async function followed({ running, dir }: Pick<Connection, 'running' | 'dir'>): Promise<Source> {
  if (!running || !dir) return openSource('.');
  const { repository, git } = running;
  if (!repository) throw new UserError('this daemon was started without a repository: there is nothing to plan');
  return openRepository({ repository, git }, dir, systemClock, { offline: true });
}

async function workTreeOf({ running }: Connection): Promise<Snapshot> {
  const { repository = '.', git } = running ?? {};
  if (/^https?:/.test(repository))
    throw new UserError(`the daemon follows ${repository}, which has no work tree: commit, or lint a folder of this machine`);
  return readWorkTree(join(repository, git?.path ?? ''));
}

/** Needs no daemon; where one runs, what it follows is meant. */
async function openNamed({ repository, dataDir }: PlanOptions): Promise<Source> {
  if (repository !== undefined) return openSource(repository);
  const dir = dataDir === undefined ? nearestDataDir() : findDataDir(dataDir);
  const running = dir && readRunning(dir);
  return running?.repository ? followed({ dir, running }) : openSource('.');
}

async function compare(from: string, to: string, options: PlanOptions): Promise<readonly ApplicationPlan[]> {
  const source = await openNamed(options);
  return compareSnapshots(await source.snapshot(from), await source.snapshot(to), systemRandom);
}
