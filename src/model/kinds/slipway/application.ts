import { dns1123Label, dns1123Subdomain, durationMillis, type FieldPath } from '../../meta/index.ts';
import { APPLICATIONS, type Application } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { CONDITIONS, choice, flag, listOf, objectSchema, struct, text, time, whole } from './schema.ts';

const inventoryItem = struct(
  'An object that the application owns.',
  {
    apiVersion: text('Its group and version.'),
    kind: text('Its kind.'),
    namespace: text('Its namespace, if its kind has one.'),
    name: text('Its name.'),
    uid: text('Its identity.'),
    digest: text('Digest of the manifest that was applied last.'),
  },
  ['apiVersion', 'kind', 'name'],
);

const ignoreRule = struct('What a rule does not name fits anything.', {
  group: text('The group of the objects.'),
  kind: text('Their kind.'),
  namespace: text('Their namespace.'),
  name: text('Their name.'),
  fields: listOf({ type: 'string' }, 'Paths, such as `spec.replicas`.'),
  managers: listOf({ type: 'string' }, 'Field managers, whose fields are left to them.'),
});

const syncRecord = struct(
  'What came of one sync.',
  {
    revision: text('The commit.'),
    plan: text('The name of its plan.'),
    outcome: choice('What came of it.', 'Applied', 'Failed', 'Superseded'),
    finishedAt: time('When it ended.'),
  },
  ['revision', 'plan', 'outcome', 'finishedAt'],
);

const SCHEMA = objectSchema(
  'A directory of the repository that is planned and applied as one unit.',
  {
    spec: struct(
      'What is applied, and how.',
      {
        path: text("The directory, from the repository's manifest root; `.` is the files at the top."),
        namespace: text('The namespace of manifests that name none.'),
        sync: choice('Whether a commit is applied as soon as it is seen, or after an approval.', 'Automatic', 'Manual'),
        prune: flag('Whether objects that are no longer in the repository are deleted.'),
        selfHeal: flag('Whether objects that were changed by others are put back.'),
        suspend: flag('Whether nothing is changed for the time being.'),
        dependsOn: listOf({ type: 'string' }, 'Applications that must be synced and healthy before this one is applied.'),
        retry: struct('How a sync that fails is repeated.', {
          limit: { ...whole('How often; without it until it works.'), minimum: 0 },
          wait: text('The first wait, such as `5s`; each further one is twice as long.'),
          longestWait: text('The longest wait, such as `3m`.'),
        }),
        ignore: listOf(ignoreRule, 'Fields that are left to others.'),
        healthTimeout: text('How long it may take to become healthy, such as `5m`: then it is Degraded.'),
        budget: struct('How much one sync may prune without being asked.', {
          objects: { ...whole('How many objects.'), minimum: 0 },
          percent: { ...whole('Which part of all that it owns.'), minimum: 0, maximum: 100 },
        }),
        createNamespace: flag('Whether namespaces that its manifests name, and nobody makes, are made.'),
      },
      ['path'],
    ),
    status: struct('What came of it.', {
      revision: text('The commit that was applied last.'),
      observedRevision: text('The commit that was seen last, which may not have been applied.'),
      sync: choice('Whether the cluster is what the commit says.', 'Synced', 'OutOfSync', 'Unknown'),
      health: choice('How its objects are.', 'Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown'),
      healthMessage: text('What keeps it from being healthy.'),
      plan: text('The name of its latest plan.'),
      lastSyncTime: time('When it was applied last.'),
      inventory: listOf(inventoryItem, 'The objects that it owns.'),
      objects: whole('How many objects it had when a commit was applied in full last.'),
      history: listOf(syncRecord, 'The last syncs that changed something, newest first.'),
      conditions: CONDITIONS,
    }),
  },
  ['spec'],
);

export const APPLICATION = declareKind<Application>({
  ref: APPLICATIONS,
  schema: { custom: () => SCHEMA },
  name: dns1123Subdomain,
  shortNames: ['app', 'apps'],
  categories: ['slipway'],
  subresources: ['status'],
  defaults: (application) => ({
    ...application,
    spec: { namespace: 'default', sync: 'Automatic', prune: true, selfHeal: true, ...application.spec },
  }),
  initialStatus: () => ({}),
  validate: validateApplication,
  raisesGeneration: specChanged,
  columns: [NAME, ...['Revision', 'Sync', 'Health'].map(textColumn), AGE, ...['Path', 'Message'].map(wideColumn)],
  row: (application, clock) => {
    const { spec, status = {} } = application;
    const told = [(status.revision ?? '').slice(0, 7), status.sync ?? 'Unknown', status.health ?? 'Unknown'];
    return [application.metadata.name, ...told, ageOf(application, clock), spec.path, status.healthMessage?.split('\n', 1)[0] ?? ''];
  },
});

function validateApplication({ metadata, spec }: Application): FieldProblem[] {
  const { path = '', namespace, dependsOn = [], retry = {}, ignore = [], healthTimeout } = spec ?? {};
  const escapes = path.startsWith('/') || path.split('/').includes('..');
  return [
    ...(path === '' ? [invalid(['spec', 'path'], path, 'must name a directory of the repository, or `.` for the files at the top')] : []),
    ...(escapes ? [invalid(['spec', 'path'], path, 'must be a path inside the repository')] : []),
    ...(namespace ? dns1123Label(namespace).map((why) => invalid(['spec', 'namespace'], namespace, why)) : []),
    ...dependsOn.flatMap((name, i) => {
      if (name === metadata.name) return [invalid(['spec', 'dependsOn', i], name, 'must not be the application itself')];
      return dns1123Subdomain(name).map((why) => invalid(['spec', 'dependsOn', i], name, why));
    }),
    ...validateTime(['spec', 'healthTimeout'], healthTimeout),
    ...validateTime(['spec', 'retry', 'wait'], retry.wait),
    ...validateTime(['spec', 'retry', 'longestWait'], retry.longestWait),
    ...ignore.flatMap(({ fields = [], managers = [] }, i) =>
      fields.length + managers.length > 0 ? [] : [required(['spec', 'ignore', i], 'name fields or managers that are left to others')],
    ),
  ];
}

function validateTime(path: FieldPath, text: string | undefined): FieldProblem[] {
  if (text === undefined || durationMillis(text) !== undefined) return [];
  return [invalid(path, text, 'must be a time such as `30s`, `5m` or `1h30m`')];
}
