import { beforeEach, describe, expect, test } from 'vitest';
import { NODES, PODS, type Pod } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, pod } from '../../tools/manifests.ts';

const ZONE = 'topology.kubernetes.io/zone';
const REGION = 'topology.kubernetes.io/region';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
  const labels = { [ZONE]: 'z1', [REGION]: 'eu', disk: 'ssd' };
  await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'here', labels } });
  await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'bare' } });
});

const bind = (name: string, node: string, metadata: object = {}) =>
  plane.client.post(
    { kind: PODS, namespace: 'default', name, subresource: 'binding' },
    asManifest({ apiVersion: 'v1', kind: 'Binding', metadata: { name, ...metadata }, target: { kind: 'Node', name: node } }),
  );

const read = (name: string) => plane.client.get(PODS, name, 'default');

describe('a binding', () => {
  test('gives the pod its node, says so, and clears where room was to be made for it', async () => {
    const made = await plane.client.create(PODS, pod('p'));
    await plane.client.updateStatus(PODS, { ...made, status: { ...made.status, nominatedNodeName: 'bare' } } as Pod);
    await bind('p', 'here');
    const { spec, status } = await read('p');
    expect(spec.nodeName).toBe('here');
    expect(status?.nominatedNodeName).toBeUndefined();
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
  });

  test('makes nobody the owner of what it sets, as in Kubernetes', async () => {
    const { metadata } = await plane.client.create(PODS, pod('p'));
    await bind('p', 'here');
    expect((await read('p')).metadata.managedFields).toEqual(metadata.managedFields);
  });

  test('brings its annotations and labels', async () => {
    await plane.client.create(PODS, pod('p', {}, { app: 'web', kept: 'yes' }));
    await bind('p', 'bare', { annotations: { by: 'mine' }, labels: { app: 'other' } });
    expect((await read('p')).metadata).toMatchObject({ annotations: { by: 'mine' }, labels: { app: 'other', kept: 'yes' } });
  });

  test('tells the pod its zone and region', async () => {
    await plane.client.create(PODS, pod('p', {}, { app: 'web', [ZONE]: 'wrong' }));
    await bind('p', 'here');
    expect((await read('p')).metadata.labels).toEqual({ app: 'web', [ZONE]: 'z1', [REGION]: 'eu' });
  });

  test('to a node that is not there, or says nothing of where it lies, adds no label', async () => {
    for (const [name, node] of [['p', 'bare'], ['q', 'nowhere']] as const) {
      await plane.client.create(PODS, pod(name, {}, { app: 'web' }));
      await bind(name, node);
      expect((await read(name)).metadata.labels).toEqual({ app: 'web' });
    }
  }); // prettier-ignore

  test.each<[why: string, spec: Partial<Pod['spec']>, message: string]>([
    ['has gates', { schedulingGates: [{ name: 'example.com/wait' }] }, 'pod p has non-empty .spec.schedulingGates'],
    ['has a node', { nodeName: 'here' }, 'pod p is already assigned to node "here"'],
  ])('is refused for a pod that %s', async (_, spec, why) => {
    await plane.client.create(PODS, pod('p', spec));
    await expect(bind('p', 'bare')).rejects.toMatchObject({
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on pods/binding "p": ${why}`,
    });
  });
});

test('a pod that names its node itself learns its zone and region too', async () => {
  const made = await plane.client.create(PODS, pod('p', { nodeName: 'here' }, { app: 'web' }));
  expect(made.metadata.labels).toEqual({ app: 'web', [ZONE]: 'z1', [REGION]: 'eu' });
});
