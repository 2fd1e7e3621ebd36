import colours from 'picocolors';
import { systemRandom, UserError } from '../base/index.ts';
import { changingSteps, formatPlan, openSource, planRevision, type ApplicationPlan, type PlanFormat } from '../gitops/index.ts';
import { connect } from './connect.ts';

const CHANGES = 2;
const PROBLEMS = 1;

/** Exit code 0: nothing to do, 2: something would change, 1: the commit has problems. */
export async function plan(options: { dataDir?: string; rev: string; output: PlanFormat }): Promise<number> {
  const connection = connect(options.dataDir);
  try {
    const { repository } = connection.running;
    if (!repository) throw new UserError('this daemon was started without a repository: there is nothing to plan');
    const source = await openSource(repository);
    const { applications } = await planRevision({ source, rev: options.rev, client: connection.client, random: systemRandom });
    print(applications, options.output);
    if (applications.some(({ problems }) => problems.length > 0)) return PROBLEMS;
    return applications.some(hasChanges) ? CHANGES : 0;
  } finally {
    await connection.close();
  }
}

const hasChanges = (plan: ApplicationPlan) => changingSteps(plan).length > 0 || plan.held.length > 0;

function print(plans: readonly ApplicationPlan[], format: PlanFormat): void {
  if (format === 'json') {
    process.stdout.write(`[${plans.map((plan) => formatPlan(plan, { format })).join(',\n')}]\n`);
    return;
  }
  for (const plan of plans) process.stdout.write(`${formatPlan(plan, { format, colour: colours.isColorSupported })}\n`);
}
