import { beforeEach, describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  JOBS,
  NAMESPACES,
  PODS,
  REPLICATION_CONTROLLERS,
  type KindRef,
  type KubeObject,
  type Namespace,
} from '../../../src/model/index.ts';
import type { DeleteQuery } from '../../../src/apiserver/api.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, configMap, pod } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const target = (name: string) => ({ kind: PODS, namespace: 'default', name });
const bind = (name: string) =>
  plane.client.post(
    { ...target(name), subresource: 'binding' },
    asManifest({ apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'n' } }),
  );

describe('delete', () => {
  test('of a pod that runs nowhere is at once', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.client.delete(target('a'));
    await expect(plane.client.get(PODS, 'a', 'default')).rejects.toMatchObject({ reason: 'NotFound', message: 'pods "a" not found' });
  });

  test('of a bound pod gives it its grace, and a second one with grace 0 ends it', async () => {
    await plane.client.create(PODS, pod('a'));
    await bind('a');
    await plane.client.delete(target('a'));
    const going = await plane.client.get(PODS, 'a', 'default');
    expect(going.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 });
    await plane.client.delete(target('a'), { gracePeriodSeconds: 0, preconditions: { uid: going.metadata.uid! } });
    await expect(plane.client.get(PODS, 'a', 'default')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('with another uid in mind is a conflict', async () => {
    await plane.client.create(PODS, pod('a'));
    const why = 'Operation cannot be fulfilled on Pod "a": the UID in the precondition (other) does not match the UID in record';
    await expect(plane.client.delete(target('a'), { preconditions: { uid: 'other' } })).rejects.toThrow(why);
  });

  test('waits for finalizers, and ends when the last one goes', async () => {
    const { client } = plane;
    const held = configMap('a');
    await client.create(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['x.io/hold'] } });
    await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' });
    const going = await client.get(CONFIG_MAPS, 'a', 'default');
    expect(going.metadata.deletionTimestamp).toBeDefined();
    await client.update(CONFIG_MAPS, { ...going, metadata: { ...going.metadata, finalizers: [] } });
    await expect(client.get(CONFIG_MAPS, 'a', 'default')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test.each([
    ['a write', {}],
    ['a dry run', { dryRun: true }],
  ])('tells %s of the same name that the old object is still going', async (_, options) => {
    const { client } = plane;
    const held = configMap('held');
    await client.create(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: ['x.io/hold'] } });
    await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'held' });
    await expect(client.create(CONFIG_MAPS, held, options)).rejects.toMatchObject({
      reason: 'AlreadyExists',
      message: 'object is being deleted: configmaps "held" already exists',
    });
  });

  test.each([
    ['Foreground', 'foregroundDeletion'],
    ['Orphan', 'orphan'],
  ] as const)('with propagation %s leaves the finalizer %s for the garbage collector', async (propagation, finalizer) => {
    await plane.client.create(CONFIG_MAPS, configMap('a'));
    await plane.client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' }, { propagation });
    expect((await plane.client.get(CONFIG_MAPS, 'a', 'default')).metadata.finalizers).toEqual([finalizer]);
  });

  const template = { metadata: { labels: { app: 'a' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', namespace: 'default' }, spec: { template } };
  const always = { ...template, spec: { ...template.spec, restartPolicy: 'Always' } };
  const controller = { ...job, apiVersion: 'v1', kind: 'ReplicationController', spec: { template: always } };
  const inForeground = { ...job, metadata: { ...job.metadata, finalizers: ['x.io/hold', 'foregroundDeletion'] } };
  const unsaid: [string, KindRef<KubeObject>, object, DeleteQuery, string[] | undefined][] = [
    ['a job leaves its pods', JOBS, job, {}, ['orphan']],
    ['a replication controller leaves its pods', REPLICATION_CONTROLLERS, controller, {}, ['orphan']],
    ['a job takes its pods along where that is asked', JOBS, job, { propagationPolicy: 'Background' }, undefined],
    ['a job takes its pods along where its orphans are not wanted', JOBS, job, { orphanDependents: false }, undefined],
    ['a job that waits for its pods goes on doing so', JOBS, inForeground, {}, ['x.io/hold', 'foregroundDeletion']],
    ['any other object takes its dependents along', CONFIG_MAPS, configMap('a'), {}, undefined],
  ];
  describe.each(['alone', 'with its collection'])('%s', (how) => {
    test.each(unsaid)('%s', async (_, kind, object, query, finalizers) => {
      const { client, api } = plane;
      const place = { kind: api.kinds.byResource(kind.group, kind.version, kind.plural)!, namespace: 'default' };
      const caller = { user: 'jane', groups: [], manager: 'test' };
      await client.create(kind, object as KubeObject);
      if (how === 'alone') api.delete({ ...place, name: 'a' }, query, caller);
      else api.deleteCollection(place, query, caller);
      const { items } = await client.list(kind, { namespace: 'default' });
      expect(items.map(({ metadata }) => metadata.finalizers)).toEqual(finalizers ? [finalizers] : []);
    });
  });

  test.each(['default', 'slipway-system'])('of the namespace %s is refused', async (name) => {
    const { client } = plane;
    if (name !== 'default') await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await expect(client.delete({ kind: NAMESPACES, name })).rejects.toMatchObject({
      reason: 'Forbidden',
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });

  test('of a namespace holds it until it is finalized, and lets nothing new in', async () => {
    const { client } = plane;
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await client.delete({ kind: NAMESPACES, name: 'going' });
    const going: Namespace = await client.get(NAMESPACES, 'going');
    expect(going.status?.phase).toBe('Terminating');
    expect(going.metadata).toHaveProperty('deletionTimestamp');
    expect(going.metadata.deletionGracePeriodSeconds).toBeUndefined();
    const late = configMap('a');
    await expect(client.create(CONFIG_MAPS, { ...late, metadata: { ...late.metadata, namespace: 'going' } })).rejects.toMatchObject({
      reason: 'Forbidden',
      message: 'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
    });
    await client.put({ kind: NAMESPACES, name: 'going', subresource: 'finalize' }, asManifest({ ...going, spec: {} }));
    await expect(client.get(NAMESPACES, 'going')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('binding', () => {
  test('gives a pod its node, once', async () => {
    await plane.client.create(PODS, pod('a'));
    await bind('a');
    const bound = await plane.client.get(PODS, 'a', 'default');
    expect(bound.spec.nodeName).toBe('n');
    expect(bound.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await expect(bind('a')).rejects.toMatchObject({ reason: 'Conflict', message: expect.stringContaining('already assigned to node "n"') });
  });
});
