import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/model/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  SECRETS,
  type ConfigMap,
  type Pod,
} from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { Webhooks, type Say } from './configure.ts';

let webhooks: Webhooks;
let plane: ControlPlane;
beforeEach(async () => {
  webhooks = new Webhooks();
  plane = await controlPlane({ callWebhook: webhooks.call });
});

const map = (name: string, more: Partial<ConfigMap> = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, ...more }) as ConfigMap;
const create = (object: ConfigMap) => plane.client.create(CONFIG_MAPS, object);
const read = (name: string) => plane.client.get(CONFIG_MAPS, name, 'default');
/** Sets a key of the data, to what it was and one letter more. */
const appending =
  (key: string, letter: string): Say =>
  ({ object }) => ({ patch: [{ op: 'add', path: '/data', value: { ...object.data, [key]: (object.data?.[key] ?? '') + letter } }] });
const no: Say = () => ({ allowed: false, status: { message: 'not here', code: 403, reason: 'Forbidden' } });

describe('a webhook that changes', () => {
  test('sees what those before it did, in the order of their names', async () => {
    await webhooks.add(plane, 'mutating', 'b.test.io', appending('order', 'b'));
    await webhooks.add(plane, 'mutating', 'a.test.io', appending('order', 'a'));
    expect((await create(map('x'))).data).toEqual({ order: 'ab' });
    expect((await read('x')).data).toEqual({ order: 'ab' });
  });

  test('is asked once more about what came later, where it wants that', async () => {
    await webhooks.add(plane, 'mutating', 'a.test.io', appending('order', 'a'), { reinvocationPolicy: 'IfNeeded' });
    await webhooks.add(plane, 'mutating', 'b.test.io', appending('order', 'b'), { reinvocationPolicy: 'IfNeeded' });
    await webhooks.add(plane, 'mutating', 'c.test.io', appending('order', 'c'));
    expect((await create(map('x'))).data).toEqual({ order: 'abcab' });
  });

  test('is not asked again when nothing came later', async () => {
    await webhooks.add(plane, 'mutating', 'a.test.io', appending('order', 'a'), { reinvocationPolicy: 'IfNeeded' });
    await create(map('x'));
    expect(webhooks.asked).toHaveLength(1);
  });

  test('changes an update and a status too, and never a name', async () => {
    await create(map('x'));
    await webhooks.add(plane, 'mutating', 'a.test.io', appending('order', 'a'));
    await plane.client.update(CONFIG_MAPS, { ...(await read('x')), data: { own: '1' } } as ConfigMap);
    expect((await read('x')).data).toEqual({ own: '1', order: 'a' });
    await webhooks.add(plane, 'mutating', 'b.test.io', () => ({ patch: [{ op: 'replace', path: '/metadata/name', value: 'other' }] }));
    expect((await create(map('y'))).metadata.name).toBe('y');
  });

  test('what it makes is checked like anything from outside, whoever writes', async () => {
    await webhooks.add(plane, 'mutating', 'a.test.io', () => ({ patch: [{ op: 'add', path: '/data', value: { 'not a key': '' } }] }));
    for (const client of [plane.client, plane.trusted]) {
      await expect(client.create(CONFIG_MAPS, map('x'))).rejects.toMatchObject({ reason: 'Invalid' });
    }
  });

  test('gets defaults for what it adds', async () => {
    const container = { name: 'side', image: 'side:1' };
    const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
    const say: Say = () => ({ patch: [{ op: 'add', path: '/spec/containers/-', value: container }] });
    await webhooks.add(plane, 'mutating', 'a.test.io', say, { rules: [rule] });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'main', image: 'm:1' }] },
    };
    const { spec } = await plane.client.create(PODS, pod as unknown as Pod);
    expect(spec.containers[1]).toMatchObject({ ...container, imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' });
  });

  test('with a patch that does not fit is a failure of the server', async () => {
    await webhooks.add(plane, 'mutating', 'a.test.io', () => ({ patch: [{ op: 'remove', path: '/nothing' }] }));
    await expect(create(map('x'))).rejects.toMatchObject({ reason: 'InternalError' });
  });
});

