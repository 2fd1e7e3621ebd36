import { dns1123Label, dns1123Subdomain } from '../../meta/index.ts';
import { APPLICATIONS, type Application } from '../../types/index.ts';
import { invalid } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import type { FieldProblem } from '../kind.ts';
import { CONDITIONS, choice, flag, listOf, objectSchema, struct, text, time } from './schema.ts';

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
    return [application.metadata.name, ...told, ageOf(application, clock), spec.path, status.healthMessage ?? ''];
  },
});

function validateApplication({ spec }: Application): FieldProblem[] {
  const { path = '', namespace } = spec ?? {};
  const escapes = path.startsWith('/') || path.split('/').includes('..');
  return [
    ...(path === '' ? [invalid(['spec', 'path'], path, 'must name a directory of the repository, or `.` for the files at the top')] : []),
    ...(escapes ? [invalid(['spec', 'path'], path, 'must be a path inside the repository')] : []),
    ...(namespace ? dns1123Label(namespace).map((why) => invalid(['spec', 'namespace'], namespace, why)) : []),
  ];
}
