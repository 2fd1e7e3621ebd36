import { dns1035Label, type FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { CustomResourceConversion } from '../../types/index.ts';

const STRATEGIES = ['None', 'Webhook'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
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
    ...reviewProblems(versions, reviews),
  ];
}

function reviewProblems(versions: readonly string[], path: FieldPath): FieldProblem[] {
  if (versions.length === 0) return [required(path)];
  return [
    ...versions.flatMap((version, i) =>
      versions.indexOf(version) < i
        ? [invalid([...path, i], version, 'duplicate version')]
        : dns1035Label(version).map((why) => invalid([...path, i], version, why)),
    ),
    ...(versions.some((version) => REVIEW_VERSIONS.includes(version))
      ? []
      : [invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]),
  ];
}
