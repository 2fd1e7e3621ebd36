import { beforeEach, describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  NAMESPACES,
  PLANS,
  PODS,
  SECRETS,
  SERVICES,
  type ConfigMap,
  type Deployment,
  type HorizontalPodAutoscaler,
  type KindRef,
  type KubeObject,
  type Plan,
  type Pod,
} from '../../../src/model/index.ts';
import type { Patch } from '../../../src/client/index.ts';
import type { JsonPatchOperation } from '../../../src/apiserver/patch/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, configMap, deployment, pod, service } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const autoscaler = (behavior: HorizontalPodAutoscaler['spec']['behavior']): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 2, behavior },
});

describe('create', () => {
  test('gives an object what only the server gives', async () => {
    const { client, store } = plane;
    const made = await client.create(DEPLOYMENTS, deployment('web'));
    expect(made.metadata).toMatchObject({
      name: 'web',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: String(store.revision),
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [{ manager: 'test', operation: 'Update' }],
    });
    expect(made.spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } });
  });

  test('of many pods of one template keeps one spec, with what admission adds to it', async () => {
    const { spec } = (await plane.client.create(DEPLOYMENTS, deployment('web'))).spec.template;
    const { trusted } = plane;
    const [a, b] = [await trusted.create(PODS, { ...pod('a'), spec }), await trusted.create(PODS, { ...pod('b'), spec })];
    expect(a.spec.tolerations).toHaveLength(2);
    expect(b.spec).toBe(a.spec);
    const other = await trusted.create(PODS, { ...pod('c'), spec: { ...spec, priorityClassName: 'system-node-critical' } });
    expect(other.spec).toMatchObject({ priority: 2000001000, tolerations: a.spec.tolerations });
  });

  test('writes kind, apiVersion and metadata first, so that lists and Tables can cut them off', async () => {
    const { client, store } = plane;
    await client.create(CONFIG_MAPS, configMap('a', { k: 'v' }));
    expect(store.get('core/configmaps/default/a')!.text).toMatch(
      /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a","namespace":"default","uid"/,
    );
  });

  test('makes a name from generateName', async () => {
    const made = await plane.client.create(PODS, {
      ...pod(''),
      metadata: { name: '', generateName: `${'a'.repeat(60)}-`, namespace: 'default' },
    });
    expect(made.metadata.name).toMatch(new RegExp(`^a{58}[bcdfghjklmnpqrstvwxz2456789]{5}$`));
  });

  test.each([
    ['a name that is taken', () => plane.client.create(NAMESPACES, asManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })), 'AlreadyExists', 'namespaces "default" already exists'],
    ['a namespace that is not there', () => plane.client.create(CONFIG_MAPS, configMap('a', {}, 'nowhere')), 'NotFound', 'namespaces "nowhere" not found'],
    ['no name', () => plane.client.create(CONFIG_MAPS, configMap('')), 'Invalid', 'name or generateName is required'],
    ['a bad value', () => plane.client.create(DEPLOYMENTS, deployment('web', { replicas: -1 })), 'Invalid', 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ['a wrong type', () => plane.client.create(DEPLOYMENTS, deployment('web', { replicas: 'three' as unknown as number })), 'BadRequest', 'replicas'],
    ['a kind that is not the address’s', () => plane.client.create(PODS, asManifest(configMap('a')) as unknown as Pod), 'BadRequest', 'does not match the expected'],
    ['an empty list where only one that is left out is filled', () => plane.client.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler({ scaleDown: { policies: [] } })), 'Invalid', 'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy'],
    ['an unknown field when strict', () => plane.client.create(CONFIG_MAPS, { ...configMap('a'), dta: {} } as ConfigMap, { fieldValidation: 'Strict' }), 'BadRequest', 'strict decoding error: unknown field "dta"'],
  ])('refuses %s', async (_what, create, reason, message) => {
    await expect(create()).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
  }); // prettier-ignore

  test('a dry run gives the object and writes nothing', async () => {
    const { client, store } = plane;
    const before = store.revision;
    const made = await client.create(CONFIG_MAPS, configMap('a'), { dryRun: true });
    expect(made.metadata.uid).toBeDefined();
    expect(store.revision).toBe(before);
  });
});

