import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, type FieldPath, type KindRef, type KubeObject } from '../../meta/index.ts';
import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { RequestSelectors, ResourceRule } from '../../types/index.ts';
import { AGE, ageOf, countColumn, NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { reviewProblems } from '../rules/reviews.ts';
import { defaultRule, defaultSelectors, validateRule, validateSelectors } from './match.ts';

export interface Webhook extends RequestSelectors {
  readonly name: string;
  readonly clientConfig?: {
    readonly url?: string;
    readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
    /** PEM, as base64. */
    readonly caBundle?: string;
  };
  readonly rules?: readonly ResourceRule[];
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly failurePolicy?: string;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: string;
}

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const FAILURE_POLICIES = ['Fail', 'Ignore'];
const LONGEST_TIMEOUT = 30;

const ref = (kind: string): KindRef<WebhookConfiguration> => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: false,
});

export const MUTATING_WEBHOOK_CONFIGURATION = declareWebhooks('MutatingWebhookConfiguration', { reinvocationPolicy: 'Never' });
export const VALIDATING_WEBHOOK_CONFIGURATION = declareWebhooks('ValidatingWebhookConfiguration', {});

function declareWebhooks(kind: string, more: Partial<Webhook>) {
  return declareKind<WebhookConfiguration>({
    ref: ref(kind),
    schema: { definition: `admissionregistration.v1.${kind}` },
    name: dns1123Subdomain,
    needsRevision: true,
    categories: ['api-extensions'],
    defaults: ({ webhooks, ...configuration }) => ({
      ...configuration,
      ...(webhooks ? { webhooks: webhooks.map((webhook) => ({ ...more, ...defaultWebhook(webhook) })) } : {}),
    }),
    validate: ({ webhooks = [] }) => {
      const repeated = webhooks.flatMap(({ name }, i) =>
        webhooks.findIndex((other) => other.name === name) < i ? [duplicate(['webhooks', i, 'name'], name)] : [],
      );
      return [...webhooks.flatMap((webhook, i) => validateWebhook(webhook, ['webhooks', i])), ...repeated];
    },
    raisesGeneration: ({ webhooks }, old) => !equalJson(webhooks, old.webhooks),
    columns: [NAME, countColumn('Webhooks'), AGE],
    row: (configuration, clock) => [configuration.metadata.name, configuration.webhooks?.length ?? 0, ageOf(configuration, clock)],
  });
}

function defaultWebhook(webhook: Webhook): Webhook {
  const { clientConfig, rules } = webhook;
  return {
    ...defaultSelectors(webhook),
    ...(clientConfig?.service ? { clientConfig: { ...clientConfig, service: { port: 443, ...clientConfig.service } } } : {}),
    ...(rules ? { rules: rules.map(defaultRule) } : {}),
    failurePolicy: webhook.failurePolicy ?? 'Fail',
    timeoutSeconds: webhook.timeoutSeconds ?? 10,
  };
}

function validateWebhook(webhook: Webhook, path: FieldPath): FieldProblem[] {
  const { rules = [], sideEffects: effects, failurePolicy: policy, timeoutSeconds: timeout = 1, clientConfig = {} } = webhook;
  return [
    ...validateName(webhook.name, [...path, 'name']),
    ...rules.flatMap((rule, i) => validateRule(rule, [...path, 'rules', i])),
    ...(policy && !FAILURE_POLICIES.includes(policy) ? [notSupported([...path, 'failurePolicy'], policy, FAILURE_POLICIES)] : []),
    ...(effects === undefined ? [required([...path, 'sideEffects'], 'must specify one of None, NoneOnDryRun')] : []),
    ...(effects !== undefined && !SIDE_EFFECTS.includes(effects) ? [notSupported([...path, 'sideEffects'], effects, SIDE_EFFECTS)] : []),
    ...(timeout < 1 || timeout > LONGEST_TIMEOUT
      ? [invalid([...path, 'timeoutSeconds'], timeout, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateSelectors(webhook, path),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], [...path, 'admissionReviewVersions']),
    ...((clientConfig.url === undefined) === (clientConfig.service === undefined)
      ? [required([...path, 'clientConfig'], 'exactly one of url or service is required')]
      : []),
    ...validateClient(clientConfig, [...path, 'clientConfig']),
  ];
}

/** A webhook's name is its own in the whole world. */
function validateName(name: string, path: FieldPath): FieldProblem[] {
  if (!name) return [required(path)];
  const problems = dns1123Subdomain(name);
  const isShort = name.split('.').length < 3;
  if (problems.length > 0 || !isShort) return problems.map((why) => invalid(path, name, why));
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')];
}

function validateReviewVersions(versions: readonly string[], path: FieldPath): FieldProblem[] {
  return versions.length > 0 ? reviewProblems(versions, path) : [required(path, 'must specify one of v1, v1beta1')];
}

function validateClient({ url, service }: NonNullable<Webhook['clientConfig']>, path: FieldPath): FieldProblem[] {
  const insecure = url !== undefined && !url.startsWith('https://');
  return [
    ...(insecure ? [invalid([...path, 'url'], url, "'https' is the only allowed URL scheme; desired format: https://host[/path]")] : []),
    ...(service ? validateService(service, [...path, 'service']) : []),
  ];
}

function validateService(service: NonNullable<NonNullable<Webhook['clientConfig']>['service']>, path: FieldPath): FieldProblem[] {
  const { path: route, port = 443 } = service;
  const wrong = (why: string) => invalid([...path, 'path'], route, why);
  const steps = !route || route === '/' || route === '//' ? [] : route.slice(1).replace(/\/$/, '').split('/');
  return [
    ...(['name', 'namespace'] as const).filter((field) => !service[field]).map((field) => required([...path, field], `service ${field} is required`)),
    ...(port >= 1 && port <= 65_535 ? [] : [invalid([...path, 'port'], port, 'port is not valid: must be between 1 and 65535, inclusive')]),
    ...(steps.length > 0 && !route?.startsWith('/') ? [wrong("must start with a '/'")] : []),
    ...steps.flatMap((step, i) =>
      step === '' ? [wrong(`segment[${i}] may not be empty`)] : dns1123Subdomain(step).map((why) => wrong(`segment[${i}]: ${why}`)),
    ),
  ];
} // prettier-ignore
