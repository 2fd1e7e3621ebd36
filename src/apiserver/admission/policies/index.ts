/** Policies that judge requests by expressions: which requests they are about, what they are asked with, and what they decide. */
import { equalJson } from '../../../base/index.ts';
import {
  invalidObject,
  MUTATING_WEBHOOK_CONFIGURATION,
  resourceName,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type FieldProblem,
  type Kind,
  type Manifest,
  type ValidatingAdmissionPolicy,
  type Webhook,
  type WebhookConfiguration,
} from '../../../model/index.ts';
import { neededLater } from '../../needed.ts';
import { questionOf, type Question } from '../question.ts';
import type { AdmissionRequest, AdmissionStep, Surroundings } from '../step.ts';

const engine = neededLater(() => import('./engine.ts'));

const POLICIES = resourceName(VALIDATING_ADMISSION_POLICIES);

export const validatingPolicies: AdmissionStep = {
  name: 'ValidatingAdmissionPolicy',
  judge: (request, around) => {
    judgeExpressions(request);
    if (request.exempt) return [];
    const bindings = around.all(VALIDATING_ADMISSION_POLICY_BINDINGS);
    return bindings.length > 0 ? engine().decide(bindings, questionOf(request), around) : [];
  },
  judgeRemoval: (removal, around) => {
    const bindings = around.all(VALIDATING_ADMISSION_POLICY_BINDINGS);
    return bindings.length > 0 ? engine().decide(bindings, questionOf(removal), around) : [];
  },
};

/** What holds expressions, and where, and what is wrong with them. */
const HOLDERS: Readonly<Record<string, readonly [field: string, problems: (object: Manifest) => readonly FieldProblem[]]>> = {
  [POLICIES]: ['spec', (object) => engine().policyProblems(object as ValidatingAdmissionPolicy)],
  [resourceName(MUTATING_WEBHOOK_CONFIGURATION)]: ['webhooks', (object) => webhookProblems(object as WebhookConfiguration)],
  [resourceName(VALIDATING_WEBHOOK_CONFIGURATION)]: ['webhooks', (object) => webhookProblems(object as WebhookConfiguration)],
};

function webhookProblems(configuration: WebhookConfiguration): readonly FieldProblem[] {
  return configuration.webhooks?.some(hasConditions) ? engine().webhookProblems(configuration) : [];
}

/** Whether a webhook wants to be asked. */
export function wantsToKnow(webhook: Webhook, question: Question, as: Kind, around: Surroundings): boolean {
  return !hasConditions(webhook) || engine().wantsToKnow(webhook, question, as, around);
}

const hasConditions = ({ matchConditions = [] }: Webhook) => matchConditions.length > 0;

/** They must compile; those that were let in once may stay as they are. */
function judgeExpressions({ kind, object, old }: AdmissionRequest): void {
  if (kind.group !== VALIDATING_ADMISSION_POLICIES.group) return;
  const [field, problemsOf] = HOLDERS[resourceName(kind)] ?? [];
  if (!field || equalJson(object[field], old?.[field])) return;
  const problems = problemsOf!(object);
  if (problems.length > 0) throw invalidObject(kind, object.metadata.name, problems);
}