describe('update', () => {
  test('with an old resourceVersion is a conflict, without one it is not', async () => {
    const { client } = plane;
    const first = await client.create(CONFIG_MAPS, configMap('a', { k: '1' }));
    await client.update(CONFIG_MAPS, { ...configMap('a', { k: '2' }) });
    await expect(client.update(CONFIG_MAPS, { ...first, data: { k: '3' } })).rejects.toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test('that changes nothing keeps its resourceVersion', async () => {
    const { client, store } = plane;
    const first = await client.create(CONFIG_MAPS, configMap('a', { k: '1' }));
    const revision = store.revision;
    expect((await client.update(CONFIG_MAPS, configMap('a', { k: '1' }))).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(store.revision).toBe(revision);
  });

  test('raises the generation for the spec, not for labels or status', async () => {
    const { client } = plane;
    const made = await client.create(DEPLOYMENTS, deployment('web'));
    const labelled = await client.update(DEPLOYMENTS, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
    const reported = await client.updateStatus(DEPLOYMENTS, { ...labelled, status: { replicas: 1 } });
    expect(reported.metadata.generation).toBe(1);
    const scaled = await client.update(DEPLOYMENTS, { ...reported, spec: { ...reported.spec, replicas: 5 } });
    expect(scaled.metadata.generation).toBe(2);
  });

  test('of the status changes only the status, of the rest never the status', async () => {
    const { client } = plane;
    const made = await client.create(DEPLOYMENTS, deployment('web'));
    const reported = await client.updateStatus(DEPLOYMENTS, { ...made, spec: { ...made.spec, replicas: 9 }, status: { replicas: 2 } });
    expect([reported.spec.replicas, reported.status]).toEqual([3, { replicas: 2 }]);
    const written = await client.update(DEPLOYMENTS, { ...reported, status: { replicas: 7 } });
    expect(written.status).toEqual({ replicas: 2 });
  });

  test('of the status takes annotations along, without raising the generation', async () => {
    const { client } = plane;
    const made = await client.create(DEPLOYMENTS, deployment('web'));
    const noted = await client.updateStatus(DEPLOYMENTS, {
      ...made,
      metadata: { ...made.metadata, annotations: { note: '1' }, labels: { not: 'taken' } },
    });
    expect(noted.metadata).toMatchObject({ annotations: { note: '1' }, generation: 1 });
    expect(noted.metadata.labels).toBeUndefined();
  });

  test('of the status takes labels and finalizers along, too, where the kind lets it: of a pod, not whose it is', async () => {
    const { client } = plane;
    const made = await client.create(PODS, pod('p'));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'n' }];
    const metadata = { ...made.metadata, labels: { seen: 'yes' }, finalizers: ['example.dev/hold'], ownerReferences };
    const reported = await client.updateStatus(PODS, { ...made, metadata });
    expect(reported.metadata).toMatchObject({ labels: { seen: 'yes' }, finalizers: ['example.dev/hold'] });
    expect(reported.metadata.ownerReferences).toBeUndefined();
  });

  test('of the status that is applied owns nothing beside it, and asks nobody who does', async () => {
    const { client, api } = plane;
    await client.create(DEPLOYMENTS, deployment('web'));
    const kind = api.kinds.byResource(DEPLOYMENTS.group, DEPLOYMENTS.version, DEPLOYMENTS.plural)!;
    const wanted = { ...deployment('web', { replicas: 9 }), metadata: { name: 'web', labels: { a: 'b' } }, status: { replicas: 2 } };
    const place = { kind, namespace: 'default', name: 'web', subresource: 'status' };
    const { found } = api.patch(place, { type: 'apply', object: asManifest(wanted) }, {}, { user: 'a', groups: [], manager: 'reporter' });
    expect(found.value).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 2 } });
    const { fieldsV1 } = found.value.metadata.managedFields!.find(({ manager }) => manager === 'reporter')!;
    expect(fieldsV1).toEqual({ 'f:status': { 'f:replicas': {} } });
  });

  test('cannot change what only the server sets', async () => {
    const { client } = plane;
    const made = await client.create(CONFIG_MAPS, configMap('a'));
    const written = await client.update(CONFIG_MAPS, {
      ...made,
      metadata: { ...made.metadata, creationTimestamp: '1999-01-01T00:00:00Z', generation: 77, labels: { a: 'b' } },
    });
    expect(written.metadata.creationTimestamp).toBe(made.metadata.creationTimestamp);
    await expect(client.update(CONFIG_MAPS, { ...made, metadata: { ...made.metadata, uid: 'other' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
  });
});

describe('patch and apply', () => {
  test('a strategic merge finds containers by name', async () => {
    const { client } = plane;
    await client.create(DEPLOYMENTS, deployment('web'));
    const patch = {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'c', image: 'x:2' },
              { name: 'd', image: 'y' },
            ],
          },
        },
      },
    };
    const patched = await client.patch({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' }, { type: 'strategic', patch });
    expect(patched.spec.template.spec.containers.map(({ name, image }) => `${name} ${image}`).toSorted()).toEqual(['c x:2', 'd y']);
    expect(patched.metadata.generation).toBe(2);
  });

  test.each<[string, JsonPatchOperation]>([
    ['removed', { op: 'remove', path: '/metadata/annotations' }],
    ['moved', { op: 'move', from: '/metadata/annotations', path: '/metadata/labels' }],
    ['added to', { op: 'add', path: '/metadata/annotations/a', value: 'b' }],
  ])('metadata that is not there cannot be %s by a JSON patch', async (_, operation) => {
    await plane.client.create(CONFIG_MAPS, configMap('a'));
    const refused = plane.client.patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' }, { type: 'json', operations: [operation] });
    await expect(refused).rejects.toMatchObject({ reason: 'Invalid' });
  });

  test('apply creates, changes, and takes away what it no longer says', async () => {
    const { client } = plane;
    const apply = (data: Record<string, string>) => client.as('git').apply(CONFIG_MAPS, asManifest(configMap('a', data)));
    await apply({ one: '1', two: '2' });
    await client.patch({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' }, { type: 'merge', patch: { data: { hand: 'made' } } });
    expect((await apply({ two: '22' })).data).toEqual({ two: '22', hand: 'made' });
  });

  test('apply refuses a field that another manager owns, and takes it by force', async () => {
    const { client } = plane;
    await client.create(DEPLOYMENTS, deployment('web'));
    const wanted = asManifest(deployment('web', { replicas: 8 }));
    const refused = client.as('git').apply(DEPLOYMENTS, wanted);
    await expect(refused).rejects.toMatchObject({
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
    });
    const forced: Deployment = await client.as('git').apply(DEPLOYMENTS, wanted, { force: true });
    expect(forced.spec.replicas).toBe(8);
  });

  describe('a patch after which the object would not be of its kind', () => {
    const patchOf = (name: string, kind: typeof DEPLOYMENTS | typeof SECRETS, patch: Patch) =>
      plane.client.patch({ kind: kind as KindRef<KubeObject>, name, namespace: 'default' }, patch, { fieldValidation: 'Strict' });

    test.each<[what: string, patch: Patch, message: RegExp]>([
      ['shows the strategic merge as Kubernetes does', { type: 'strategic', patch: { spec: { replicaz: 1, paused: null, a: ['x', true] } } }, /^ "" is invalid: patch: Invalid value: "map\[spec:map\[a:\[x true\] paused:<nil> replicaz:1\]\]": strict decoding error: unknown field "spec\.replicaz", unknown field "spec\.a"$/],
      ['shows what a merge came to', { type: 'merge', patch: { spec: { replicas: 'x' } } }, /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/],
    ])('%s', async (_, patch, message) => {
      await plane.client.create(DEPLOYMENTS, deployment('web'));
      const refused = patchOf('web', DEPLOYMENTS, patch);
      await expect(refused).rejects.toMatchObject({ reason: 'Invalid', message: expect.stringMatching(message), details: { causes: [{ field: 'patch' }] } });
    }); // prettier-ignore

    test('shows nothing of a Secret', async () => {
      await plane.client.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } });
      const refused = patchOf('s', SECRETS, { type: 'merge', patch: { stringDat: { password: 'hunter2' } } });
      await expect(refused).rejects.toMatchObject({ message: ' "" is invalid: patch: Invalid value: "": strict decoding error: unknown field "stringDat"' });
    }); // prettier-ignore
  });

  test('apply keeps an empty list where the type writes one, and leaves it out where it does not', async () => {
    const metadata = { name: 'x', namespace: 'default' };
    const spec = { application: 'web', revision: 'r', steps: [], digest: 'd' };
    const plan = await plane.client.apply<Plan>(PLANS, asManifest({ apiVersion: 'slipway.dev/v1', kind: 'Plan', metadata, spec }));
    expect(plan.spec.steps).toEqual([]);
    const policy = asManifest({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: {}, ingress: [] } });
    const kind = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', plural: 'networkpolicies', namespaced: true } as KindRef<KubeObject>;
    expect(await plane.client.apply(kind, policy)).toMatchObject({ spec: expect.not.objectContaining({ ingress: [] }) });
  }); // prettier-ignore

  test('a dry-run apply of what is there is the object itself', async () => {
    const { client } = plane;
    await client.as('git').apply(DEPLOYMENTS, asManifest(deployment('web')));
    const live = await client.get(DEPLOYMENTS, 'web', 'default');
    expect(await client.as('git').apply(DEPLOYMENTS, asManifest(deployment('web')), { dryRun: true })).toEqual(live);
  });
});

