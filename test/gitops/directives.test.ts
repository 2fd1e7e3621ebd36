import { describe, expect, it, test } from 'vitest';
import { PLAIN, readDirectives } from '../../src/gitops/desired/directives.ts';
import { DesiredBuilder } from '../../src/gitops/desired/desired.ts';
import { KindLookup } from '../../src/gitops/desired/kinds.ts';
import { formatStage } from '../../src/gitops/desired/stages.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { render } from '../../src/gitops/render/render.ts';
import { Veil } from '../../src/gitops/veil.ts';
import { KindsOnly, manifest, snapshotOf } from './values.ts';

const ARGO = 'argocd.argoproj.io/';
const FLUX = 'kustomize.toolkit.fluxcd.io/';
const read = (annotations: Readonly<Record<string, string>>) => readDirectives(manifest('ConfigMap', 'a', { metadata: { annotations } }));

describe('an annotation', () => {
  test.each([
    [{ [`${ARGO}sync-wave`]: '-5' }, { wave: -5 }],
    [{ [`${ARGO}hook`]: 'PreSync' }, { hooks: ['PreSync'] }],
    [{ [`${ARGO}hook`]: 'PreSync, PostSync' }, { hooks: ['PreSync', 'PostSync'] }],
    [{ [`${ARGO}hook`]: 'Skip' }, { hooks: [], apply: 'never' }],
    [{ [`${ARGO}hook`]: 'PostDelete' }, { hooks: ['PostDelete'] }],
    [{ [`${ARGO}hook-delete-policy`]: 'HookSucceeded,HookFailed' }, { hookDelete: ['Succeeded', 'Failed'] }],
    [{ [`${ARGO}hook-delete-policy`]: 'BeforeHookCreation' }, { hookDelete: [] }],
    [{ [`${ARGO}sync-options`]: 'Prune=false' }, { keepWhenRemoved: true }],
    [{ [`${ARGO}sync-options`]: 'Delete=false' }, { keepWithoutApplication: true }],
    [{ [`${ARGO}sync-options`]: 'Prune=confirm' }, { askWhenRemoved: true }],
    [{ [`${ARGO}sync-options`]: 'Delete=confirm' }, { askWhenRemoved: true }],
    [{ [`${ARGO}sync-options`]: 'Replace=true,Force=true' }, { replace: true, force: true }],
    [{ [`${ARGO}sync-options`]: 'ServerSideApply=true,PruneLast=true' }, {}],
    [{ [`${ARGO}sync-options`]: 'SkipDryRunOnMissingResource=true' }, { awaitKind: true }],
    [{ [`${ARGO}sync-options`]: 'CreateNamespace=true' }, { createNamespace: true }],
    [{ [`${FLUX}prune`]: 'disabled' }, { keepWhenRemoved: true }],
    [{ [`${FLUX}force`]: 'enabled' }, { force: true }],
    [{ [`${FLUX}reconcile`]: 'disabled' }, { apply: 'never' }],
    [{ [`${FLUX}ssa`]: 'IfNotPresent' }, { apply: 'once' }],
    [{ [`${FLUX}ssa`]: 'Ignore' }, { apply: 'never' }],
    [{ [`${FLUX}ssa`]: 'Merge' }, {}],
    [{ 'config.kubernetes.io/depends-on': '/namespaces/default/ConfigMap/b' }, { dependsOn: ['/ConfigMap/default/b'] }],
    [
      { 'config.kubernetes.io/depends-on': 'apps/namespaces/shop/Deployment/db, rbac.authorization.k8s.io/ClusterRole/reader' },
      { dependsOn: ['apps/Deployment/shop/db', 'rbac.authorization.k8s.io/ClusterRole//reader'] },
    ],
    [{ 'example.com/other': 'x' }, {}],
  ])('%j is understood', (annotations, expected) => {
    expect(read(annotations)).toEqual({ directives: { ...PLAIN, ...expected }, faults: [] });
  });

  test.each([
    [{ [`${ARGO}sync-wave`]: 'first' }, 'argocd.argoproj.io/sync-wave: expected a whole number such as "-1", not "first"'],
    [{ [`${ARGO}hook`]: 'Presync' }, 'argocd.argoproj.io/hook: there is no hook Presync: expected PreSync, Sync, PostSync, SyncFail, PreDelete, PostDelete, Skip'],
    [{ [`${ARGO}hook-delete-policy`]: 'Never' }, 'argocd.argoproj.io/hook-delete-policy: there is no policy Never: expected HookSucceeded, HookFailed, BeforeHookCreation'],
    [{ 'config.kubernetes.io/depends-on': 'Deployment/db' }, 'config.kubernetes.io/depends-on: expected GROUP/namespaces/NAMESPACE/KIND/NAME or GROUP/KIND/NAME, not "Deployment/db"'],
  ])('%j is refused with what was expected', (annotations, message) => {
    expect(read(annotations).faults.map((fault) => fault.message)).toEqual([message]);
  }); // prettier-ignore
});

