import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope, seededRandom, silentLog, StatusError } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import {
  controllerReference,
  EVENTS,
  formatTime,
  JOBS,
  NAMESPACES,
  PODS,
  type Condition,
  type Job,
  type JobSpec,
  type KindRef,
  type Pod,
} from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';
const WRITES = ['create', 'updateStatus', 'patch', 'delete'] as const;
type Write = (typeof WRITES)[number];

let plane: ControlPlane;
let scope: Scope;
/** What happens before a write of the controller arrives; a throw is its answer. */
let before: (write: Write, name: string) => void | Promise<void>;

beforeEach(async () => {
  plane = await controlPlane();
  scope = new Scope('test');
  before = () => {};
  const { clock, api, trusted } = plane;
  startControllers({ client: disturbed(trusted), clock, random: seededRandom(7), log: silentLog, scope, kinds: api.kinds, only: ['job'] });
  await clock.settle();
});
afterEach(() => scope.close());

/** The client as the controller has it. */
function disturbed(client: Client): Client {
  return new Proxy(client, {
    get: (target, property) => {
      if (property === 'as') return (manager: string) => disturbed(target.as(manager));
      const own = Reflect.get(target, property) as unknown;
      if (typeof own !== 'function') return own;
      const call = own.bind(target) as (...args: unknown[]) => unknown;
      const write = WRITES.find((each) => each === property);
      if (!write) return call;
      return async (first: { kind?: unknown; name?: string; plural?: string }, ...rest: unknown[]) => {
        const kind = (first.kind instanceof Object ? first.kind : first) as KindRef<unknown>;
        const name = first.name ?? (rest[0] as Job | undefined)?.metadata.name ?? '';
        if (kind.plural !== EVENTS.plural) await before(write, name);
        return call(first, ...rest);
      };
    },
  });
}

const conflict = () => new StatusError('Conflict', 'the object has been modified');
const unavailable = () => new StatusError('ServiceUnavailable', 'not now');

/** So many of these writes are answered with a failure. */
function refuse(refused: Write, times: number, error: () => Error): void {
  let left = times;
  before = (write) => {
    if (write === refused && left-- > 0) throw error();
  };
}

const live = () => plane.client.get(JOBS, 'work', 'default');
const pods = async () => (await plane.client.list(PODS, { namespace: 'default' })).items;
const isTracked = ({ metadata }: Pod) => metadata.finalizers?.includes(TRACKING) ?? false;
const running = async () => (await pods()).filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
const told = async (reason: string) => {
  await plane.clock.settle();
  const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
  return items.filter((event) => event.reason === reason).reduce((sum, { count = 1 }) => sum + count, 0);
};

function job(spec: Partial<JobSpec> = {}, namespace = 'default'): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'main', image: 'x' }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work', namespace }, spec: { template, ...spec } };
}

async function create(spec?: Partial<JobSpec>): Promise<Job> {
  const made = await plane.client.create(JOBS, job(spec));
  await plane.clock.settle();
  return made;
}

async function end(pod: Pod, phase: 'Succeeded' | 'Failed' = 'Succeeded'): Promise<void> {
  await tellEnd(pod, phase);
  await plane.clock.settle();
}

async function tellEnd({ metadata: { name } }: Pod, phase: 'Succeeded' | 'Failed'): Promise<void> {
  const terminated = { exitCode: phase === 'Succeeded' ? 0 : 1, finishedAt: formatTime(plane.clock.now()) };
  const containerStatuses = [{ name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated } }];
  await plane.trusted.updateStatus(PODS, { ...(await plane.client.get(PODS, name, 'default')), status: { phase, containerStatuses } });
}

const condition = (type: string): Condition => ({ type, status: 'True', reason: 'Said', message: '' });

/** A pod that the controller finds. */
async function place(metadata: Partial<Pod['metadata']>): Promise<() => Promise<Pod>> {
  const { template } = job().spec;
  const name = metadata.name ?? 'found';
  await plane.trusted.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: template.spec,
    metadata: { namespace: 'default', finalizers: [TRACKING], ...metadata, name },
  });
  await plane.clock.settle();
  return () => plane.client.get(PODS, name, 'default');
}

describe('a job whose status cannot be written', () => {
  test.each([
    ['another was faster', conflict],
    ['the server does not answer', unavailable],
  ])('lets no pod go before it is, and counts it once: %s', async (_, error) => {
    await create();
    const [pod] = await pods();
    refuse('updateStatus', 3, error);
    await end(pod!);
    expect((await pods()).map(isTracked)).toEqual([true]);
    expect(await told('Completed')).toBe(0);
    await plane.clock.advance(5_000);
    expect((await pods()).map(isTracked)).toEqual([false]);
    expect((await live()).status).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {} });
    expect(await told('Completed')).toBe(1);
  });

  test('waits no longer before it tries again', async () => {
    await create();
    const [pod] = await pods();
    refuse('updateStatus', 1, conflict);
    await end(pod!, 'Failed');
    await plane.clock.advance(9_000);
    expect(await running()).toHaveLength(0);
    await plane.clock.advance(1_000);
    expect(await running()).toHaveLength(1);
  });
});

