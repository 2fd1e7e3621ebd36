import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isStatus, silentLog, systemClock, type Reason } from '../../src/base/index.ts';
import { ensureCertificates, kubeconfigText, startServer, type Certificates } from '../../src/apiserver/index.ts';
import {
  httpClient,
  loadKubeconfig,
  type ApplyOptions,
  type Client,
  type InformerChange,
  type WatchEvent,
} from '../../src/client/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  NODES,
  PODS,
  keyOf,
  type ConfigMap,
  type KindRef,
  type Manifest,
  type Pod,
} from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { asManifest } from '../tools/manifests.ts';

let dir: string;
let certificates: Certificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-clients-'));
  certificates = await ensureCertificates(dir, [], systemClock.now());
});
afterAll(() => rm(dir, { recursive: true }));

type Opened = { client: Client; close(): Promise<void> };

const inProcess = async (plane: ControlPlane): Promise<Opened> => ({ client: plane.client, close: async () => {} });

async function overHttps({ api, clock }: ControlPlane): Promise<Opened> {
  const version = { major: '1', minor: '36', gitVersion: 'v1.36.0' };
  const server = await startServer({
    api,
    tls: certificates,
    listen: { host: '127.0.0.1', port: 0 },
    nodes: () => undefined,
    log: silentLog,
    clock,
    version,
  });
  const text = kubeconfigText({ server: `https://127.0.0.1:${server.port}`, ca: certificates.ca, ...certificates.admin });
  const client = httpClient(loadKubeconfig({ text }), { manager: 'test', clock });
  const close = async () => {
    await client.close();
    await server.close();
  };
  return { client, close };
}

const clients: [string, (plane: ControlPlane) => Promise<Opened>][] = [
  ['in process', inProcess],
  ['over HTTPS', overHttps],
];

