import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplicationPlan } from '../../src/gitops/index.ts';
import { changesBetween } from '../../src/gitops/plan/changes.ts';
import { makePlan } from '../../src/gitops/plan/plan.ts';
import { fateOf } from '../../src/gitops/plan/prunes.ts';
import { parseField } from '../../src/gitops/lint/faults.ts';
import { syncDigest } from '../../src/gitops/plan/synced.ts';
import { CONFIG_MAPS, DEPLOYMENTS, formatPath, type InventoryItem, type Manifest } from '../../src/model/index.ts';
import { NOWHERE, Planning } from './planning.ts';
import { configMapFile, deploymentFile } from './running.ts';
import { COMMIT, manifest } from './values.ts';

let planning: Planning;
beforeEach(async () => {
  planning = await Planning.create();
});

const ops = ({ steps }: ApplicationPlan) => steps.map(({ op, target }) => `${op} ${target.name}`);
const fieldsOf = ({ steps }: ApplicationPlan) =>
  steps.flatMap((step) => (step.op === 'update' ? step.fields.map(({ path, line }) => `${formatPath(path)} at ${line}`) : []));

describe('a plan', () => {
  it('creates what is not there', async () => {
    expect(ops(await planning.plan({ 'web/a.yaml': configMapFile('a', {}) }))).toEqual(['create a']);
  });

  it('keeps what is as it should be: defaults, and fields that others set, are no differences', async () => {
    const files = { 'web/app.yaml': deploymentFile('app', 2, 'x:1') };
    await planning.sync(files);
    await planning.plane.client
      .as('kubectl-label')
      .patch(
        { kind: DEPLOYMENTS, namespace: 'default', name: 'app' },
        { type: 'merge', patch: { metadata: { labels: { theirs: 'x' } }, spec: { paused: true } } },
      );
    expect(ops(await planning.plan(files))).toEqual(['keep app']);
  });

  it('names the fields that an update changes, with their lines', async () => {
    await planning.sync({ 'web/app.yaml': deploymentFile('app', 2, 'x:1') });
    const plan = await planning.plan({ 'web/app.yaml': deploymentFile('app', 3, 'x:2') });
    expect(ops(plan)).toEqual(['update app']);
    expect(fieldsOf(plan)).toEqual(['spec.replicas at 6', 'spec.template.spec.containers[0].image at 15']);
  });

  it('takes over fields that another manager set to the same value', async () => {
    await planning.plane.client
      .as('kubectl')
      .create(CONFIG_MAPS, manifest('ConfigMap', 'a', { data: { x: '1' }, metadata: { labels: { 'slipway.dev/application': 'web' } } }));
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', { x: '1' }) });
    expect(fieldsOf(plan)).toEqual([expect.stringContaining('metadata.managedFields')]);
    await planning.sync({ 'web/a.yaml': configMapFile('a', { x: '1' }) });
    expect(ops(await planning.plan({ 'web/a.yaml': configMapFile('a', { x: '1' }) }))).toEqual(['keep a']);
  });

  it('needs no dry run for an unchanged manifest against unchanged fields', async () => {
    const files = { 'web/a.yaml': configMapFile('a', { x: '1' }) };
    await planning.sync(files);
    const live = (await planning.plane.client.get(CONFIG_MAPS, 'a', 'default')) as unknown as Manifest;
    const desired = await planning.desired(files);
    const inventory = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'default',
        name: 'a',
        uid: live.metadata.uid,
        digest: syncDigest(desired.objects[0]!.digest, live),
      },
    ];
    const refuse = () => Promise.reject(new Error('asked'));
    const tools = {
      client: { apply: refuse, create: refuse, update: refuse },
      live: { glimpse: () => live, read: refuse },
      kinds: planning.kinds,
      veil: planning.veil,
    };
    expect(ops(await makePlan({ commit: COMMIT, desired, inventory, prune: true, elsewhere: NOWHERE }, tools))).toEqual(['keep a']);
  });

  it('has the same digest for the same changes, and another for others', async () => {
    await planning.sync({ 'web/a.yaml': configMapFile('a', { x: '1' }) });
    const digest = async (value: string) => (await planning.plan({ 'web/a.yaml': configMapFile('a', { x: value }) })).digest;
    const first = await digest('2');
    const target = { kind: CONFIG_MAPS, namespace: 'default', name: 'a' };
    await planning.plane.client.as('other').patch(target, { type: 'merge', patch: { data: { theirs: 'x' } } });
    expect(await digest('2')).toBe(first);
    expect(await digest('3')).not.toBe(first);
  });

  it('has problems and no steps when the server refuses a manifest, with the place of the field', async () => {
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', {}), 'web/app.yaml': deploymentFile('app', -1, 'x') });
    expect(plan).toMatchObject({ steps: [], problems: [{ file: 'web/app.yaml', line: 6, code: 'Refused' }] });
  });

  it('names a namespace that is missing', async () => {
    const plan = await planning.plan({ 'web/a.yaml': configMapFile('a', {}, 'nowhere') });
    expect(plan.problems[0]?.message).toBe(
      'ConfigMap nowhere/a: namespaces "nowhere" not found: commit the Namespace too, or let its Application say "createNamespace: true"',
    );
  });

  it('fails when the cluster cannot be read: nothing is taken for absent', async () => {
    const tools = {
      client: planning.plane.client,
      live: { glimpse: () => undefined, read: () => Promise.reject(new Error('no answer')) },
      kinds: planning.kinds,
      veil: planning.veil,
    };
    const desired = await planning.desired({ 'web/a.yaml': configMapFile('a', {}) });
    await expect(makePlan({ commit: COMMIT, desired, inventory: [], prune: true, elsewhere: NOWHERE }, tools)).rejects.toThrow('no answer');
  });

  it('prunes in the opposite order of applying', async () => {
    const files = { 'web/a.yaml': configMapFile('a', {}), 'web/app.yaml': deploymentFile('app', 1, 'x') };
    await planning.sync(files);
    const inventory = (await planning.desired(files)).objects.map(({ object, kind, name }) => ({
      apiVersion: object.apiVersion,
      kind: kind.kind,
      namespace: 'default',
      name,
    }));
    expect(ops(await planning.plan({ 'web/b.yaml': configMapFile('b', {}) }, inventory))).toEqual(['create b', 'prune app', 'prune a']);
  });
});

