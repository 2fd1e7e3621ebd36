import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BareCluster, hasClients } from './shell.ts';

/** The library that most programs in JavaScript use. */
describe.skipIf(!hasClients)('@kubernetes/client-node', { timeout: 30_000 }, () => {
  const cluster = new BareCluster();
  const config = new KubeConfig();
  let core: CoreV1Api;
  beforeAll(async () => {
    await cluster.up(1);
    config.loadFromFile(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  afterAll(() => cluster.close());

  async function inNamespace(namespace: string) {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const make = (name: string, data: Record<string, string> = {}) =>
      core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { made: 'here' } }, data } });
    return { namespace, make };
  }

  test('lists in pages and by selectors', async () => {
    const { namespace, make } = await inNamespace('listing');
    for (const name of ['a', 'b', 'c']) await make(name);
    const labelSelector = 'made=here';
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector, limit: 2 });
    expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b']);
    const { _continue: next } = first.metadata!;
    const rest = await core.listNamespacedConfigMap({ namespace, labelSelector, limit: 2, _continue: next });
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['c']);
    expect(rest.metadata).not.toHaveProperty('_continue', expect.any(String));
    const [one] = (await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=b' })).items;
    expect(one?.metadata?.creationTimestamp).toBeInstanceOf(Date);
  });

  test('watches from a revision', async () => {
    const { namespace, make } = await inNamespace('watching');
    const list = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const enough = Promise.withResolvers<void>();
    const resourceVersion = list.metadata!.resourceVersion!;
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion, labelSelector: 'made=here' },
      (type, object: V1ConfigMap) => {
        seen.push(`${type} ${object.metadata?.name}`);
        if (type === 'DELETED') enough.resolve();
      },
      () => {},
    );
    await make('seen');
    await core.patchNamespacedConfigMap(
      { namespace, name: 'seen', body: { data: { a: '1' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
    await enough.promise;
    controller.abort();
    expect(seen).toEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen']);
  });

  test('keeps an informer', async () => {
    const { namespace, make } = await inNamespace('informing');
    await make('before');
    const list = () => core.listNamespacedConfigMap({ namespace });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'made=here');
    const told: string[] = [];
    const gone = Promise.withResolvers<void>();
    const added = Promise.withResolvers<void>();
    informer.on('add', ({ metadata }) => {
      told.push(`add ${metadata?.name}`);
      if (metadata?.name === 'after') added.resolve();
    });
    informer.on('delete', ({ metadata }) => {
      told.push(`delete ${metadata?.name}`);
      gone.resolve();
    });
    await informer.start();
    await make('after', { a: '1' });
    await added.promise;
    expect(informer.get('after', namespace)?.data).toEqual({ a: '1' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'before' });
    await gone.promise;
    await informer.stop();
    expect(told.filter((text) => !text.includes('kube-root-ca'))).toEqual(['add before', 'add after', 'delete before']);
  });

  test('patches in all types, and applies', async () => {
    const { namespace, make } = await inNamespace('patching');
    await make('x', { a: '1' });
    const patch = async (strategy: string, body: object, options: object = {}) => {
      const asked = { namespace, name: 'x', body, ...options };
      return (await core.patchNamespacedConfigMap(asked, setHeaderOptions('Content-Type', strategy))).data;
    };
    expect(await patch(PatchStrategy.JsonPatch, [{ op: 'replace', path: '/data/a', value: '2' }])).toEqual({ a: '2' });
    expect(await patch(PatchStrategy.MergePatch, { data: { a: null, b: '3' } })).toEqual({ b: '3' });
    expect(await patch(PatchStrategy.StrategicMergePatch, { data: { c: '4' } })).toEqual({ b: '3', c: '4' });
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { b: 'mine' } };
    const refused = await patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'me' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiException);
    expect(refused).toMatchObject({ code: 409 });
    expect(await patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'me', force: true })).toEqual({ b: 'mine', c: '4' });
    const { metadata } = await core.readNamespacedConfigMap({ namespace, name: 'x' });
    expect(metadata?.managedFields?.find(({ manager }) => manager === 'me')).toMatchObject({ operation: 'Apply', fieldsType: 'FieldsV1' });
  });

  test('works with objects of any kind, as they are in files', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const selector = { app: 'any' };
    const template = { metadata: { labels: selector }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    await objects.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'any', namespace: 'default' },
      spec: { replicas: 1, selector: { matchLabels: selector }, template },
    } as never);
    const header = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'any', namespace: 'default' } };
    expect(await objects.read(header)).toMatchObject({ spec: { replicas: 1, progressDeadlineSeconds: 600 } });
    const apps = config.makeApiClient(AppsV1Api);
    const scaled = await apps.replaceNamespacedDeploymentScale({
      name: 'any',
      namespace: 'default',
      body: { metadata: { name: 'any', namespace: 'default' }, spec: { replicas: 2 } },
    });
    expect(scaled.spec?.replicas).toBe(2);
    await objects.delete(header);
    await expect(objects.read(header)).rejects.toMatchObject({ code: 404 });
  });

  test('reads logs', async () => {
    const { namespace } = await inNamespace('logging');
    await core.createNamespacedPod({ namespace, body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } });
    const running = Promise.withResolvers<void>();
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      {},
      (_, pod: { status?: { phase?: string } }) => pod.status?.phase === 'Running' && running.resolve(),
      () => {},
    );
    await running.promise;
    controller.abort();
    expect(await core.readNamespacedPodLog({ namespace, name: 'p' })).not.toBe('');
    const stream = new PassThrough();
    const followed = text(stream);
    await new Log(config).log(namespace, 'p', 'c', stream, { follow: true });
    await core.deleteNamespacedPod({ namespace, name: 'p', gracePeriodSeconds: 1 });
    expect(await followed).not.toBe('');
  });

  test('sees refusals as Kubernetes words them', async () => {
    const refused = await core
      .readNamespacedSecret({ namespace: 'default', name: 'nosuch' })
      .catch((error: unknown) => error as ApiException<string>);
    expect(refused).toBeInstanceOf(ApiException);
    expect((refused as ApiException<string>).code).toBe(404);
    expect(JSON.parse((refused as ApiException<string>).body)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'secrets "nosuch" not found',
      reason: 'NotFound',
      details: { name: 'nosuch', kind: 'secrets' },
      code: 404,
    });
    const invalid = await core
      .createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'Bad_Name' } } })
      .catch((error: unknown) => error);
    expect(invalid).toMatchObject({ code: 422 });
  });
});
