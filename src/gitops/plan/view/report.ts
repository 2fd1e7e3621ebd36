import { formatProblem } from '../../problem.ts';
import type { ApplicationPlan, Step } from '../steps.ts';
import { countSteps, toPlanStep } from '../summary.ts';

/** A plan for programs. Values of Secrets are marks, as everywhere. */
export function toReport(plan: ApplicationPlan) {
  const { application, commit, digest, problems, held, warnings } = plan;
  const { oid, author, subject, time } = commit;
  return {
    application,
    // What is not committed has no author and no time.
    commit: oid === '' ? null : { oid, author: author.name, email: author.email, subject, time: new Date(time).toISOString() },
    digest,
    counts: countSteps(plan),
    steps: plan.steps.map(toStep),
    held: held.map(({ reason, step }) => ({ reason, ...(step ? { step: toStep(step) } : {}) })),
    warnings,
    problems: problems.map((problem) => ({ ...problem, text: formatProblem(problem) })),
  };
}

function toStep(step: Step) {
  const told = toPlanStep(step);
  if (!('fields' in step)) return told;
  const changes = step.fields.map(({ path, before, after, line }, i) => ({
    field: told.fields![i]!,
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(line === undefined ? {} : { file: step.desired.origin.file, line }),
  }));
  return { ...told, changes };
}
