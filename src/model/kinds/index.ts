/** One file a kind: names, defaults, rules, columns. */
export {
  MUTATING_WEBHOOK_CONFIGURATION,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type Webhook,
  type WebhookConfiguration,
} from './admissionregistration/webhooks.ts';
export { TOKEN_REQUEST } from './authentication/reviews.ts';
export { approvalOf } from './apiextensions/approval.ts';
export { schemaPlaces } from './apiextensions/definition-rules.ts';
export { intervalsOf } from './batch/indexes.ts';
export { BUILT_IN_KINDS } from './built-in.ts';
export { readRequest, type RequestedSubject } from './certificates/pkcs10.ts';
export { changesIssuance } from './certificates/request-rules.ts';
export { validateServiceAddresses } from './core/service-addresses.ts';
export { AUTOUPDATE_SPEC, bootstrapLevels, bootstrapSchemas, MANDATORY } from './flowcontrol/bootstrap.ts';
export { ALL_VERBS, declareKind, type Declaration } from './declare.ts';
export * from './kind.ts';
export * from './metrics/metrics.ts';
export * from './refusal.ts';
export * from './registry.ts';
export { SYSTEM_PRIORITIES } from './scheduling/priorityclass.ts';
