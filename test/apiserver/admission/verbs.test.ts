import { beforeEach, expect, test } from 'vitest';
import { PODS, type Manifest } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { pod } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const put = (plural: string, name: string, spec: object) => {
  const value = { kind: 'Any', apiVersion: 'v1', metadata: { name, namespace: 'default' }, spec };
  plane.store.commit([{ op: 'put', key: `core/${plural}/default/${name}`, value, expect: 'absent' }], { by: 'test' });
};
const refused = {
  reason: 'Forbidden',
  message: expect.stringContaining('exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'),
};

test('of writes in one turn only one takes the last place of a quota, whoever writes', async () => {
  put('resourcequotas', 'q', { hard: { pods: '1' } });
  const written = await Promise.allSettled([plane.client.create(PODS, pod('a')), plane.trusted.create(PODS, pod('b'))]);
  expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  await expect(plane.client.create(PODS, pod('c'), { dryRun: true })).rejects.toMatchObject(refused);
  await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
  await expect(plane.client.create(PODS, pod('c'))).resolves.toBeDefined();
});

test('a pod’s class of service follows from what a limit range gave it', async () => {
  const amounts = { cpu: '100m', memory: '1Mi' };
  put('limitranges', 'l', { limits: [{ type: 'Container', default: amounts, defaultRequest: amounts }] });
  expect(await plane.client.create(PODS, pod('a'))).toMatchObject({
    spec: { containers: [{ resources: { limits: amounts, requests: amounts } }] },
    status: { qosClass: 'Guaranteed' },
  });
});

test('what is invalid is told as that before a quota is asked', async () => {
  put('resourcequotas', 'q', { hard: { pods: '0' } });
  await expect(plane.client.create(PODS, pod('a', { restartPolicy: 'Maybe' as never }))).rejects.toMatchObject({ reason: 'Invalid' });
});

test('what admission adds belongs to nobody', async () => {
  const made = await plane.client.create(PODS, pod('a'));
  expect(made.spec.tolerations).toHaveLength(2);
  expect(JSON.stringify(made.metadata.managedFields)).not.toMatch(/f:tolerations|f:priority|f:serviceAccount/);
});

test('an update by a client that knows less keeps what admission gave', async () => {
  const made = await plane.client.create(PODS, pod('a'));
  const { priority: _p, preemptionPolicy: _q, ...spec } = made.spec as unknown as Record<string, unknown>;
  const again = { ...made, metadata: { ...made.metadata, labels: { a: 'b' } }, spec } as unknown as typeof made;
  expect(await plane.client.update(PODS, again)).toMatchObject({ spec: { priority: 0, preemptionPolicy: 'PreemptLowerPriority' } });
});

test('warnings come with the answer', () => {
  const place = { kind: plane.api.kinds.byName('namespaces')! };
  const caller = { user: 'a', groups: [], manager: 'a' };
  const labels = { 'pod-security.kubernetes.io/warn': 'baseline' };
  plane.api.create(place, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } }, {}, caller);
  const bad = { ...pod('a', { hostNetwork: true } as object), metadata: { name: 'a', namespace: 'strict' } } as unknown as Manifest;
  const written = plane.api.create({ kind: plane.api.kinds.byName('pods')!, namespace: 'strict' }, bad, {}, caller);
  expect(written.warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)']);
});
