import { beforeEach, describe, expect, it } from 'vitest';
import { formatPlan, type ApplicationPlan } from '../../src/gitops/index.ts';
import { effectOf, formatEffect } from '../../src/gitops/plan/effects.ts';
import { toPlanStep } from '../../src/gitops/plan/summary.ts';
import { changingSteps } from '../../src/gitops/plan/steps.ts';
import { digestOfSteps } from '../../src/gitops/plan/plan.ts';
import { withinBudget } from '../../src/gitops/apply/budget.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type InventoryItem } from '../../src/model/index.ts';
import { Planning, type Files } from './planning.ts';
import { configMapFile, deploymentFile } from './running.ts';

let planning: Planning;
beforeEach(async () => {
  planning = await Planning.create();
});

const APP = { 'web/app.yaml': deploymentFile('app', 2, 'x:1') };
const serviceFile = (name: string, app: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec:\n  selector: { app: ${app} }\n  ports: [{ port: 80 }]\n`;

async function change(before: Files, after: Files): Promise<ApplicationPlan> {
  return planning.plan(after, await planning.sync(before));
}

const effects = (plan: ApplicationPlan) => changingSteps(plan).map((step) => formatEffect(effectOf(step)));

describe('what a step does to pods', () => {
  it.each<[string, Files, Files, readonly (string | undefined)[]]>([
    ['a new workload starts them', {}, APP, ['starts 2 pods']],
    ['another image restarts them', APP, { 'web/app.yaml': deploymentFile('app', 2, 'x:2') }, ['restarts 2 pods']],
    ['another count scales them', APP, { 'web/app.yaml': deploymentFile('app', 1, 'x:1') }, ['scales from 2 to 1 pod']],
    [
      'a label of the workload itself does nothing',
      APP,
      { 'web/app.yaml': APP['web/app.yaml'].replace('  name: app\n', '  name: app\n  labels: { a: b }\n') },
      [undefined],
    ],
    ['a workload that goes stops them', APP, {}, ['stops 2 pods']],
    ['a ConfigMap does nothing', {}, { 'web/a.yaml': configMapFile('a', {}) }, [undefined]],
  ])('%s', async (_name, before, after, expected) => {
    expect(effects(await change(before, after))).toEqual(expected);
  });
});

describe('an object that cannot be changed to what is asked', () => {
  const before = APP;
  const after = { 'web/app.yaml': deploymentFile('app', 2, 'x:1').replaceAll('app: app', 'app: other') };
  const budget = (plan: ApplicationPlan, approved = (_digest: string) => false) =>
    withinBudget({ plan, owned: 1, approved, goesBack: async () => false });

  it('is planned to be deleted and made anew, with the reason', async () => {
    const plan = await change(before, after);
    expect(plan.steps).toMatchObject([{ op: 'replace', because: 'spec.selector: field is immutable' }]);
    expect(plan.warnings).toEqual(['Deployment default/app is deleted and made anew: spec.selector: field is immutable']);
    expect(effects(plan)).toEqual(['ends 2 pods before it starts them anew']);
    expect(formatPlan(plan)).toContain('± replace Deployment default/app  web/app.yaml:1');
  });

  it('is shown without what the server fills in again, and without what Git no longer asks for', async () => {
    const labelled = { 'web/app.yaml': before['web/app.yaml'].replace('metadata:', 'metadata:\n  labels: { old: label, kept: label }') };
    const relabelled = { 'web/app.yaml': after['web/app.yaml'].replace('metadata:', 'metadata:\n  labels: { kept: label }') };
    const lines = formatPlan(await change(labelled, relabelled)).split('\n');
    expect(lines.filter((line) => /^ {4}[+-]/.test(line)).map((line) => line.trim().replace(/ +/, ' '))).toEqual([
      '- old: label',
      '- app: app',
      '+ app: other',
      '- app: app',
      '+ app: other',
    ]);
  });

  it('stays until a person agrees to just that', async () => {
    const plan = await change(before, after);
    const held = await budget(plan);
    expect(held.steps).toMatchObject([{ op: 'keep' }]);
    expect(held.held[0]!.reason).toContain('slipway approve web');
    expect(formatPlan(held).split('\n')).toEqual(
      expect.arrayContaining([
        'web 1a2b3c4 "change it" by Ada: 1 held back',
        '± replace Deployment default/app  web/app.yaml:1  ends 2 pods before it starts them anew  waits for approval',
      ]),
    );
    expect(formatPlan(held, { format: 'markdown' })).toMatch(/^### web: 1 held back\n[^]*<b>replace<\/b> .* · waits for approval</);
    expect(JSON.parse(formatPlan(held, { format: 'json' }))).toMatchObject({
      held: [{ step: { op: 'replace', name: 'app', file: 'web/app.yaml' } }],
    });
    const digest = digestOfSteps([held.held[0]!.step!]);
    expect((await budget(plan, (asked) => asked === digest)).steps).toMatchObject([{ op: 'replace' }]);
    expect((await budget(plan, (asked) => asked === 'other')).steps).toMatchObject([{ op: 'keep' }]);
  });

  it('is another one afterwards', async () => {
    const inventory = await planning.sync(before);
    const uid = (await planning.client.get(DEPLOYMENTS, 'app', 'default')).metadata.uid;
    const report = await planning.apply(await planning.plan(after, inventory));
    expect(report.ended).toBe('complete');
    const live = await planning.client.get(DEPLOYMENTS, 'app', 'default');
    expect(live.spec.selector.matchLabels).toEqual({ app: 'other' });
    expect(live.metadata.uid).not.toBe(uid);
  });
});

describe('an object of another application', () => {
  it('is moved: it changes its application and nothing else', async () => {
    await planning.client.apply(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'page', namespace: 'default', labels: { 'slipway.dev/application': 'api' } },
      data: { a: '1' },
    });
    const plan = await planning.plan({ 'web/page.yaml': configMapFile('page', { a: '1' }) });
    expect(plan.steps.map(toPlanStep)).toMatchObject([{ op: 'move', from: 'api', name: 'page' }]);
    expect(formatPlan(plan)).toMatch(/1 to move\n> move {3}ConfigMap default\/page {2}from application api {2}web\/page.yaml:1$/);
  });
});

describe('a warning', () => {
  const inventory = async (files: Files): Promise<readonly InventoryItem[]> => planning.sync(files);

  it('names who set a value that is overwritten', async () => {
    const owned = await inventory(APP);
    const target = { kind: DEPLOYMENTS, namespace: 'default', name: 'app' };
    await planning.client.as('kubectl-scale').patch(target, { type: 'merge', patch: { spec: { replicas: 7 } } });
    expect((await planning.plan(APP, owned)).warnings).toEqual([
      'Deployment default/app: spec.replicas was set by kubectl-scale, and is overwritten',
    ]);
  });

  it.each<[string, Files]>([
    ['when its pods go', { 'web/svc.yaml': serviceFile('web', 'app') }],
    ['when they are scaled to nothing', { 'web/svc.yaml': serviceFile('web', 'app'), 'web/app.yaml': deploymentFile('app', 0, 'x:1') }],
    ['when it selects others', { ...APP, 'web/svc.yaml': serviceFile('web', 'else') }],
  ])('tells that a Service loses its endpoints %s', async (_name, after) => {
    const plan = await change({ ...APP, 'web/svc.yaml': serviceFile('web', 'app') }, after);
    expect(plan.warnings).toEqual([
      'Service default/web will have no endpoints: none of the pods that remain has the labels that it selects',
    ]);
  });

  it('is not given for a Service that keeps them, nor for one that never had any', async () => {
    const files = { ...APP, 'web/svc.yaml': serviceFile('web', 'app'), 'web/b.yaml': serviceFile('b', 'elsewhere') };
    expect((await change(files, { ...files, 'web/app.yaml': deploymentFile('app', 1, 'x:2') })).warnings).toEqual([]);
  });

  it('tells what goes with a namespace', async () => {
    const plan = await change({ 'web/ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n' }, {});
    expect(plan.warnings).toEqual(['Namespace shop is removed: everything in it goes too']);
  });
});

describe('a plan for a merge request', () => {
  it('has each object folded, with its place, its consequence and its diff', async () => {
    const plan = await change(APP, { 'web/app.yaml': deploymentFile('app', 2, 'x:2') });
    expect(formatPlan(plan, { format: 'markdown' })).toMatchInlineSnapshot(`
      "### web: 1 to update

      \`1a2b3c4\` change it (Ada)

      <details><summary><b>update</b> Deployment default/app · <code>web/app.yaml:1</code> · restarts 2 pods</summary>

      \`\`\`diff
      @@ spec.template.spec.containers[0].image web/app.yaml:15 @@
             containers:
               - name: main
      -          image: x:1
      +          image: x:2
                 imagePullPolicy: IfNotPresent
                 resources: {}
      \`\`\`

      </details>"
    `);
  });

  it('cannot be broken by what people write', async () => {
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', { text: '```\n</details><script>' }) });
    const shown = formatPlan({ ...plan, commit: { ...plan.commit, subject: '<b>[x](y)' } }, { format: 'markdown' });
    expect(shown).toContain('````diff');
    expect(shown).toContain('&lt;b&gt;\\[x\\](y)');
  });
});

it('a plan for programs is the same in JSON and YAML', async () => {
  const plan = await change(APP, { 'web/app.yaml': deploymentFile('app', 3, 'x:1') });
  expect(JSON.parse(formatPlan(plan, { format: 'json' }))).toMatchObject({
    counts: { update: 1 },
    steps: [
      {
        op: 'update',
        changes: [{ field: 'spec.replicas', before: 2, after: 3, file: 'web/app.yaml', line: 6 }],
        effect: { kind: 'scale', from: 2, pods: 3 },
      },
    ],
  });
  expect(formatPlan(plan, { format: 'yaml' })).toContain('field: spec.replicas');
});
