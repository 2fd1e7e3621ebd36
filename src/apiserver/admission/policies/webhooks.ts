import type { FieldProblem, Kind, Webhook, WebhookConfiguration } from '../../../model/index.ts';
import { Budget } from '../../cel/index.ts';
import { forbidden } from '../../refusals.ts';
import type { Question } from '../question.ts';
import type { Surroundings } from '../step.ts';
import { areMet, Failed } from './evaluate.ts';
import { compileConditions } from './expressions.ts';
import { inputsOf } from './inputs.ts';
import { conditionProblems } from './problems.ts';

/** Whether a webhook's conditions hold. Where that cannot be worked out, its policy for failures says what comes of it. */
export function wantsToKnow({ matchConditions = [], failurePolicy }: Webhook, question: Question, as: Kind, around: Surroundings): boolean {
  try {
    return areMet(compileConditions(matchConditions), inputsOf(question, as, around), new Budget());
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (failurePolicy === 'Ignore') return false;
    throw forbidden(question.kind, question.name, error.message);
  }
}

export function webhookProblems({ webhooks = [] }: WebhookConfiguration): readonly FieldProblem[] {
  return webhooks.flatMap(({ matchConditions = [] }, i) => conditionProblems(matchConditions, ['webhooks', i, 'matchConditions']));
}
