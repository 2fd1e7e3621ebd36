import type { FieldPath } from '../../meta/index.ts';
import { forbidden, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { CustomResourceConversion } from '../../types/index.ts';
import { reviewProblems } from '../rules/reviews.ts';

const STRATEGIES = ['None', 'Webhook'];
const NO_WEBHOOK = 'should not be set when strategy is not set to Webhook';

/** Kubernetes names the members of `webhook` as if they were the conversion's own. */
export function conversionProblems({ strategy, webhook }: CustomResourceConversion, path: FieldPath): FieldProblem[] {
  const [client, reviews] = [
    [...path, 'webhookClientConfig'],
    [...path, 'conversionReviewVersions'],
  ];
  const { clientConfig, conversionReviewVersions: versions = [] } = webhook ?? {};
  const known = strategy && !STRATEGIES.includes(strategy) ? [notSupported([...path, 'strategy'], strategy, STRATEGIES)] : [];
  if (strategy !== 'Webhook') {
    return [
      ...(strategy ? known : [required([...path, 'strategy'])]),
      ...(clientConfig ? [forbidden(client, NO_WEBHOOK)] : []),
      ...(versions.length > 0 ? [forbidden(reviews, NO_WEBHOOK)] : []),
    ];
  }
  const isOne = (clientConfig?.url === undefined) !== (clientConfig?.service === undefined);
  return [
    ...(clientConfig ? [] : [required(client, 'required when strategy is set to Webhook')]),
    ...(clientConfig && !isOne ? [required(client, 'exactly one of url or service is required')] : []),
    ...(versions.length > 0 ? reviewProblems(versions, reviews) : [required(reviews)]),
  ];
}