describe('Services', () => {
  test('get an address of the range, each its own, and keep it', async () => {
    const { client } = plane;
    const a = await client.create(SERVICES, service('a'));
    const b = await client.create(SERVICES, service('b'));
    expect(a.spec.clusterIP).toMatch(/^127\.96\.\d+\.\d+$/);
    expect(a.spec.clusterIPs).toEqual([a.spec.clusterIP]);
    expect(b.spec.clusterIP).not.toBe(a.spec.clusterIP);
    const changed = await client.as('git').apply(SERVICES, asManifest(service('a', { selector: { app: 'other' } })), { force: true });
    expect(changed.spec.selector).toEqual({ app: 'other' });
    expect(changed.spec.clusterIP).toBe(a.spec.clusterIP);
  });

  test('get node ports where they need them', async () => {
    const made = await plane.client.create(SERVICES, service('a', { type: 'NodePort' }));
    expect(made.spec.ports![0]!.nodePort).toBeGreaterThanOrEqual(30_000);
    const taken = service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: made.spec.ports![0]!.nodePort! }] });
    await expect(plane.client.create(SERVICES, taken)).rejects.toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining('provided port is already allocated'),
    });
  });

  test('without a cluster address stay without', async () => {
    expect((await plane.client.create(SERVICES, service('a', { clusterIP: 'None' }))).spec.clusterIP).toBe('None');
  });
});

test("the times of a pod's conditions that its writer left out are null", async () => {
  const { client } = plane;
  await client.create(PODS, pod('p'));
  const target = { kind: PODS, name: 'p', namespace: 'default', subresource: 'status' as const };
  const conditions = [
    { type: 'example.com/gate', status: 'True' },
    { type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ];
  await client.patch(target, { type: 'strategic', patch: { status: { conditions } } });
  expect((await client.get(PODS, 'p', 'default')).status?.conditions).toEqual([
    { type: 'example.com/gate', status: 'True', lastProbeTime: null, lastTransitionTime: null },
    { type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ]);
});

test('a pod with gates says when it was last probed: never', async () => {
  const gated = await plane.client.create(PODS, pod('p', { schedulingGates: [{ name: 'example.com/wait' }] }));
  expect(gated.status?.conditions).toMatchObject([{ type: 'PodScheduled', lastProbeTime: null, lastTransitionTime: null }]);
});
