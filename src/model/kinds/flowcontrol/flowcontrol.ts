import { dns1123Subdomain, type KindRef, type KubeObject } from '../../meta/index.ts';
import { notSupported, required } from '../../schema/problems.ts';
import { AGE, ageOf, countColumn, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';

/** Who may ask how much at once. Stored for clients that manage it: this server treats all requests alike. */

interface FlowSchema extends KubeObject {
  readonly spec?: {
    readonly priorityLevelConfiguration?: { readonly name: string };
    readonly matchingPrecedence?: number;
    readonly distinguisherMethod?: { readonly type: string };
  };
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] };
}

interface Queuing {
  readonly queues?: number;
  readonly handSize?: number;
  readonly queueLengthLimit?: number;
}

interface PriorityLevel extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly limited?: {
      readonly nominalConcurrencyShares?: number;
      readonly lendablePercent?: number;
      readonly limitResponse?: { readonly type?: string; readonly queuing?: Queuing };
    };
    readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number };
  };
}

const ref = <T>(kind: string, plural: string): KindRef<T> => ({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});

export const FLOW_SCHEMA = declareKind<FlowSchema>({
  ref: ref('FlowSchema', 'flowschemas'),
  schema: { definition: 'flowcontrol.v1.FlowSchema' },
  name: dns1123Subdomain,
  subresources: ['status'],
  defaults: (schema) => ({ ...schema, spec: { ...schema.spec, matchingPrecedence: schema.spec?.matchingPrecedence || 1000 } }),
  initialStatus: () => ({}),
  validate: ({ spec }) => (spec?.priorityLevelConfiguration?.name ? [] : [required(['spec', 'priorityLevelConfiguration', 'name'])]),
  raisesGeneration: specChanged,
  columns: [
    NAME,
    textColumn('PriorityLevel'),
    countColumn('MatchingPrecedence'),
    textColumn('DistinguisherMethod'),
    AGE,
    textColumn('MissingPL'),
  ],
  row: (schema, clock) => {
    const { priorityLevelConfiguration: level, matchingPrecedence = 0, distinguisherMethod } = schema.spec ?? {};
    const dangling = schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
    return [schema.metadata.name, level?.name ?? '', matchingPrecedence, distinguisherMethod?.type ?? NONE, ageOf(schema, clock), dangling];
  },
});

export const PRIORITY_LEVEL_CONFIGURATION = declareKind<PriorityLevel>({
  ref: ref('PriorityLevelConfiguration', 'prioritylevelconfigurations'),
  schema: { definition: 'flowcontrol.v1.PriorityLevelConfiguration' },
  name: dns1123Subdomain,
  subresources: ['status'],
  defaults: (level) => ({ ...level, spec: defaultLevel(level.spec ?? {}) }),
  initialStatus: () => ({}),
  validate: ({ spec }) => {
    const { type = '', limited } = spec ?? {};
    return [
      ...(['Exempt', 'Limited'].includes(type) ? [] : [notSupported(['spec', 'type'], type, ['Exempt', 'Limited'])]),
      ...(type === 'Limited' && !limited ? [required(['spec', 'limited'], 'must not be empty when type is Limited')] : []),
    ];
  },
  raisesGeneration: specChanged,
  columns: [NAME, ...['Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit'].map(textColumn), AGE],
  row: (level, clock) => {
    const { type = '', limited, exempt } = level.spec ?? {};
    const shares = (limited ?? exempt)?.nominalConcurrencyShares ?? NONE;
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
