import { dns1123Subdomain } from '../../meta/index.ts';
import { PLANS, type Plan } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';
import { choice, listOf, objectSchema, struct, text, time, whole } from './schema.ts';

const OUTCOMES = ['applied', 'failed', 'skipped', 'running'];

const step = struct(
  'What becomes of one object.',
  {
    op: choice('What is done.', 'create', 'update', 'move', 'replace', 'prune', 'hook', 'keep'),
    phase: choice('When a hook runs.', 'PreSync', 'Sync', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete'),
    apiVersion: text('Its group and version.'),
    kind: text('Its kind.'),
    namespace: text('Its namespace, if its kind has one.'),
    name: text('Its name.'),
    uid: text('The identity of the live object that the step is bound to.'),
    file: text('Where its manifest stands.'),
    line: { type: 'integer', format: 'int32', description: 'The line at which its manifest begins.' },
    fields: listOf({ type: 'string' }, 'The fields that change: paths, never values.'),
    change: text('Digest of the change: what an approval binds.'),
    resourceVersion: text('The revision of the live object that was read.'),
    from: text('The application that it comes from.'),
    effect: struct(
      'What it does to pods.',
      {
        kind: choice('What happens to them.', 'none', 'start', 'stop', 'restart', 'scale', 'replace'),
        pods: whole('How many they are afterwards, or were; absent where the nodes decide.'),
        from: whole('How many there were.'),
      },
      ['kind'],
    ),
    outcome: choice('What came of it.', ...OUTCOMES),
    message: text('Why it failed or was left out.'),
  },
  ['op', 'apiVersion', 'kind', 'name'],
);

const SCHEMA = objectSchema(
  'One sync of one application: what was shown, and what came of it.',
  {
    spec: struct(
      'What was shown.',
      {
        application: text('The application that is synced.'),
        revision: text('The commit that it is synced to.'),
        author: text('Who made the commit.'),
        message: text("The first line of the commit's message."),
        drift: { type: 'boolean', description: 'It puts back what others changed: the commit was applied before.' },
        steps: listOf(step, 'What is done, in order.'),
        warnings: listOf({ type: 'string' }, 'What a person should know before it is applied.'),
        digest: text('Digest of all steps: what an approval names.'),
      },
      ['application', 'revision', 'steps', 'digest'],
    ),
    status: struct('What came of it.', {
      phase: choice('How far it is.', 'Pending', 'Applying', 'Waiting', 'Applied', 'Failed', 'Superseded'),
      message: text('Why it failed or waits.'),
      attempt: whole('How often it was begun.'),
      startedAt: time('When its first step was begun.'),
      finishedAt: time('When its last step was done.'),
      waiting: struct('What it waits for.', { stage: text('Its stage.'), since: time('Since when.') }, ['stage', 'since']),
      durations: listOf(
        struct(
          'How long a stage of the way from the commit took.',
          { stage: choice('Which.', 'read', 'plan', 'apply', 'wait'), milliseconds: whole('How long.') },
          ['stage', 'milliseconds'],
        ),
        'In the order of the way.',
      ),
      steps: listOf(
        struct('What came of one step.', { outcome: choice('What came of it.', ...OUTCOMES), message: text('Why.') }, ['outcome']),
        'In the order of the plan.',
      ),
    }),
  },
  ['spec'],
);

export const PLAN = declareKind<Plan>({
  ref: PLANS,
  schema: { custom: () => SCHEMA },
  name: dns1123Subdomain,
  categories: ['slipway'],
  subresources: ['status'],
  initialStatus: (plan) => ({ phase: 'Pending', ...plan.status }),
  validate: ({ spec }, old) => (old ? immutable(spec, old.spec, ['spec']) : []),
  raisesGeneration: specChanged,
  columns: [NAME, ...['Application', 'Revision', 'Phase', 'Changes'].map(textColumn), AGE, wideColumn('Message')],
  row: (plan, clock) => {
    const { application, revision, steps } = plan.spec;
    const told = [application, revision.slice(0, 7), plan.status?.phase ?? 'Pending', changesCell(steps)];
    return [plan.metadata.name, ...told, ageOf(plan, clock), plan.status?.message ?? ''];
  },
});

/** `2 create, 1 update`: how many objects of which fate; `none` when everything is kept. */
function changesCell(steps: Plan['spec']['steps']): string {
  const counts = (['create', 'update', 'move', 'replace', 'prune', 'hook'] as const).map((op) => ({
    op,
    count: steps.filter((step) => step.op === op).length,
  }));
  return (
    counts
      .filter(({ count }) => count > 0)
      .map(({ op, count }) => `${count} ${op}`)
      .join(', ') || 'none'
  );
}
