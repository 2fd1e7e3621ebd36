import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatPlan, toPlanStep } from '../../src/gitops/index.ts';
import { UNCOMMITTED } from '../../src/gitops/source/worktree.ts';
import { Planning } from './planning.ts';
import { configMapFile, deploymentFile } from './running.ts';
import { COMMIT } from './values.ts';

let planning: Planning;
beforeEach(async () => {
  planning = await Planning.create();
});

describe('the view of a plan', () => {
  const views = async (format: 'diff' | 'stat', colour = false) => {
    await planning.sync({ 'web/app.yaml': deploymentFile('app', 2, 'x:1'), 'web/old.yaml': configMapFile('old', { gone: '1' }) });
    const inventory = [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'old' }];
    const plan = await planning.plan(
      { 'web/app.yaml': deploymentFile('app', 3, 'x:1'), 'web/new.yaml': configMapFile('new', { a: 'line one\nline two\n' }) },
      inventory,
    );
    return formatPlan(plan, { format, colour });
  };

  it('as a diff shows what changes, with file and line, and no bookkeeping', async () => {
    expect(await views('diff')).toMatchInlineSnapshot(`
      "web 1a2b3c4 "change it" by Ada: 1 to create, 1 to update, 1 to prune
      + create ConfigMap default/new  web/new.yaml:1
          +apiVersion: v1
          +kind: ConfigMap
          +metadata:
          +  name: new
          +  namespace: default
          +  labels:
          +    slipway.dev/application: web
          +data:
          +  a: |
          +    line one
          +    line two
      ~ update Deployment default/app  web/app.yaml:1  scales from 2 to 3 pods
        @@ spec.replicas  web/app.yaml:6 @@
           spec:
             progressDeadlineSeconds: 600
          -  replicas: 2
          +  replicas: 3
             revisionHistoryLimit: 10
             selector:
      - prune  ConfigMap default/old
          -apiVersion: v1
          -kind: ConfigMap
          -metadata:
          -  name: old
          -  namespace: default
          -  labels:
          -    slipway.dev/application: web
          -data:
          -  gone: "1""
    `);
  });

  it('as a summary names objects and fields', async () => {
    expect(await views('stat')).toMatchInlineSnapshot(`
      "web 1a2b3c4 "change it" by Ada: 1 to create, 1 to update, 1 to prune
      + create ConfigMap default/new  web/new.yaml:1
      ~ update Deployment default/app  web/app.yaml:1  scales from 2 to 3 pods
          spec.replicas
      - prune  ConfigMap default/old"
    `);
  });

  it('is coloured where that is asked for, and says the same', async () => {
    const coloured = await views('diff', true);
    expect(coloured).toContain('\u001b[32m');
    expect(stripVTControlCharacters(coloured)).toBe(await views('diff'));
  });

  it('as JSON is for programs', async () => {
    const plan = await planning.plan({ 'web/new.yaml': configMapFile('new', {}) });
    const [step] = plan.steps;
    expect(JSON.parse(formatPlan(plan, { format: 'json' }))).toMatchObject({
      application: 'web',
      commit: { oid: COMMIT.oid },
      counts: { create: 1 },
      steps: [toPlanStep(step!)],
      problems: [],
    });
  });

  it('as JSON has no commit where nothing is committed', async () => {
    const plan = await planning.plan({ 'web/new.yaml': configMapFile('new', {}) });
    expect(JSON.parse(formatPlan({ ...plan, commit: UNCOMMITTED }, { format: 'json' }))).toMatchObject({
      application: 'web',
      commit: null,
    });
  });

  it('cuts a long object short', async () => {
    const data = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key-${i}`, 'x']));
    expect(formatPlan(await planning.plan({ 'web/new.yaml': configMapFile('new', data) }))).toMatch(/ … \d+ more lines$/);
  });

  it('of problems lists them and says that nothing changes', async () => {
    const plan = await planning.plan({ 'web/a.yaml': 'kind: A\n' });
    expect(formatPlan(plan)).toBe(
      'web 1a2b3c4 "change it" by Ada: 2 problems, nothing is changed\n  web/a.yaml:1:1: apiVersion is missing\n  web/a.yaml:1:1: metadata.name is missing',
    );
  });
});