describe('what becomes of an object that the application no longer declares', () => {
  const item: InventoryItem = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a', uid: 'u1' };
  const live = (uid: string, application?: string) =>
    manifest('ConfigMap', 'a', { metadata: { uid, labels: application ? { 'slipway.dev/application': application } : {} } });
  const marked = manifest('ConfigMap', 'a', {
    metadata: {
      uid: 'u1',
      labels: { 'slipway.dev/application': 'web' },
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
    },
  });
  const IN_API = { ...NOWHERE, claimant: () => 'api' };
  const LEFT_IN_API = { ...IN_API, isTakenOver: () => false };

  it.each([
    ['ours is pruned', live('u1', 'web'), NOWHERE, 'prune'],
    ['ours is pruned though its label was taken off', live('u1'), NOWHERE, 'prune'],
    ['ours is pruned though it was made anew under our label', live('u2', 'web'), NOWHERE, 'prune'],
    ['one that is gone is forgotten', undefined, NOWHERE, 'forget'],
    ['one that another application has is forgotten', live('u1', 'api'), NOWHERE, 'forget'],
    ['one that another application declares is ours until that has it', live('u1', 'web'), IN_API, { moveTo: 'api' }],
    ['one that another application declares and leaves alone is forgotten', live('u1', 'web'), LEFT_IN_API, 'forget'],
    ['one that another application declares and a person marked to be left alone is forgotten', marked, IN_API, 'forget'],
    ['one that somebody made anew is forgotten', live('u2'), NOWHERE, 'forget'],
    [
      'one that may stand in an unreadable file is held',
      live('u1', 'web'),
      { ...NOWHERE, doubt: () => 'api/x.yaml' },
      { hold: 'it may have moved to api/x.yaml, which cannot be read' },
    ],
  ] as const)('%s', (_name, object, elsewhere, expected) => {
    expect(fateOf(item, object, { application: 'web', elsewhere })).toEqual(expected);
  });
});

describe('changes between two values', () => {
  const paths = (before: unknown, after: unknown) => changesBetween(before, after).map(({ path }) => formatPath(path));

  it.each([
    ['nothing', { a: 1 }, { a: 1 }, []],
    ['a leaf', { a: { b: 1, c: 1 } }, { a: { b: 2, c: 1 } }, ['a.b']],
    ['an added and a removed field', { a: 1 }, { b: 1 }, ['a', 'b']],
    ['items by place', { a: [1, 2] }, { a: [1, 3, 4] }, ['a[1]', 'a[2]']],
    ['named items by name', { c: [{ name: 'a', v: 1 }] }, { c: [{ name: 'new' }, { name: 'a', v: 2 }] }, ['c[0]', 'c[1].v']],
    ['a removed named item', { c: [{ name: 'a' }, { name: 'b' }] }, { c: [{ name: 'b' }] }, ['c[0]']],
    ['another type', { a: { b: 1 } }, { a: [1] }, ['a']],
  ])('%s', (_name, before, after, expected) => {
    expect(paths(before, after)).toEqual(expected);
  });
});

describe('a field as Kubernetes writes it', () => {
  it.each([
    ['spec.replicas', ['spec', 'replicas']],
    ['spec.containers[0].env[12].name', ['spec', 'containers', 0, 'env', 12, 'name']],
    ['metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  ])('%s', (text, path) => {
    expect(parseField(text)).toEqual(path);
  });
});
