import { describe, expect, test } from 'vitest';
import { formatPath, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

function judge(apiVersion: string, kind: string, spec: object, { name = 'x', old }: { name?: string; old?: object } = {}): string[] {
  const found = registry.byApiVersion(apiVersion, kind)!;
  const made = (body: object) =>
    found.prepareCreate(found.defaults({ apiVersion, kind, metadata: { name, namespace: 'default' }, spec: body } as unknown as Manifest));
  return found.validate(made(spec), old && made(old)).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const selector = { matchLabels: { app: 'a' } };
const metadata = { labels: { app: 'a' } };
const mounts = (name: string) => ({ containers: [{ name: 'c', image: 'i', volumeMounts: [{ name, mountPath: '/d' }] }] });
const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
const set = (spec: object, more: object = {}) => ({ selector, template: { metadata, spec }, volumeClaimTemplates: [claim], ...more });

describe('a StatefulSet', () => {
  const judged = (spec: object, how: object = {}) => judge('apps/v1', 'StatefulSet', spec, how);
  const NOT_FOUND = 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "other"';

  test('has its claims among the volumes of its pods', () => {
    expect(judged(set(mounts('data')))).toEqual([]);
    expect(judged(set(mounts('other')))).toEqual([NOT_FOUND]);
  });

  test('is judged by its template when that is new', () => {
    expect(judged(set(mounts('other')), { old: set(mounts('other')) })).toEqual([]);
    expect(judged(set(mounts('other')), { old: set(mounts('data')) })).toEqual([NOT_FOUND]);
  });

  test('asks for claims that can be', () => {
    const volumeClaimTemplates = [{ ...claim, spec: { resources: claim.spec.resources } }];
    expect(judged(set(mounts('data'), { volumeClaimTemplates }))).toEqual([
      'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
    ]);
  });

  test('and its service are called what its pods can be called', () => {
    expect(judged(set(mounts('data'), { serviceName: 'a.b' }), { name: 'c.d' })).toEqual([
      'metadata.name: Invalid value: "c.d": must not contain dots',
      'spec.serviceName: Invalid value: "a.b": must not contain dots',
    ]);
  });
});

describe('an autoscaler', () => {
  const APPS = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const judged = (scaleTargetRef: object, how: object = {}) =>
    judge('autoscaling/v2', 'HorizontalPodAutoscaler', { scaleTargetRef, maxReplicas: 2 }, how);
  const refused = (version: string, why: string) => [`spec.scaleTargetRef.apiVersion: Invalid value: "${version}": ${why}`];

  test.each<[name: string, target: object, problems: string[]]>([
    ['a Deployment', APPS, []],
    ['one of no group', { ...APPS, apiVersion: 'v1' }, refused('v1', 'apiVersion must specify API group')],
    ['one of nothing', { ...APPS, apiVersion: undefined }, refused('', 'apiVersion must specify API group')],
    ['one of too much', { ...APPS, apiVersion: 'a/b/c' }, refused('a/b/c', 'unexpected GroupVersion string: a/b/c')],
    ['a ReplicationController', { ...APPS, apiVersion: 'v1', kind: 'ReplicationController' }, []],
  ])('scales %s', (_, target, problems) => {
    expect(judged(target)).toEqual(problems);
  });

  test('keeps a target that it has', () => {
    const old = { scaleTargetRef: { ...APPS, apiVersion: 'v1' }, maxReplicas: 3 };
    expect(judged(old.scaleTargetRef, { old })).toEqual([]);
  });

  test('goes down to nothing by what does not come from pods', () => {
    const spec = { scaleTargetRef: APPS, maxReplicas: 2, minReplicas: 0 };
    expect(judge('autoscaling/v2', 'HorizontalPodAutoscaler', spec)).toEqual([
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ]);
  });
});