describe('a job whose controller fails at', () => {
  test.each(WRITES.filter((write) => write !== 'delete'))(
    'a %s, each time after another number of them, ends all the same',
    async (refused) => {
      for (let after = 0; after < 6; after++) {
        let count = 0;
        const unlisted: string[] = [];
        before = async (write, name) => {
          if (write === refused && count++ === after) throw unavailable();
          if (write !== 'patch') return;
          const { metadata } = await plane.client.get(PODS, name, 'default');
          const { uncountedTerminatedPods: { succeeded = [], failed = [] } = {} } = (await live()).status!;
          if (![...succeeded, ...failed].includes(metadata.uid!)) unlisted.push(name);
        };
        await create({ completions: 3, parallelism: 2, backoffLimit: 3 });
        for (const phase of ['Succeeded', 'Failed', 'Succeeded', 'Succeeded'] as const) {
          await plane.clock.advance(11_000);
          await end((await running())[0]!, phase);
        }
        await plane.clock.advance(11_000);
        const { status } = await live();
        expect(status).toMatchObject({ succeeded: 3, failed: 1, uncountedTerminatedPods: {} });
        expect(status!.conditions!.map(({ type }) => type)).toEqual(['SuccessCriteriaMet', 'Complete']);
        expect(await told('Completed')).toBe(after + 1);
        expect(unlisted).toEqual([]);
        expect((await pods()).filter(isTracked)).toEqual([]);
        expect(await pods()).toHaveLength(4);
        await plane.client.delete({ kind: JOBS, name: 'work', namespace: 'default' }, { propagation: 'Background' });
        for (const { metadata } of await pods()) await plane.trusted.delete({ kind: PODS, name: metadata.name, namespace: 'default' });
        await plane.clock.settle();
      }
    },
  );
});

describe('a job that has finished', () => {
  test('makes no pod, whatever it may ask for', async () => {
    const made = await create({ suspend: true, completions: 3, parallelism: 3 });
    await plane.trusted.updateStatus(JOBS, { ...(await live()), status: { ...made.status, conditions: [condition('Complete')] } });
    await plane.trusted.update(JOBS, { ...(await live()), spec: { ...(await live()).spec, suspend: false } });
    await plane.clock.settle();
    expect(await pods()).toEqual([]);
  });

  test('holds no pod of its own: neither one that it had nor one that comes late', async () => {
    const made = await create({ completions: 2, parallelism: 2 });
    await plane.trusted.updateStatus(JOBS, { ...(await live()), status: { ...(await live()).status, conditions: [condition('Failed')] } });
    await plane.clock.settle();
    expect((await pods()).map(isTracked)).toEqual([false, false]);
    const late = await place({ labels: (await pods())[0]!.metadata.labels, ownerReferences: [controllerReference(made, JOBS)] });
    expect(isTracked(await late())).toBe(false);
  });
});