describe('a webhook that judges', () => {
  test('sees what is to be stored, and refuses in its own words', async () => {
    await webhooks.add(plane, 'validating', 'v.test.io', no);
    await expect(create(map('x'))).rejects.toMatchObject({
      reason: 'Forbidden',
      message: 'admission webhook "v.test.io" denied the request: not here',
    });
    await expect(read('x')).rejects.toMatchObject({ reason: 'NotFound' });
    expect(webhooks.asked[0]).toMatchObject({
      operation: 'CREATE',
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'x',
      namespace: 'default',
      userInfo: { username: 'system:slipway:test', groups: ['system:masters'] },
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', uid: expect.any(String) } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'test' },
    });
  });

  test('hears of an update and of a delete with what was there', async () => {
    await create(map('x', { data: { n: '1' } }));
    await webhooks.add(plane, 'validating', 'v.test.io', () => ({}));
    await plane.client.update(CONFIG_MAPS, { ...(await read('x')), data: { n: '2' } } as ConfigMap);
    await plane.client.delete({ kind: CONFIG_MAPS, name: 'x', namespace: 'default' });
    const [update, gone] = webhooks.asked;
    expect(update).toMatchObject({ operation: 'UPDATE', object: { data: { n: '2' } }, oldObject: { data: { n: '1' } } });
    expect(gone).toMatchObject({ operation: 'DELETE', object: null, oldObject: { data: { n: '2' } } });
    await expect(read('x')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('keeps what it refuses to have deleted, and all of a collection of which it refuses one', async () => {
    await create(map('x'));
    await create(map('y'));
    await webhooks.add(plane, 'validating', 'v.test.io', (asked, n) => (asked.name === 'y' ? no(asked, n) : {}));
    const place = { kind: plane.api.kinds.byApiVersion('v1', 'ConfigMap')!, namespace: 'default' };
    const caller = { user: 'u', groups: [], manager: 'm' };
    const all = async () => plane.api.attend((hearing) => plane.api.deleteCollection(place, { hearing }, caller));
    await expect(all()).rejects.toMatchObject({ reason: 'Forbidden' });
    expect((await plane.client.list(CONFIG_MAPS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name)).toEqual(['x', 'y']);
  });

  test('that refuses an eviction costs the budget nothing, and the pod says nothing of it', async () => {
    const labels = { app: 'p' };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default', labels },
      spec: { containers: [{ name: 'm', image: 'm:1' }] },
    };
    const running = await plane.client.create(PODS, pod as unknown as Pod);
    await plane.client.updateStatus(PODS, { ...running, status: { phase: 'Running' } } as Pod);
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b', namespace: 'default' },
      spec: { minAvailable: 0, selector: { matchLabels: labels } },
    };
    const made = await plane.client.create(POD_DISRUPTION_BUDGETS, budget as never);
    const counted = { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 0, expectedPods: 1 };
    await plane.client.updateStatus(POD_DISRUPTION_BUDGETS, { ...made, status: counted });
    const rule = { operations: ['DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
    await webhooks.add(plane, 'validating', 'v.test.io', no, { rules: [rule] });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } };
    const evicted = plane.client.post({ kind: PODS, name: 'p', namespace: 'default', subresource: 'eviction' }, eviction);
    await expect(evicted).rejects.toThrow('denied the request: not here');
    expect((await plane.client.get(POD_DISRUPTION_BUDGETS, 'b', 'default')).status).toMatchObject({ disruptionsAllowed: 1 });
    expect((await plane.client.get(PODS, 'p', 'default')).status?.conditions).toBe(undefined);
  });

  test('is asked about a dry run as one, and nothing is stored', async () => {
    await webhooks.add(plane, 'validating', 'v.test.io', () => ({}));
    await plane.client.create(CONFIG_MAPS, map('x'), { dryRun: true });
    expect(webhooks.asked).toMatchObject([{ dryRun: true, options: { dryRun: ['All'] } }]);
    await expect(read('x')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('answers and time', () => {
  test('a name and a uid are made up once, however often the verb is run', async () => {
    await webhooks.add(plane, 'mutating', 'a.test.io', appending('order', 'a'));
    await webhooks.add(plane, 'validating', 'v.test.io', () => ({}));
    const generated = { ...map(''), metadata: { generateName: 'made-', namespace: 'default' } } as unknown as ConfigMap;
    const { metadata } = await create(generated);
    expect(webhooks.asked.map(({ name }) => name)).toEqual([metadata.name, metadata.name]);
    expect(webhooks.asked[1]!.object.metadata.uid).toBe(metadata.uid);
  });

  test('what changes while a webhook thinks is not overwritten, and it is asked about what there is now', async () => {
    await create(map('x', { data: { n: '1' } }));
    let isFirst = true;
    await webhooks.add(plane, 'validating', 'v.test.io', async ({ object }) => {
      if (isFirst && object.data.mine) {
        isFirst = false;
        await plane.trusted.patch(
          { kind: CONFIG_MAPS, name: 'x', namespace: 'default' },
          { type: 'merge', patch: { data: { other: '1' } } },
        );
      }
      return {};
    });
    await plane.client.patch({ kind: CONFIG_MAPS, name: 'x', namespace: 'default' }, { type: 'merge', patch: { data: { mine: '1' } } });
    expect((await read('x')).data).toEqual({ n: '1', mine: '1', other: '1' });
  });

  test('without webhooks a write is done in the turn of its call', () => {
    const deployments = plane.api.attend((hearing) => hearing);
    expect(deployments).toBe(undefined);
  });
});

describe('whom it concerns', () => {
  const askedOf = async (write: () => Promise<unknown>) => {
    await write().catch(() => {});
    return webhooks.asked.length;
  };
  const everything = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];

  test.each([
    ['another kind', () => plane.client.create(SECRETS, { ...map('s'), kind: 'Secret' } as never), {}, 0],
    ['labels that the object has', () => create(map('x', { metadata: { name: 'x', namespace: 'default', labels: { a: '1' } } })), { objectSelector: { matchLabels: { a: '1' } } }, 1],
    ['labels that it has not', () => create(map('x')), { objectSelector: { matchLabels: { a: '1' } } }, 0],
    ['labels that its namespace has not', () => create(map('x')), { namespaceSelector: { matchLabels: { a: '1' } } }, 0],
    ['its namespace by name', () => create(map('x')), { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, 1],
    ['a namespace that is made with the labels', () => plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { a: '1' } } }), { rules: everything, namespaceSelector: { matchLabels: { a: '1' } } }, 1],
  ] as [string, () => Promise<KubeObject>, object, number][])('%s', async (_, write, more, count) => {
    await webhooks.add(plane, 'validating', 'v.test.io', () => ({}), more);
    expect(await askedOf(write)).toBe(count);
  }); // prettier-ignore

  test('conditions choose among what the rules mean', async () => {
    const matchConditions = [{ name: 'mine', expression: "object.metadata.name.startsWith('mine-') && request.operation == 'CREATE'" }];
    await webhooks.add(plane, 'validating', 'v.test.io', no, { matchConditions });
    await expect(create(map('mine-x'))).rejects.toThrow('denied the request: not here');
    expect((await create(map('x'))).metadata.name).toBe('x');
    expect(webhooks.asked.map(({ name }) => name)).toEqual(['mine-x']);
  });

  test.each([
    ['Fail', /^configmaps "x" is forbidden: .*no such key: none/],
    ['Ignore', undefined],
  ])('a condition that cannot be worked out is a matter of the policy %s', async (failurePolicy, refusal) => {
    const matchConditions = [{ name: 'odd', expression: "object.data.none == 'x'" }];
    await webhooks.add(plane, 'validating', 'v.test.io', no, { matchConditions, failurePolicy });
    const made = create(map('x', { data: { some: '' } }));
    if (refusal) await expect(made).rejects.toThrow(refusal);
    else expect((await made).metadata.name).toBe('x');
    expect(webhooks.asked).toEqual([]);
  });

  test('a condition that is wrong is refused where it is written', async () => {
    const matchConditions = [
      { name: 'odd', expression: 'object.' },
      { name: 'text', expression: "'true'" },
    ];
    await expect(webhooks.add(plane, 'validating', 'v.test.io', no, { matchConditions })).rejects.toThrow(
      /webhooks\[0\]\.matchConditions\[0\]\.expression: Invalid value: "object\.": compilation failed: .*webhooks\[0\]\.matchConditions\[1\]\.expression: Invalid value: "'true'": must evaluate to bool/s,
    );
  });

  test('nobody is asked about the configurations themselves: who locked all out can be thrown out', async () => {
    await webhooks.add(plane, 'validating', 'v.test.io', no, { rules: everything });
    await webhooks.add(plane, 'validating', 'w.test.io', no, { rules: everything });
    expect(webhooks.asked).toEqual([]);
  });

  test('an object that is written in another version is shown in the one that the webhook knows', async () => {
    const rule = { operations: ['CREATE'], apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] };
    await webhooks.add(plane, 'validating', 'v.test.io', () => ({}), { rules: [rule] });
    const kind = plane.api.kinds.byApiVersion('autoscaling/v2', 'HorizontalPodAutoscaler')!;
    const spec = {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    };
    await plane.client.create(
      kind as never,
      { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h', namespace: 'default' }, spec } as never,
    );
    expect(webhooks.asked).toMatchObject([
      {
        kind: { version: 'v1' },
        requestKind: { version: 'v2' },
        object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 70 } },
      },
    ]);
    expect(await plane.client.get(kind, 'h', 'default')).toMatchObject({ apiVersion: 'autoscaling/v2' });
  });

  test.each([
    ['exec', { command: ['sh'] }, 'PodExecOptions'],
    ['attach', { stdin: true }, 'PodAttachOptions'],
    ['proxy', { path: '' }, 'PodProxyOptions'],
  ])('who wants to %s is asked about with what they want', async (subresource, options, kind) => {
    await webhooks.add(plane, 'validating', 'v.test.io', no, { rules: [{ ...everything[0], operations: ['CONNECT'] }] });
    const place = { kind: plane.api.kinds.byApiVersion('v1', 'Pod')!, namespace: 'default', name: 'p', subresource };
    const caller = { user: 'u', groups: [], manager: 'm' };
    const connected = async () => plane.api.attend((hearing) => plane.api.connect(place, options as never, { hearing }, caller));
    await expect(connected()).rejects.toThrow('denied the request: not here');
    expect(webhooks.asked).toMatchObject([{ operation: 'CONNECT', name: 'p', subResource: subresource, object: { ...options, kind } }]);
  });

  test('a count of replicas is shown as what it is', async () => {
    const labels = { app: 'd' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'm', image: 'm:1' }] } };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'default' },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    };
    await plane.client.create(DEPLOYMENTS, deployment as never);
    const rule = { operations: ['*'], apiGroups: ['apps'], apiVersions: ['*'], resources: ['deployments/scale'] };
    await webhooks.add(plane, 'validating', 'v.test.io', ({ object }) => ({ allowed: object.spec.replicas < 3 }), { rules: [rule] });
    const scale = (replicas: number) =>
      plane.client.patch(
        { kind: DEPLOYMENTS, name: 'd', namespace: 'default', subresource: 'scale' },
        { type: 'merge', patch: { spec: { replicas } } },
      );
    await scale(2);
    await expect(scale(3)).rejects.toThrow('denied the request without explanation');
    expect(webhooks.asked[0]).toMatchObject({
      kind: { group: 'autoscaling', kind: 'Scale' },
      subResource: 'scale',
      oldObject: { spec: { replicas: 1 } },
    });
    expect((await plane.client.get(DEPLOYMENTS, 'd', 'default')).spec.replicas).toBe(2);
  });
});

test.each([
  ['Fail', { reason: 'InternalError', message: 'Internal error occurred: failed calling webhook "v.test.io": nobody there' }],
  ['Ignore', undefined],
])('with the policy %s a webhook that cannot be asked gives %j', async (failurePolicy, refusal) => {
  await webhooks.add(plane, 'validating', 'v.test.io', () => ({ failure: 'nobody there' }), { failurePolicy });
  const made = create(map('x'));
  if (refusal) await expect(made).rejects.toMatchObject(refusal);
  else expect((await made).metadata.name).toBe('x');
});

test('warnings of all webhooks reach who writes', async () => {
  await webhooks.add(plane, 'mutating', 'a.test.io', () => ({ warnings: ['first'] }));
  await webhooks.add(plane, 'validating', 'v.test.io', () => ({ warnings: ['second'] }));
  const place = { kind: plane.api.kinds.byApiVersion('v1', 'ConfigMap')!, namespace: 'default' };
  const caller = { user: 'u', groups: [], manager: 'm' };
  const { warnings } = await plane.api.attend((hearing) => plane.api.create(place, map('x') as never, { hearing }, caller));
  expect(warnings).toEqual(['first', 'second']);
});
