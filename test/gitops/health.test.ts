import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Deployment, KubeObject, Pod, ReplicaSet } from '../../src/model/index.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../src/model/index.ts';
import { PodFollower, withPlight, worstOf } from '../../src/gitops/health/pods.ts';
import { controlPlane } from '../tools/control-plane.ts';

const waiting = (reason: string, message = 'it says why'): ContainerStatus =>
  ({ name: 'main', ready: false, restartCount: 1, image: 'x', imageID: '', state: { waiting: { reason, message } } }) as ContainerStatus;

function pod(name: string, owner: KubeObject | undefined, status: Pod['status']): Pod {
  const { apiVersion, kind, metadata } = owner ?? {};
  const ownerReferences = metadata
    ? [{ apiVersion: apiVersion!, kind: kind!, name: metadata.name, uid: metadata.uid!, controller: true }]
    : [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ownerReferences },
    spec: { containers: [{ name: 'main', image: 'x' }] },
    status,
  } as Pod;
}

const crashing: Pod['status'] = { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff', 'back-off 10s')] };

describe('what pods say', () => {
  it.each(['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError'])(
    '%s needs a person',
    (reason) => {
      expect(worstOf([pod('web-1', undefined, { phase: 'Pending', containerStatuses: [waiting(reason)] })])).toEqual({
        state: 'Degraded',
        message: `Pod default/web-1: container main: ${reason}: it says why`,
      });
    },
  );

  it('no node takes it is worth a word, but may pass', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False' as const, message: '0/1 nodes are available: 1 Insufficient cpu.' }];
    expect(worstOf([pod('web-1', undefined, { phase: 'Pending', conditions } as Pod['status'])])).toEqual({
      state: 'Progressing',
      message: 'Pod default/web-1: 0/1 nodes are available: 1 Insufficient cpu.',
    });
  });

  it.each<[string, Pod['status']]>([
    ['that is being made', { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] }],
    ['that has failed and is replaced', { phase: 'Failed' }],
  ])('a pod %s says nothing', (_name, status) => {
    expect(worstOf([pod('web-1', undefined, status)])).toBeUndefined();
  });

  it('an object that is well is not made ill by one pod, one that is not gets the culprit', () => {
    const plight = { state: 'Degraded', message: 'Pod a: crashes' } as const;
    expect(withPlight({ state: 'Healthy' }, plight)).toEqual({ state: 'Healthy' });
    expect(withPlight({ state: 'Progressing', message: '0 of 1' }, plight)).toEqual({
      state: 'Degraded',
      message: '0 of 1; Pod a: crashes',
    });
  });
});

describe('the pods below a Deployment', () => {
  it('are those of its newest template, and the Deployment is told of at each change', async () => {
    const { trusted: client, clock } = await controlPlane();
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const revision = (value: string) => ({ 'deployment.kubernetes.io/revision': value });
    const deployment = await client.create<Deployment>(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', annotations: revision('2') },
      spec,
    } as Deployment);
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: deployment.metadata.uid!, controller: true }];
    const [old, young] = await Promise.all(
      ['1', '2'].map((value) =>
        client.create<ReplicaSet>(REPLICA_SETS, {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { name: `web-${value}`, namespace: 'default', annotations: revision(value), ownerReferences },
          spec,
        } as unknown as ReplicaSet),
      ),
    );
    const told: string[] = [];
    const follower = new PodFollower(client, (owner) => told.push(owner));
    await follower.open();
    const ail = async (name: string, owner: KubeObject) => {
      const made = await client.create(PODS, pod(name, owner, {}));
      await client.updateStatus(PODS, { ...made, status: crashing! });
      await clock.settle();
    };

    await ail('web-1-a', old!);
    expect(follower.plightOf(deployment)).toBeUndefined();
    await ail('web-2-a', young!);
    expect(follower.plightOf(deployment)).toMatchObject({ state: 'Degraded', message: expect.stringContaining('Pod default/web-2-a') });
    expect(told).toContain('apps/Deployment/default/web');
    follower.close();
  });
});
