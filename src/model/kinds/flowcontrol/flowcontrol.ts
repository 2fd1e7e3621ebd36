import { dns1123Subdomain } from '../../meta/index.ts';
import { FLOW_SCHEMAS, PRIORITY_LEVELS, type FlowSchema, type PriorityLevel } from '../../types/index.ts';
import { AGE, ageOf, countColumn, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { validateConditionTypes, validateFlowSchema } from './flowschema-rules.ts';
import { validatePriorityLevel } from './prioritylevel-rules.ts';
import { OPEN_METADATA } from '../kind.ts';

/** Who may ask how much at once. Stored for clients that manage it: this server treats all requests alike. */

export const FLOW_SCHEMA = declareKind<FlowSchema>({
  ref: FLOW_SCHEMAS,
  schema: { definition: 'flowcontrol.v1.FlowSchema' },
  name: dns1123Subdomain,
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: (schema) => ({ ...schema, spec: { ...schema.spec, matchingPrecedence: schema.spec?.matchingPrecedence || 1000 } }),
  initialStatus: () => ({}),
  validate: validateFlowSchema,
  validateStatus: validateConditionTypes,
  raisesGeneration: specChanged,
  columns: [
    NAME,
    textColumn('PriorityLevel'),
    countColumn('MatchingPrecedence'),
    textColumn('DistinguisherMethod'),
    AGE,
    textColumn('MissingPL'),
  ],
  // A request is of the first schema that it matches. Those of one precedence stay in the order of names.
  compareRows: (a, b) => (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0),
  row: (schema, clock) => {
    const { priorityLevelConfiguration: level, matchingPrecedence = 0, distinguisherMethod } = schema.spec ?? {};
    const dangling = schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
    return [schema.metadata.name, level?.name ?? '', matchingPrecedence, distinguisherMethod?.type ?? NONE, ageOf(schema, clock), dangling];
  },
});

export const PRIORITY_LEVEL_CONFIGURATION = declareKind<PriorityLevel>({
  ref: PRIORITY_LEVELS,
  schema: { definition: 'flowcontrol.v1.PriorityLevelConfiguration' },
  name: dns1123Subdomain,
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: (level) => ({ ...level, spec: defaultLevel(level.spec ?? {}) }),
  initialStatus: () => ({}),
  validate: validatePriorityLevel,
  validateStatus: validateConditionTypes,
  raisesGeneration: specChanged,
  columns: [NAME, ...['Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit'].map(textColumn), AGE],
  row: (level, clock) => {
    const { type = '', limited } = level.spec ?? {};
    const shares = limited?.nominalConcurrencyShares ?? NONE;
    const { queues = NONE, handSize = NONE, queueLengthLimit = NONE } = limited?.limitResponse?.queuing ?? {};
    return [level.metadata.name, type, shares, queues, handSize, queueLengthLimit, ageOf(level, clock)];
  },
});

function defaultLevel(spec: NonNullable<PriorityLevel['spec']>): NonNullable<PriorityLevel['spec']> {
  const { limited, exempt, type } = spec;
  const queuing = limited?.limitResponse?.queuing;
  const filled = queuing && { queues: queuing.queues || 64, handSize: queuing.handSize || 8, queueLengthLimit: queuing.queueLengthLimit || 50 };
  return {
    ...spec,
    ...(limited
      ? {
          limited: {
            nominalConcurrencyShares: 30,
            lendablePercent: 0,
            ...limited,
            ...(filled ? { limitResponse: { ...limited.limitResponse, queuing: filled } } : {}),
          },
        }
      : {}),
    ...(type === 'Exempt' ? { exempt: { nominalConcurrencyShares: 0, lendablePercent: 0, ...exempt } } : {}),
  };
} // prettier-ignore
