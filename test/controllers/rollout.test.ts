import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS, type Deployment, type DeploymentStatus } from '../../src/model/index.ts';
import { cluster, deployment, type Cluster } from './cluster.ts';

let the: Cluster;
beforeEach(async () => {
  the = await cluster();
});
afterEach(() => the.scope.close());

const REVISION = 'deployment.kubernetes.io/revision';
const condition = (status: DeploymentStatus | undefined, type: string) => status?.conditions?.find((each) => each.type === type);

async function change(edit: (spec: Deployment['spec']) => Partial<Deployment['spec']>, name = 'web'): Promise<void> {
  const present = await the.deployment(name);
  await the.client.update(DEPLOYMENTS, { ...present, spec: { ...present.spec, ...edit(present.spec) } });
  await the.clock.settle();
}

const withImage = (image: string) => (spec: Deployment['spec']) => ({
  template: { ...spec.template, spec: { ...spec.template.spec, containers: [{ name: 'main', image }] } },
});

const sizes = async () =>
  Object.fromEntries((await the.sets()).map((set) => [set.spec.template.spec.containers[0]!.image, set.spec.replicas]));
const messages = async (reason: string) =>
  (await the.client.list(EVENTS, { namespace: 'default' })).items.filter((event) => event.reason === reason).map((event) => event.message);

