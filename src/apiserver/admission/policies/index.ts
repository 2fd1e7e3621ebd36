/** Policies that change and judge requests by expressions: which requests they are about, what they are asked with, and what comes of it. */
import { equalJson } from '../../../base/index.ts';
import {
  invalidObject,
  MUTATING_ADMISSION_POLICIES,
  MUTATING_WEBHOOK_CONFIGURATION,
  resourceName,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type FieldProblem,
  type Kind,
  type Manifest,
  type MutatingAdmissionPolicy,
  type ValidatingAdmissionPolicy,
  type Webhook,
  type WebhookConfiguration,
} from '../../../model/index.ts';
import { neededLater } from '../../needed.ts';
import type { Question } from '../question.ts';
import type { AdmissionRequest, AdmissionStep, Surroundings } from '../step.ts';
import type { BoundMutating, BoundValidating } from './bound.ts';
import type { Mutations, Remake } from './mutate.ts';

export { followPolicies, type Policies } from './bound.ts';

const engine = neededLater(() => import('./engine.ts'));

/** What policies make of an object on its way in; undefined where none is bound. */
export function mutationsBy(
  bound: readonly BoundMutating[],
  question: Question,
  around: Surroundings,
  remake: Remake,
): Mutations | undefined {
  return bound.length > 0 ? new (engine().Mutations)(bound, question, around, remake) : undefined;
}

/** Warnings of policies, or a refusal, which is thrown. */
export function judgeBy(bound: readonly BoundValidating[], question: Question, around: Surroundings): readonly string[] {
  return bound.length > 0 ? engine().decide(bound, question, around) : [];
}

/** What holds expressions, and where, and what is wrong with them. */
const HOLDERS: Readonly<Record<string, readonly [field: string, problems: (object: Manifest) => readonly FieldProblem[]]>> = {
  [resourceName(MUTATING_ADMISSION_POLICIES)]: ['spec', (object) => engine().mutatingPolicyProblems(object as MutatingAdmissionPolicy)],
  [resourceName(VALIDATING_ADMISSION_POLICIES)]: ['spec', (object) => engine().policyProblems(object as ValidatingAdmissionPolicy)],
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
export const expressions: AdmissionStep = {
  name: 'Expressions',
  of: Object.keys(HOLDERS),
  judge: ({ kind, object, old }: AdmissionRequest) => {
    const [field, problemsOf] = HOLDERS[resourceName(kind)]!;
    const problems = equalJson(object[field], old?.[field]) ? [] : problemsOf(object);
    if (problems.length > 0) throw invalidObject(kind, object.metadata.name, problems);
    return [];
  },
};
