import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { DEPLOYMENTS, formatTime, PODS, REPLICA_SETS, type Deployment, type Pod, type ReplicaSet } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

/** A control plane with the controllers in it; pods run when the test says so. */
export interface Cluster extends ControlPlane {
  readonly scope: Scope;
  pods(): Promise<readonly Pod[]>;
  sets(): Promise<readonly ReplicaSet[]>;
  deployment(name?: string): Promise<Deployment>;
  setReady(pod: Pod, ready: boolean): Promise<void>;
  /** Lets everything come to rest: pods become ready, and leaving ones leave. */
  settle(): Promise<void>;
}

export async function cluster(only?: readonly string[]): Promise<Cluster> {
  const plane = await controlPlane();
  const scope = new Scope('test');
  const { clock, client, trusted } = plane;
  startControllers({ client: trusted, clock, random: seededRandom(7), log: silentLog, scope, kinds: plane.api.kinds, only });
  await clock.settle();
  const pods = async () => (await client.list(PODS, { namespace: 'default' })).items;
  const setReady = async (pod: Pod, ready: boolean) => {
    const status = ready ? 'True' : 'False';
    const live = await client.get(PODS, pod.metadata.name, 'default');
    const conditions = [{ type: 'Ready', status, lastTransitionTime: formatTime(clock.now()) } as const];
    const podIP = live.status?.podIP ?? `127.1.0.${++addresses}`;
    await trusted.updateStatus(PODS, { ...live, status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions } });
    await clock.settle();
  };
  let addresses = 0;
  return {
    ...plane,
    scope,
    pods,
    setReady,
    sets: async () => (await client.list(REPLICA_SETS, { namespace: 'default' })).items,
    deployment: (name = 'web') => client.get(DEPLOYMENTS, name, 'default'),
    settle: async () => {
      for (;;) {
        await clock.settle();
        const raw = (await pods()).filter(
          (pod) => pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.status !== 'True',
        );
        if (raw.length === 0) return;
        for (const pod of raw) await setReady(pod, true);
      }
    },
  };
}

export function deployment(name: string, spec: Partial<Deployment['spec']> = {}, image = 'web:1'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
      ...spec,
    },
  };
}