describe.each(clients)('a client %s', (_, open) => {
  let plane: ControlPlane;
  let client: Client;
  let close: () => Promise<void>;
  beforeEach(async () => {
    plane = await controlPlane();
    ({ client, close } = await open(plane));
  });
  afterEach(() => close());

  const configMap = (name: string, data: Record<string, string> = { x: '1' }, labels?: Record<string, string>): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) },
    data,
  });
  const target = (name: string) => ({ kind: CONFIG_MAPS, namespace: 'default', name });
  const refused = (work: Promise<unknown>, reason: Reason) => expect(work).rejects.toSatisfy((error) => isStatus(error, reason));

  describe('reads', () => {
    test('an object as it was created, with its type', async () => {
      const created = await client.create(CONFIG_MAPS, configMap('a'));
      expect(created).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace: 'default' },
        data: { x: '1' },
      });
      expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(await client.get(CONFIG_MAPS, 'a', 'default')).toEqual(created);
    });

    test('what is not there: NotFound', () => refused(client.get(CONFIG_MAPS, 'none', 'default'), 'NotFound'));

    test('a list, whose items have their type, with a version to watch from', async () => {
      const made = [await client.create(CONFIG_MAPS, configMap('a')), await client.create(CONFIG_MAPS, configMap('b'))];
      const { items, resourceVersion } = await client.list(CONFIG_MAPS, { namespace: 'default' });
      expect(items).toEqual(made);
      expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(made[1]!.metadata.resourceVersion));
    });

    test('a list by labels, by fields and over all namespaces', async () => {
      await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
      await client.create(CONFIG_MAPS, configMap('a', {}, { tier: 'web' }));
      const elsewhere = configMap('b', {}, { tier: 'web' });
      await client.create(CONFIG_MAPS, { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'other' } });
      const keys = async (options: object) => (await client.list(CONFIG_MAPS, options)).items.map(keyOf);
      expect(await keys({ labelSelector: 'tier=web' })).toEqual(['default/a', 'other/b']);
      expect(await keys({ labelSelector: 'tier=db' })).toEqual([]);
      expect(await keys({ fieldSelector: 'metadata.name=b' })).toEqual(['other/b']);
      expect(await keys({ namespace: 'other' })).toEqual(['other/b']);
    });

    test('a list in pages', async () => {
      for (const name of ['a', 'b', 'c']) await client.create(CONFIG_MAPS, configMap(name));
      const first = await client.list(CONFIG_MAPS, { limit: 2 });
      expect(first.items.map(keyOf)).toEqual(['default/a', 'default/b']);
      const second = await client.list(CONFIG_MAPS, { limit: 2, continue: first.continue });
      expect(second.items.map(keyOf)).toEqual(['default/c']);
      expect(second.continue).toBeUndefined();
    });

    test('kinds by their names in manifests', async () => {
      expect(await client.kindOf('v1', 'ConfigMap')).toMatchObject({
        group: '',
        version: 'v1',
        kind: 'ConfigMap',
        plural: 'configmaps',
        namespaced: true,
      });
      expect(await client.kindOf('apps/v1', 'Deployment')).toMatchObject({ group: 'apps', plural: 'deployments' });
      expect(await client.kindOf('v1', 'Node')).toMatchObject({ namespaced: false });
      expect(await client.kindOf('v1', 'Nothing')).toBeUndefined();
      expect(await client.kindOf('none.example/v1', 'Nothing')).toBeUndefined();
    });

    test('a kind that is not served: NotFound', () =>
      refused(client.list({ group: 'none.example', version: 'v1', kind: 'Nothing', plural: 'nothings', namespaced: true }), 'NotFound'));
  });

  describe('writes', () => {
    test('what exists already: AlreadyExists', async () => {
      await client.create(CONFIG_MAPS, configMap('a'));
      await refused(client.create(CONFIG_MAPS, configMap('a')), 'AlreadyExists');
    });

    test('what is invalid: Invalid, with its causes', async () => {
      const error = await client.create(CONFIG_MAPS, configMap('Not_A_Name')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'Invalid', message: expect.stringContaining('metadata.name: Invalid value: "Not_A_Name"') });
      expect((error as { details: object }).details).toMatchObject({ causes: [{ field: 'metadata.name', reason: 'FieldValueInvalid' }] });
    });

    test('an update, unless the object has changed since: Conflict', async () => {
      const first = await client.create(CONFIG_MAPS, configMap('a'));
      const second = await client.update(CONFIG_MAPS, { ...first, data: { x: '2' } });
      expect(second.data).toEqual({ x: '2' });
      expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
      await refused(client.update(CONFIG_MAPS, { ...first, data: { x: '3' } }), 'Conflict');
    });

    test('an update that changes nothing keeps the version', async () => {
      const first = await client.create(CONFIG_MAPS, configMap('a'));
      expect((await client.update(CONFIG_MAPS, first)).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    test('a status, which leaves the spec alone', async () => {
      const pod = await client.create(PODS, samplePod('p'));
      const changed = { ...pod, spec: { ...pod.spec, nodeName: 'elsewhere' }, status: { ...pod.status, phase: 'Running' } } as Pod;
      const updated = await client.updateStatus(PODS, changed);
      expect(updated.status?.phase).toBe('Running');
      expect(updated.spec.nodeName).toBeUndefined();
    });

    test('the three patches', async () => {
      await client.create(CONFIG_MAPS, configMap('a', { x: '1', y: '1' }));
      const data = async (patch: Parameters<Client['patch']>[1]) => (await client.patch(target('a'), patch)).data;
      expect(await data({ type: 'merge', patch: { data: { x: null, z: '1' } } })).toEqual({ y: '1', z: '1' });
      expect(await data({ type: 'strategic', patch: { data: { $patch: 'replace', q: '1' } } })).toEqual({ q: '1' });
      expect(await data({ type: 'json', operations: [{ op: 'add', path: '/data/r', value: '2' }] })).toEqual({ q: '1', r: '2' });
    });

    test('an apply under the name of the client; a field of another manager only with force', async () => {
      const applied = await client.apply<ConfigMap>(CONFIG_MAPS, configMap('a') as unknown as Manifest);
      expect(applied.metadata.managedFields).toMatchObject([{ manager: 'test', operation: 'Apply' }]);
      const other = client.as('other');
      expect(other.manager).toBe('other');
      const theirs = configMap('a', { x: '2' }) as unknown as Manifest;
      await refused(other.apply(CONFIG_MAPS, theirs), 'Conflict');
      expect((await other.apply<ConfigMap>(CONFIG_MAPS, theirs, { force: true })).data).toEqual({ x: '2' });
    });

    test('an apply that is bound to another uid: Invalid', async () => {
      const { metadata } = await client.create(CONFIG_MAPS, configMap('a'));
      const object = configMap('a', { y: '1' }) as unknown as Manifest;
      await refused(client.apply(CONFIG_MAPS, object, { uid: '00000000-0000-4000-8000-000000000000' }), 'Invalid');
      expect((await client.apply<ConfigMap>(CONFIG_MAPS, object, { uid: metadata.uid })).data).toEqual({ x: '1', y: '1' });
    });

    describe('an apply with a note', () => {
      const NOTE = { manager: 'clerk', annotations: { why: 'because' } };
      const apply = (data: Readonly<Record<string, string>>, options: ApplyOptions) =>
        client.apply<ConfigMap>(CONFIG_MAPS, configMap('a', data) as unknown as Manifest, options);
      const managers = ({ metadata }: ConfigMap) =>
        metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`).toSorted();

      test.each(['creates', 'changes'])('that %s the object writes it as the other manager', async (what) => {
        if (what === 'changes') await apply({ x: '1' }, {});
        const applied = await apply({ x: '2' }, { note: NOTE });
        expect(applied).toMatchObject({ data: { x: '2' }, metadata: { annotations: { why: 'because' } } });
        expect(managers(applied)).toEqual(['clerk Update', 'test Apply']);
        expect(await client.get(CONFIG_MAPS, 'a', 'default')).toEqual(applied);
      });

      test('is left out of a dry run', async () => {
        expect((await apply({}, { note: NOTE, dryRun: true })).metadata.annotations).toBeUndefined();
      });

      test('survives the next apply without one', async () => {
        await apply({ x: '1' }, { note: NOTE });
        expect((await apply({ x: '2' }, {})).metadata.annotations).toEqual({ why: 'because' });
      });
    });

    test('an apply after a dry run of the same object, or of what was made of it, writes what it says', async () => {
      const object = configMap('a', { x: '1' }) as unknown as Manifest;
      const dry = await client.apply<ConfigMap>(CONFIG_MAPS, object, { dryRun: true });
      const other = await client.as('other').apply<ConfigMap>(CONFIG_MAPS, object);
      expect(other.metadata).toMatchObject({ managedFields: [{ manager: 'other' }] });
      expect(other.metadata.uid).not.toBe(dry.metadata.uid);
      expect(other.data).toEqual({ x: '1' });
    });

    test('a dry run changes nothing', async () => {
      expect((await client.create(CONFIG_MAPS, configMap('a'), { dryRun: true })).metadata.name).toBe('a');
      await refused(client.get(CONFIG_MAPS, 'a', 'default'), 'NotFound');
    });

    test('strict validation refuses unknown fields', async () => {
      const wrong = { ...configMap('a'), datas: {} };
      await refused(client.create(CONFIG_MAPS, wrong, { fieldValidation: 'Strict' }), 'BadRequest');
      expect(await client.create(CONFIG_MAPS, wrong)).not.toHaveProperty('datas');
    });

    test('a delete, if it is still the same object', async () => {
      const { metadata } = await client.create(CONFIG_MAPS, configMap('a'));
      await refused(client.delete(target('a'), { preconditions: { uid: 'another' } }), 'Conflict');
      await refused(client.delete(target('a'), { preconditions: { uid: metadata.uid, resourceVersion: '1' } }), 'Conflict');
      await client.delete(target('a'), { preconditions: { uid: metadata.uid } });
      await refused(client.get(CONFIG_MAPS, 'a', 'default'), 'NotFound');
      await refused(client.delete(target('a')), 'NotFound');
    });

    test('a delete of an object with finalizers leaves it there, marked', async () => {
      const object = configMap('a');
      await client.create(CONFIG_MAPS, { ...object, metadata: { ...object.metadata, finalizers: ['example.dev/hold'] } });
      await client.delete(target('a'));
      expect((await client.get(CONFIG_MAPS, 'a', 'default')).metadata.deletionTimestamp).toBeDefined();
    });

    test('what a subresource says: how far a Deployment is scaled', async () => {
      const labels = { app: 'web' };
      const spec = { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: samplePod('p').spec } };
      await client.create(DEPLOYMENTS, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec,
      });
      const scale = { kind: DEPLOYMENTS, namespace: 'default', name: 'web', subresource: 'scale' };
      expect(await client.read(scale)).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'app=web' } });
      await refused(client.read({ ...scale, name: 'gone' }), 'NotFound');
      await refused(client.read({ ...scale, kind: CONFIG_MAPS }), 'NotFound');
    });

    test('a post to a subresource: a pod is bound to its node', async () => {
      await client.create(PODS, samplePod('p'));
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p', namespace: 'default' },
        target: { kind: 'Node', name: 'n1' },
      };
      await client.post({ kind: PODS, namespace: 'default', name: 'p', subresource: 'binding' }, binding);
      expect((await client.get(PODS, 'p', 'default')).spec.nodeName).toBe('n1');
    });

    test('a put to a subresource: a namespace on its way out is finalized', async () => {
      const namespace = await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
      await client.delete({ kind: NAMESPACES, name: 'going' });
      const target = { kind: NAMESPACES, name: 'going', subresource: 'finalize' };
      const body = { ...namespace, metadata: { name: 'going' }, spec: {} } as Manifest;
      await refused(client.post(target, body), 'MethodNotAllowed');
      await client.put(target, body);
      await refused(client.get(NAMESPACES, 'going'), 'NotFound');
    });

    test('a subresource does only what Kubernetes lets it do', async () => {
      await client.create(PODS, samplePod('p'));
      const pod = { kind: PODS, namespace: 'default', name: 'p' };
      const body = asManifest(samplePod('p'));
      await refused(client.post({ ...pod, subresource: 'status' }, body), 'MethodNotAllowed');
      await refused(client.put({ ...pod, subresource: 'binding' }, body), 'MethodNotAllowed');
      await refused(client.put({ ...pod, subresource: 'eviction' }, body), 'MethodNotAllowed');
      await refused(client.patch({ ...pod, subresource: 'binding' }, { type: 'merge', patch: {} }), 'MethodNotAllowed');
      await refused(client.put({ ...pod, subresource: 'finalize' }, body), 'NotFound');
    });

    test('objects that are in no namespace', async () => {
      await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
      expect((await client.list(NODES)).items.map(keyOf)).toEqual(['n1']);
      await client.delete({ kind: NODES, name: 'n1' });
      await refused(client.get(NODES, 'n1'), 'NotFound');
    });

    test('what was written is on disk when durable says so', async () => {
      const { metadata } = await client.create(CONFIG_MAPS, configMap('a'));
      await client.durable(metadata.resourceVersion!);
      expect(plane.store.durableRevision).toBeGreaterThanOrEqual(Number(metadata.resourceVersion));
    });
  });

  describe('watches', () => {
    async function events<T>(kind: KindRef<T>, options: object, resourceVersion: string, count: number): Promise<WatchEvent<T>[]> {
      const stop = new AbortController();
      const seen: WatchEvent<T>[] = [];
      for await (const event of client.watch(kind, { ...options, resourceVersion }, stop.signal))
        if (seen.push(event) === count) stop.abort();
      return seen;
    }
    const brief = (all: readonly WatchEvent<ConfigMap>[]) =>
      all.map((event) => (event.type === 'BOOKMARK' ? event.type : [event.type, event.object.metadata.name, event.object.data]));

    test('all changes since a version, in order, and ends when it is told to', async () => {
      const { resourceVersion } = await client.list(CONFIG_MAPS);
      await client.create(CONFIG_MAPS, configMap('a'));
      await client.patch(target('a'), { type: 'merge', patch: { data: { x: '2' } } });
      const watching = events(CONFIG_MAPS, { namespace: 'default' }, resourceVersion, 3);
      await client.delete(target('a'));
      expect(brief(await watching)).toEqual([
        ['ADDED', 'a', { x: '1' }],
        ['MODIFIED', 'a', { x: '2' }],
        ['DELETED', 'a', { x: '2' }],
      ]);
    });

    test('an object that leaves the selection is deleted for the watcher', async () => {
      const { resourceVersion } = await client.list(CONFIG_MAPS);
      await client.create(CONFIG_MAPS, configMap('a', {}, { tier: 'web' }));
      await client.create(CONFIG_MAPS, configMap('b', {}, { tier: 'db' }));
      await client.patch(target('a'), { type: 'merge', patch: { metadata: { labels: { tier: 'db' } } } });
      const seen = await events(CONFIG_MAPS, { labelSelector: 'tier=web' }, resourceVersion, 2);
      expect(brief(seen).map(([type, name]) => `${type} ${name}`)).toEqual(['ADDED a', 'DELETED a']);
    });

    test('a watch that is stopped at once says nothing', async () => {
      const seen: unknown[] = [];
      for await (const event of client.watch(CONFIG_MAPS, { resourceVersion: '1' }, AbortSignal.abort())) seen.push(event);
      expect(seen).toEqual([]);
    });
  });

  describe('informers', () => {
    const names = (objects: readonly ConfigMap[]) => objects.map((object) => object.metadata.name).toSorted();

    test('hold what is there, and follow what changes', async () => {
      await client.create(CONFIG_MAPS, configMap('a'));
      const informer = client.informer<ConfigMap>(CONFIG_MAPS);
      await informer.synced;
      expect(informer.get('default/a')?.data).toEqual({ x: '1' });
      const { metadata } = await client.create(CONFIG_MAPS, configMap('b'));
      await informer.reached(metadata.resourceVersion!);
      expect(names(informer.list('default'))).toEqual(['a', 'b']);
      expect(informer.list('other')).toEqual([]);
    });

    test('find by an index, also what was there before it', async () => {
      await client.create(CONFIG_MAPS, configMap('a', {}, { tier: 'web' }));
      const informer = client.informer<ConfigMap>(CONFIG_MAPS);
      await informer.synced;
      const tier = ({ metadata }: ConfigMap) => (metadata.labels?.['tier'] ? [metadata.labels['tier']] : []);
      informer.index('tier', tier);
      informer.index('tier', tier);
      const { metadata } = await client.create(CONFIG_MAPS, configMap('b', {}, { tier: 'web' }));
      await informer.reached(metadata.resourceVersion!);
      expect(names(informer.by('tier', 'web'))).toEqual(['a', 'b']);
      const moved = await client.patch(target('a'), { type: 'merge', patch: { metadata: { labels: { tier: 'db' } } } });
      await informer.reached(moved.metadata.resourceVersion!);
      expect(names(informer.by('tier', 'web'))).toEqual(['b']);
      expect(names(informer.by('tier', 'db'))).toEqual(['a']);
      expect(informer.by('tier', 'none')).toEqual([]);
    });

    test('tell of what is there when one subscribes, of every change, and nothing after closing', async () => {
      await client.create(CONFIG_MAPS, configMap('a'));
      const informer = client.informer<ConfigMap>(CONFIG_MAPS);
      await informer.synced;
      const told: string[] = [];
      const tell = ({ before, after }: InformerChange<ConfigMap>) =>
        void told.push(`${before?.data?.['x'] ?? '-'}>${after?.data?.['x'] ?? '-'}`);
      const subscription = informer.subscribe(tell);
      expect(told).toEqual(['->1']);
      await client.patch(target('a'), { type: 'merge', patch: { data: { x: '2' } } });
      await client.delete(target('a'));
      const again = await client.create(CONFIG_MAPS, configMap('a', { x: '3' }));
      await informer.reached(again.metadata.resourceVersion!);
      await endOfTurn();
      expect(told).toEqual(['->1', '1>2', '2>-', '->3']);
      subscription.close();
      const last = await client.create(CONFIG_MAPS, configMap('b'));
      await informer.reached(last.metadata.resourceVersion!);
      await endOfTurn();
      expect(told).toHaveLength(4);
    });

    test('tell of changes alone when one follows, and nothing after closing', async () => {
      await client.create(CONFIG_MAPS, configMap('a'));
      const informer = client.informer<ConfigMap>(CONFIG_MAPS);
      await informer.synced;
      const told: string[] = [];
      const following = informer.follow(({ before, after }) => void told.push(`${before?.metadata.name}>${after?.metadata.name}`));
      await client.create(CONFIG_MAPS, configMap('b'));
      await client.delete(target('a'));
      const again = await client.create(CONFIG_MAPS, configMap('c'));
      await informer.reached(again.metadata.resourceVersion!);
      await endOfTurn();
      expect(told).toEqual(['undefined>b', 'a>undefined', 'undefined>c']);
      following.close();
      const last = await client.create(CONFIG_MAPS, configMap('d'));
      await informer.reached(last.metadata.resourceVersion!);
      await endOfTurn();
      expect(told).toHaveLength(3);
    });

    test('are shared by all names of a client', () => {
      expect(client.as('other').informer(CONFIG_MAPS)).toBe(client.informer(CONFIG_MAPS));
    });
  });
});

const samplePod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'node' }] },
});
