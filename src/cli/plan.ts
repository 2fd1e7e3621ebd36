import colours from 'picocolors';
import { systemClock, systemRandom, UserError } from '../base/index.ts';
import { findDataDir, nearestDataDir, openRepository, readRunning } from '../daemon/index.ts';
import {
  changingSteps,
  compareSnapshots,
  formatPlans,
  isRemote,
  openSource,
  planRevision,
  readWorkTree,
  type ApplicationPlan,
  type Commit,
  type PlanFormat,
  type Snapshot,
  type Source,
} from '../gitops/index.ts';
import { join } from 'node:path';
import { connect, type Connection, type Where } from './connect.ts';
import { suggest } from './suggest.ts';

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

export async function plan(application: string | undefined, options: PlanOptions): Promise<number> {
  const { rev, from, to, worktree } = options;
  if ([rev !== undefined, from !== undefined || to !== undefined, worktree === true].filter(Boolean).length > 1) {
    throw new UserError('--rev, --from with --to, and --worktree exclude each other: give one of them');
  }
  if (to !== undefined && from === undefined) throw new UserError('--to needs --from: name the commit to compare with');
  if (from !== undefined) {
    const all = await compare(from, to ?? 'HEAD', options);
    const names = all.map((one) => one.application);
    return finish(onlyOf(all, names, application), options.output);
  }
  const connection = connect(options);
  try {
    const source = await sourceOf(connection, options);
    const snapshot = worktree ? await workTreeOf(connection, options) : await snapshotOf(source, connection, options);
    const made = await planRevision({ source, snapshot, client: connection.client, random: systemRandom, only: application });
    const applications = onlyOf(made.applications, made.names, application);
    const notTaken = snapshot.refused ?? (rev === undefined ? undefined : await whyNotFollowed(snapshot.commit, connection));
    const code = finish(applications, options.output, notTaken);
    return snapshot.refused ? PROBLEMS : code;
  } finally {
    await connection.close();
  }
}

/** What the daemon follows, unless a clone is named: one that has more branches, say. */
async function sourceOf(connection: Connection, { repository }: PlanOptions): Promise<Source> {
  const { git } = connection.running ?? {};
  if (repository === undefined) return followed(connection, { lenient: true });
  return openSource(repository, { ref: git?.ref, path: git?.path, allowedSigners: git?.allowedSigners, lenient: true });
}

async function snapshotOf(source: Source, { running }: Connection, { rev, repository }: PlanOptions): Promise<Snapshot> {
  try {
    return await source.snapshot(rev);
  } catch (error) {
    if (!(error instanceof UserError) || rev === undefined || repository !== undefined || !isRemote(running?.repository ?? '')) throw error;
    throw new UserError(`${error.message} as it was fetched, which is what is followed: name a clone that has it with --repository`);
  }
}

function onlyOf(plans: readonly ApplicationPlan[], names: readonly string[], application: string | undefined): readonly ApplicationPlan[] {
  if (application === undefined) return plans;
  if (!names.includes(application)) throw new UserError(`there is no application ${application} here${suggest(application, names)}`);
  return plans.filter((plan) => plan.application === application);
}

async function whyNotFollowed({ oid, short }: Commit, connection: Connection): Promise<string | undefined> {
  const { running } = connection;
  const tip = running?.repository ? await (await followed(connection)).tip() : undefined;
  if (tip === undefined || tip === oid) return undefined;
  return `${short} is not what is followed: ${running?.git?.ref ?? 'HEAD'} is at ${tip.slice(0, 7)}. This is what it would change if it were.`;
}

/** Prints plans; gives the exit code. */
export function finish(plans: readonly ApplicationPlan[], format: PlanFormat, notTaken?: string): number {
  const text = formatPlans(plans, { format, colour: colours.isColorSupported, notTaken });
  // No sentence in what may become a comment of a pull request, or a file.
  if (text !== '' || format !== 'diff') process.stdout.write(`${text}\n`);
  else process.stderr.write('there are no applications\n');
  if (plans.some(({ problems }) => problems.length > 0)) return PROBLEMS;
  return plans.some((one) => changingSteps(one).length > 0 || one.held.length > 0) ? CHANGES : 0;
}

/** The repository that the daemon follows, as it has it; for a daemon elsewhere, the one that this folder is in. */
export async function followed({ running, dir }: Pick<Connection, 'running' | 'dir'>, { lenient = false } = {}): Promise<Source> {
  if (!running || !dir) return openSource('.');
  const { repository, git } = running;
  if (!repository) throw new UserError('this daemon was started without a repository: there is nothing to plan');
  return openRepository({ repository, git }, dir, systemClock, { offline: true, lenient });
}

async function workTreeOf({ running }: Connection, { repository = running?.repository ?? '.' }: PlanOptions): Promise<Snapshot> {
  const { git } = running ?? {};
  if (isRemote(repository)) throw new UserError(`${repository} has no work tree: name a clone of it with --repository`);
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
