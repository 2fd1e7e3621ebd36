import {
  FLOW_SCHEMAS,
  PRIORITY_LEVELS,
  type FlowResourceRule,
  type FlowRules,
  type FlowSchema,
  type FlowSubject,
  type PriorityLevel,
} from '../../types/index.ts';

/** The priority levels and flow schemas that every cluster has. */

/** While it says `true`, the spec is kept as it is here. */
export const AUTOUPDATE_SPEC = 'apf.kubernetes.io/autoupdate-spec';

/** These two of each are as they are, whoever may write them. */
export const MANDATORY: readonly string[] = ['exempt', 'catch-all'];

const head = (ref: typeof FLOW_SCHEMAS | typeof PRIORITY_LEVELS, name: string) => ({
  apiVersion: `${ref.group}/${ref.version}`,
  kind: ref.kind,
  metadata: { name, annotations: { [AUTOUPDATE_SPEC]: 'true' } },
});

/** Shares, what of them may be lent, and how many queues of which hands. */
type Level = readonly [shares: number, lendable: number, queues?: number, hand?: number];

const LEVELS: Readonly<Record<string, Level>> = {
  'catch-all': [5, 0],
  system: [30, 33, 64, 6],
  'node-high': [40, 25, 64, 6],
  'leader-election': [10, 0, 16, 4],
  'workload-high': [40, 50, 128, 6],
  'workload-low': [100, 90, 128, 6],
  'global-default': [20, 50, 128, 6],
};

const QUEUE_LENGTH = 50;

export function bootstrapLevels(): readonly PriorityLevel[] {
  const exempt = { nominalConcurrencyShares: 0, lendablePercent: 0 };
  const limited = Object.entries(LEVELS).map(([name, [shares, lendablePercent, queues, handSize]]): PriorityLevel => {
    const queuing = { queues, handSize, queueLengthLimit: QUEUE_LENGTH };
    const limitResponse = queues === undefined ? { type: 'Reject' } : { type: 'Queue', queuing };
    return {
      ...head(PRIORITY_LEVELS, name),
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent } },
    };
  });
  return [{ ...head(PRIORITY_LEVELS, 'exempt'), spec: { type: 'Exempt', exempt } }, ...limited];
}

const ALL = ['*'];
const LEADING = ['get', 'create', 'update'];

const group = (name: string): FlowSubject => ({ kind: 'Group', group: { name } });
const user = (name: string): FlowSubject => ({ kind: 'User', user: { name } });
const account = (name: string): FlowSubject => ({ kind: 'ServiceAccount', serviceAccount: { name, namespace: 'kube-system' } });

const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];
const NODES = [group('system:nodes')];
const MANAGER = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');

const rule = (verbs: readonly string[], apiGroup: string, resources: readonly string[], more: object = {}): FlowResourceRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  ...more,
  namespaces: ALL,
});

const LEASES = rule(LEADING, 'coordination.k8s.io', ['leases']);

const EVERYTHING = {
  resourceRules: [rule(ALL, '*', ALL, { clusterScope: true })],
  nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
};

interface Schema {
  readonly level: string;
  readonly precedence: number;
  readonly by?: 'ByUser' | 'ByNamespace';
  readonly subjects: readonly FlowSubject[];
  /** Everything, unless it says what. */
  readonly what?: Omit<FlowRules, 'subjects'>;
}

const SCHEMAS: Readonly<Record<string, Schema>> = {
  exempt: { level: 'exempt', precedence: 1, subjects: [group('system:masters')] },
  probes: {
    level: 'exempt',
    precedence: 2,
    subjects: EVERYBODY,
    what: { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] },
  },
  'system-leader-election': {
    level: 'leader-election',
    precedence: 100,
    by: 'ByUser',
    subjects: [MANAGER, SCHEDULER, account('*')],
    what: { resourceRules: [LEASES] },
  },
  'endpoint-controller': {
    level: 'workload-high',
    precedence: 150,
    by: 'ByUser',
    subjects: [MANAGER, account('endpoint-controller'), account('endpointslicemirroring-controller')],
    what: { resourceRules: [rule(LEADING, '', ['endpoints'])] },
  },
  'workload-leader-election': {
    level: 'leader-election',
    precedence: 200,
    by: 'ByUser',
    subjects: [account('*')],
    what: { resourceRules: [rule(LEADING, '', ['endpoints', 'configmaps']), LEASES] },
  },
  'system-node-high': {
    level: 'node-high',
    precedence: 400,
    by: 'ByUser',
    subjects: NODES,
    what: {
      resourceRules: [rule(ALL, '', ['nodes', 'nodes/status'], { clusterScope: true }), rule(ALL, 'coordination.k8s.io', ['leases'])],
    },
  },
  'system-nodes': { level: 'system', precedence: 500, by: 'ByUser', subjects: NODES },
  'kube-controller-manager': { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [MANAGER] },
  'kube-scheduler': { level: 'workload-high', precedence: 800, by: 'ByNamespace', subjects: [SCHEDULER] },
  'kube-system-service-accounts': { level: 'workload-high', precedence: 900, by: 'ByNamespace', subjects: [account('*')] },
  'service-accounts': { level: 'workload-low', precedence: 9000, by: 'ByUser', subjects: [group('system:serviceaccounts')] },
  'global-default': { level: 'global-default', precedence: 9900, by: 'ByUser', subjects: EVERYBODY },
  'catch-all': { level: 'catch-all', precedence: 10_000, by: 'ByUser', subjects: EVERYBODY },
};

export function bootstrapSchemas(): readonly FlowSchema[] {
  return Object.entries(SCHEMAS).map(([name, { level, precedence, by, subjects, what = EVERYTHING }]) => ({
    ...head(FLOW_SCHEMAS, name),
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by ? { distinguisherMethod: { type: by } } : {}),
      rules: [{ subjects, ...what }],
    },
  }));
}
