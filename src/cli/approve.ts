import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { APPROVED_ANNOTATION, formatStepCounts } from '../gitops/index.ts';
import type { Plan, PlanStep } from '../model/index.ts';
import { annotate, findApplication, listPlans } from './applications.ts';
import { connect, type Where } from './connect.ts';
import { printJson } from './output.ts';

/** Agrees to what a plan would do, and to nothing else: when that changes, the approval is void. */
export async function approve(name: string, options: Where & { output: string }): Promise<void> {
  const connection = connect(options);
  try {
    const { client } = connection;
    const plans = await listPlans(client);
    const plan = findWaiting(plans, name) ?? (await nothingWaits(client, plans, name));
    const application = await findApplication(client, plan.spec.application);
    await annotate(client, application, { [APPROVED_ANNOTATION]: plan.spec.digest });
    if (options.output === 'json')
      return printJson({ application: plan.spec.application, plan: plan.metadata.name, digest: plan.spec.digest });
    process.stdout.write(`${colours.green('✔')} approved ${plan.metadata.name}: ${formatStepCounts(plan.spec.steps)}\n`);
    for (const step of plan.spec.steps) process.stdout.write(`  ${formatStep(step)}\n`);
  } finally {
    await connection.close();
  }
}

/** The plan of that name, or what waits of the application of that name. */
function findWaiting(plans: readonly Plan[], name: string): Plan | undefined {
  const named = plans.find(({ metadata }) => metadata.name === name);
  const pending = plans.filter(({ status }) => status?.phase === 'Pending');
  if (named && !pending.includes(named))
    throw new UserError(`the plan ${name} does not wait for an approval: it is ${named.status?.phase}`);
  return named ?? pending.findLast(({ spec }) => spec.application === name);
}

async function nothingWaits(client: Client, plans: readonly Plan[], name: string): Promise<never> {
  await findApplication(client, name, plans);
  const pending = plans.filter(({ status }) => status?.phase === 'Pending');
  const waiting = [...new Set(pending.map(({ spec }) => spec.application))].join(', ');
  throw new UserError(`nothing of ${name} waits for an approval${waiting ? `, but ${waiting}` : ''}`);
}

export function formatStep({ op, kind, namespace, name }: PlanStep): string {
  return `${op.padEnd(7)} ${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