describe('a new Deployment', () => {
  beforeEach(async () => {
    await the.client.create(DEPLOYMENTS, deployment('web'));
    await the.clock.settle();
  });

  test('gets a set named for its template, and pods', async () => {
    const [set] = await the.sets();
    const hash = set!.metadata.labels!['pod-template-hash'];
    expect(set!.metadata.name).toBe(`web-${hash}`);
    expect(set!.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    const pods = await the.pods();
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.metadata.name).toMatch(new RegExp(`^web-${hash}-[a-z0-9]{5}$`));
      expect(pod.metadata.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
      expect(pod.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: set!.metadata.name,
          uid: set!.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
    }
  });

  test('says what it made, then that it is available', async () => {
    const before = (await the.deployment()).status;
    expect(before).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, unavailableReplicas: 3 });
    expect(condition(before, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    await the.settle();
    const after = await the.deployment();
    expect(after.status).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(after.status).not.toHaveProperty('unavailableReplicas');
    expect(condition(after.status, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition(after.status, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(after.status!.conditions!.map(({ type }) => type)).toEqual(['Available', 'Progressing']);
    expect((await the.sets())[0]!.metadata.annotations).toMatchObject({ [REVISION]: '1' });
    expect(after.metadata.generation).toBe(1);
  });

  test('is told of in events', async () => {
    const [set] = await the.sets();
    expect(await messages('ScalingReplicaSet')).toEqual([`Scaled up replica set ${set!.metadata.name} from 0 to 3`]);
    const created = (await the.pods()).map((pod) => `Created pod: ${pod.metadata.name}`);
    expect((await messages('SuccessfulCreate')).toSorted()).toEqual(created.toSorted());
  });

  test('replaces a pod that is deleted', async () => {
    await the.settle();
    const [victim] = await the.pods();
    await the.client.delete({ kind: PODS, name: victim!.metadata.name, namespace: 'default' });
    await the.settle();
    const pods = await the.pods();
    expect(pods).toHaveLength(3);
    expect(pods.map((pod) => pod.metadata.uid)).not.toContain(victim!.metadata.uid);
  });

  test('writes nothing once it has come to rest', async () => {
    await the.settle();
    const { revision } = the.store;
    await the.clock.advance(3_600_000);
    expect(the.store.revision).toBe(revision);
  });
});

describe('a new template', () => {
  beforeEach(async () => {
    await the.client.create(DEPLOYMENTS, deployment('web', { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
    await the.settle();
    await change(withImage('web:2'));
  });

  test('surges first, and takes an old pod for each new one that is available', async () => {
    const seen = [await sizes()];
    for (let turn = 0; turn < 3; turn++) {
      const raw = (await the.pods()).find((pod) => pod.status?.phase !== 'Running')!;
      await the.setReady(raw, true);
      seen.push(await sizes());
    }
    expect(seen).toEqual([
      { 'web:1': 3, 'web:2': 1 },
      { 'web:1': 2, 'web:2': 2 },
      { 'web:1': 1, 'web:2': 3 },
      { 'web:1': 0, 'web:2': 3 },
    ]);
  });

  test('is revision 2, and going back makes the first set revision 3', async () => {
    await the.settle();
    expect((await the.sets()).map((set) => set.metadata.annotations?.[REVISION]).toSorted()).toEqual(['1', '2']);
    const first = (await the.sets()).find((set) => set.spec.replicas === 0)!;
    await change(withImage('web:1'));
    await the.settle();
    const sets = await the.sets();
    expect(sets).toHaveLength(2);
    const back = sets.find((set) => set.metadata.uid === first.metadata.uid)!;
    expect(back.spec.replicas).toBe(3);
    expect(back.metadata.annotations).toMatchObject({ [REVISION]: '3', 'deployment.kubernetes.io/revision-history': '1' });
    expect((await the.deployment()).status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
  });

  test('that never becomes ready keeps the old pods, and is late after the deadline', async () => {
    await the.clock.advance(599_000);
    expect(condition((await the.deployment()).status, 'Progressing')?.status).toBe('True');
    await the.clock.advance(3_000);
    const { status } = await the.deployment();
    expect(condition(status, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(condition(status, 'Available')).toMatchObject({ status: 'True' });
    expect(await sizes()).toEqual({ 'web:1': 3, 'web:2': 1 });
  });

  test('that is stuck gives way to the next one', async () => {
    await change(withImage('web:3'));
    await the.settle();
    expect(await sizes()).toEqual({ 'web:1': 0, 'web:2': 0, 'web:3': 3 });
  });
});

test('the history keeps as many old sets as it is told', async () => {
  await the.client.create(DEPLOYMENTS, deployment('web', { replicas: 1, revisionHistoryLimit: 2 }));
  await the.settle();
  for (let version = 2; version <= 6; version++) {
    await change(withImage(`web:${version}`));
    await the.settle();
  }
  expect(await sizes()).toEqual({ 'web:4': 0, 'web:5': 0, 'web:6': 1 });
});

test('recreate ends all old pods before it makes a new one', async () => {
  await the.client.create(DEPLOYMENTS, deployment('web', { strategy: { type: 'Recreate' } }));
  await the.settle();
  for (const pod of await the.pods()) {
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name }, target: { kind: 'Node', name: 'here' } };
    await the.client.post({ kind: PODS, name: pod.metadata.name, namespace: 'default', subresource: 'binding' }, binding);
  }
  await change(withImage('web:2'));
  const leaving = await the.pods();
  expect(leaving.map((pod) => pod.metadata.deletionTimestamp !== undefined)).toEqual([true, true, true]);
  expect(await sizes()).toEqual({ 'web:1': 0 });
  for (const pod of leaving)
    await the.client.delete({ kind: PODS, name: pod.metadata.name, namespace: 'default' }, { gracePeriodSeconds: 0 });
  await the.settle();
  expect(await sizes()).toEqual({ 'web:1': 0, 'web:2': 3 });
  expect(await the.pods()).toHaveLength(3);
});

describe('a paused Deployment', () => {
  beforeEach(async () => {
    await the.client.create(
      DEPLOYMENTS,
      deployment('web', { replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
    );
    await the.settle();
    await change(withImage('web:2'));
    await change(() => ({ paused: true }));
  });

  test('stands still in the middle, and says so', async () => {
    const before = await sizes();
    await the.settle();
    expect(await sizes()).toEqual(before);
    expect(condition((await the.deployment()).status, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  });

  test('scales its sets in proportion', async () => {
    expect(await sizes()).toEqual({ 'web:1': 8, 'web:2': 5 });
    await change(() => ({ replicas: 20 }));
    const scaled = await sizes();
    expect(scaled['web:1']! + scaled['web:2']!).toBe(23);
    expect(scaled).toEqual({ 'web:1': 14, 'web:2': 9 });
  });

  test('goes on when it is resumed', async () => {
    await change(() => ({ paused: false }));
    await the.settle();
    expect(await sizes()).toEqual({ 'web:1': 0, 'web:2': 10 });
    expect(condition((await the.deployment()).status, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });
});

test('a set that matches and has no owner is adopted', async () => {
  await the.client.create(DEPLOYMENTS, deployment('web'));
  await the.settle();
  const [set] = await the.sets();
  await the.client.delete({ kind: DEPLOYMENTS, name: 'web', namespace: 'default' }, { propagation: 'Orphan' });
  await the.clock.advance(1000);
  expect((await the.sets())[0]!.metadata.ownerReferences ?? []).toEqual([]);
  const pods = await the.pods();
  await the.client.create(DEPLOYMENTS, deployment('web'));
  await the.settle();
  const [adopted, ...others] = await the.sets();
  expect(others).toEqual([]);
  expect(adopted!.metadata.uid).toBe(set!.metadata.uid);
  expect(adopted!.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web', controller: true }]);
  expect((await the.pods()).map((pod) => pod.metadata.uid)).toEqual(pods.map((pod) => pod.metadata.uid));
});

test('minReadySeconds delays availability', async () => {
  await the.client.create(DEPLOYMENTS, deployment('web', { minReadySeconds: 30 }));
  await the.settle();
  await the.clock.advance(29_000);
  expect((await the.deployment()).status).toMatchObject({ readyReplicas: 3, unavailableReplicas: 3 });
  await the.clock.advance(1_000);
  expect((await the.deployment()).status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 });
});

test('a name that is taken by a foreign set leads to another hash', async () => {
  await the.client.create(DEPLOYMENTS, deployment('web'));
  await the.settle();
  const [first] = await the.sets();
  await the.client.delete({ kind: DEPLOYMENTS, name: 'web', namespace: 'default' });
  await the.clock.advance(1000);
  const { resourceVersion: _r, uid: _u, ownerReferences: _o, ...metadata } = first!.metadata;
  const labels = { app: 'foreign' };
  const foreign = {
    ...first!,
    metadata: { ...metadata, labels },
    spec: { ...first!.spec, replicas: 0, selector: { matchLabels: labels }, template: { ...first!.spec.template, metadata: { labels } } },
  };
  await the.client.create(REPLICA_SETS, foreign);
  await the.client.create(DEPLOYMENTS, deployment('web'));
  await the.clock.advance(1000);
  await the.settle();
  const sets = await the.sets();
  expect(sets).toHaveLength(2);
  expect((await the.deployment()).status).toMatchObject({ collisionCount: 1, availableReplicas: 3 });
});

describe('the annotation deprecated.deployment.rollback.to', () => {
  const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
  const annotate = async (annotations: Readonly<Record<string, string | null>>) => {
    await the.client.patch(
      { kind: DEPLOYMENTS, name: 'web', namespace: 'default' },
      { type: 'merge', patch: { metadata: { annotations } } },
    );
    await the.settle();
  };
  const said = async () =>
    (await the.client.list(EVENTS, { namespace: 'default' })).items
      .filter(({ reason }) => reason?.startsWith('DeploymentRollback'))
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

  beforeEach(async () => {
    await the.client.create(DEPLOYMENTS, deployment('web', { replicas: 1 }));
    await the.settle();
    await annotate({ why: 'first' });
    for (const image of ['web:2', 'web:3']) {
      await change(withImage(image));
      await the.settle();
      await annotate({ why: image });
    }
  });

  test.each<[string, string, string, string]>([
    ['takes the template back to a revision', '1', 'web:1', 'Normal DeploymentRollback: Rolled back deployment "web" to revision 1'],
    ['0 means the last revision', '0', 'web:2', 'Normal DeploymentRollback: Rolled back deployment "web" to revision 2'],
    [
      'has nothing to do for the present revision',
      '3',
      'web:3',
      'Warning DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"',
    ],
    [
      'says that there is no such revision',
      '9',
      'web:3',
      'Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.',
    ],
  ])('%s, and goes', async (_, revision, image, event) => {
    await annotate({ [ROLLBACK_TO]: revision });
    const { metadata, spec } = await the.deployment();
    expect([spec.template.spec.containers[0]!.image, spec.template.metadata?.labels]).toEqual([image, { app: 'web' }]);
    expect(metadata.annotations).not.toHaveProperty([ROLLBACK_TO]);
    expect(await said()).toEqual([event]);
  });

  test('brings back the annotations of that revision, and gives it the next number', async () => {
    await annotate({ [ROLLBACK_TO]: '1' });
    expect((await the.deployment()).metadata.annotations).toEqual({ why: 'first', [REVISION]: '4' });
  });

  test('waits while the Deployment is paused', async () => {
    await change(() => ({ paused: true }));
    await annotate({ [ROLLBACK_TO]: '1' });
    expect((await the.deployment()).metadata.annotations).toHaveProperty([ROLLBACK_TO], '1');
    await change(() => ({ paused: false }));
    await the.settle();
    expect(await said()).toEqual(['Normal DeploymentRollback: Rolled back deployment "web" to revision 1']);
  });

  test('finds no last revision in a Deployment that has had only one', async () => {
    const annotations = { [ROLLBACK_TO]: '0' };
    const first = deployment('fresh', { replicas: 1 });
    await the.client.create(DEPLOYMENTS, { ...first, metadata: { ...first.metadata, annotations } });
    await the.settle();
    expect(await said()).toEqual(['Warning DeploymentRollbackRevisionNotFound: Unable to find last revision.']);
  });
});