describe('the order of an application', () => {
  const file = (kind: string, name: string, annotations: Readonly<Record<string, string>> = {}) =>
    JSON.stringify({
      apiVersion: kind === 'Deployment' ? 'apps/v1' : kind === 'Job' ? 'batch/v1' : 'v1',
      kind,
      metadata: { name, annotations },
    });
  const build = async (files: Readonly<Record<string, string>>) => {
    const [directory] = snapshotOf(files).directories;
    const builder = new DesiredBuilder(new KindLookup(new KindsOnly()), new Veil('key'));
    return builder.build(await render(directory!, new RenderCache()), { application: 'web', namespace: 'default', revision: '1a2b3c4' });
  };
  const stages = (objects: Awaited<ReturnType<typeof build>>['objects']) =>
    objects.map(({ name, stage }) => `${name}: ${formatStage(stage)}`);

  it('is by wave, then by what stands on what, then by kind', async () => {
    const { objects } = await build({
      'web/all.yaml': [
        file('Deployment', 'late', { [`${ARGO}sync-wave`]: '1' }),
        file('Deployment', 'app', { 'config.kubernetes.io/depends-on': 'apps/namespaces/default/Deployment/db' }),
        file('Deployment', 'db'),
        file('ConfigMap', 'conf'),
        file('Namespace', 'shop'),
        file('ConfigMap', 'early', { [`${ARGO}sync-wave`]: '-1' }),
      ].join('\n---\n'),
    });
    expect(stages(objects)).toEqual([
      'early: wave -1',
      'shop: the namespaces and definitions',
      'conf: wave 0',
      'db: wave 0',
      'app: wave 0, step 2',
      'late: wave 1',
    ]);
  });

  it('keeps hooks apart, each in its phases', async () => {
    const { objects, hooks } = await build({
      'web/hooks.yaml': [
        file('Job', 'check', { [`${ARGO}hook`]: 'PreSync,PostSync' }),
        file('Job', 'first', { [`${ARGO}hook`]: 'PreSync', [`${ARGO}sync-wave`]: '-1' }),
      ].join('\n---\n'),
    });
    expect(objects).toEqual([]);
    expect(stages(hooks)).toEqual(['first: the PreSync hooks of wave -1', 'check: the PreSync hooks', 'check: the PostSync hooks']);
  });

  it('names what depends on itself, and on what is not there', async () => {
    const on = (name: string) => ({ 'config.kubernetes.io/depends-on': `/namespaces/default/ConfigMap/${name}` });
    const { problems } = await build({
      'web/a.yaml': file('ConfigMap', 'a', on('b')),
      'web/b.yaml': file('ConfigMap', 'b', on('a')),
      'web/c.yaml': file('ConfigMap', 'c', on('nowhere')),
    });
    expect(problems.map(({ file: path, message }) => `${path} ${message}`)).toEqual([
      'web/a.yaml ConfigMap default/a depends on itself: ConfigMap default/a → ConfigMap default/b → ConfigMap default/a',
      'web/c.yaml ConfigMap default/c depends on ConfigMap/default/nowhere, which this application does not have',
    ]);
  });
});