describe('a pod that is tracked', () => {
  test('for a job that is not there is let go', async () => {
    const pod = await place({ labels: { 'batch.kubernetes.io/job-name': 'gone' } });
    expect(isTracked(await pod())).toBe(false);
  });

  test('for a former job of the same name is let go', async () => {
    const made = await create({ suspend: true });
    const pod = await place({ ownerReferences: [{ ...controllerReference(made, JOBS), uid: 'former' }] });
    expect(isTracked(await pod())).toBe(false);
  });

  test('and nobody’s, by no name or for a job that does not choose it, is let go', async () => {
    const { metadata } = await create();
    const nameless = await place({ name: 'nameless', labels: { mine: 'yes' } });
    const other = await place({ name: 'other', labels: { 'batch.kubernetes.io/job-name': metadata.name } });
    expect([await nameless(), await other()].map(isTracked)).toEqual([false, false]);
  });

  test('and loses the labels that its job chooses is given up and let go', async () => {
    await create();
    const [pod] = await pods();
    const target = { kind: PODS, name: pod!.metadata.name, namespace: 'default' };
    await plane.client.patch(target, { type: 'merge', patch: { metadata: { labels: null } } });
    await plane.clock.settle();
    const { metadata } = await plane.client.get(PODS, target.name, 'default');
    expect(metadata.ownerReferences).toBeUndefined();
    expect(metadata.finalizers).toBeUndefined();
  });

  test('and is another controller’s stays held', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'work', uid: 'set', controller: true };
    const pod = await place({ ownerReferences: [owner] });
    expect(isTracked(await pod())).toBe(true);
  });

  test('and nobody’s is taken by the job whose labels it has', async () => {
    const made = await create();
    const [own] = await pods();
    await end(own!, 'Failed');
    const pod = await place({ labels: own!.metadata.labels });
    expect(isTracked(await pod())).toBe(true);
    expect((await pod()).metadata.ownerReferences).toEqual([controllerReference(made, JOBS)]);
  });

  test('or not, and nobody’s, is taken by a job that chooses by labels of its own', async () => {
    const { template } = job().spec;
    const made = await create({
      manualSelector: true,
      selector: { matchLabels: { app: 'work' } },
      template: { ...template, metadata: { labels: { app: 'work' } } },
    });
    await end((await pods())[0]!, 'Failed');
    await place({ name: 'untracked', labels: { app: 'work' }, finalizers: [] });
    await plane.client.patch(
      { kind: JOBS, name: 'work', namespace: 'default' },
      { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } },
    );
    await plane.clock.settle();
    const { metadata } = await plane.client.get(PODS, 'untracked', 'default');
    expect(metadata.ownerReferences).toEqual([controllerReference(made, JOBS)]);
    expect(metadata.finalizers).toEqual([TRACKING]);
  });

  test('and has come in the place of one that was to be let go stays held', async () => {
    await create();
    const [old] = await pods();
    const { name, labels } = old!.metadata;
    before = async (write) => {
      if (write !== 'patch') return;
      before = () => {};
      await plane.trusted.patch({ kind: PODS, name, namespace: 'default' }, { type: 'merge', patch: { metadata: { finalizers: null } } });
      await plane.trusted.delete({ kind: PODS, name, namespace: 'default' }, { gracePeriodSeconds: 0 });
      const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'work', uid: 'set', controller: true }];
      await plane.trusted.create(PODS, {
        ...old!,
        metadata: { name, namespace: 'default', labels: { mine: 'yes' }, finalizers: [TRACKING], ownerReferences },
      });
    };
    await end(old!);
    await plane.clock.advance(5_000);
    const present = await plane.client.get(PODS, name, 'default');
    expect(present.metadata.labels).not.toEqual(labels);
    expect(isTracked(present)).toBe(true);
  });
});

async function replaceJob(next: Job): Promise<void> {
  await plane.trusted.delete({ kind: JOBS, name: 'work', namespace: 'default' }, { propagation: 'Background' });
  await plane.client.create(JOBS, next);
}

test('a job counts no failure of its namesake before it', async () => {
  let made = 0;
  before = async (write) => {
    if (write !== 'create' || ++made < 2) return;
    before = () => {};
    await tellEnd((await pods())[0]!, 'Failed');
    await replaceJob(job());
  };
  await create({ parallelism: 2 });
  await plane.clock.advance(20_000);
  expect((await live()).status).toMatchObject({ active: 1 });
  expect((await live()).status?.failed).toBeUndefined();
});

test('a job waits for no failure of its namesake before it', async () => {
  await create();
  before = async (write) => {
    if (write !== 'patch') return;
    before = () => {};
    await replaceJob(job());
  };
  await end((await pods())[0]!, 'Failed');
  expect(await running()).toHaveLength(1);
});

test('what others say in the status of a job while its pods are made stays there', async () => {
  before = async (write) => {
    if (write !== 'create') return;
    before = () => {};
    await plane.trusted.updateStatus(JOBS, { ...(await live()), status: { ...(await live()).status, conditions: [condition('Queued')] } });
  };
  await create();
  expect((await live()).status).toMatchObject({ active: 1, conditions: [{ type: 'Queued' }] });
});

test('a pod that could not be made is tried again', async () => {
  refuse('create', 4, unavailable);
  await create();
  await plane.clock.advance(2_000);
  expect(await pods()).toHaveLength(1);
});

test('in a namespace that is going no pod is tried again', async () => {
  await plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
  await plane.client.create(JOBS, job({ suspend: true }, 'going'));
  await plane.client.delete({ kind: NAMESPACES, name: 'going' });
  let tries = 0;
  before = (write) => void (write === 'create' && tries++);
  await plane.client.patch({ kind: JOBS, name: 'work', namespace: 'going' }, { type: 'merge', patch: { spec: { suspend: false } } });
  await plane.clock.settle();
  expect(tries).toBeGreaterThan(0);
  tries = 0;
  await plane.clock.advance(600_000);
  expect(tries).toBe(0);
});
