import type { Client, Informer } from '../../client/index.ts';
import {
  controllerOf,
  PODS,
  REPLICA_SETS,
  splitApiVersion,
  type KubeObject,
  type OwnerReference,
  type Pod,
  type ReplicaSet,
} from '../../model/index.ts';
import { healthOf, isActive, isWorse, type Health } from '../../status/index.ts';
import { identityOf, type Identity } from '../desired/identity.ts';

const BY_CONTROLLER = 'gitops/controller';
const REVISION = 'deployment.kubernetes.io/revision';

/** Kinds that run pods, by the group and kind of their identity. */
const RUNS_PODS: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/Job',
  '/ReplicationController',
]);

export function runsPods({ group, kind }: { group: string; kind: string }): boolean {
  return RUNS_PODS.has(`${group}/${kind}`);
}

/** Follows the pods below what applications own: a workload says late and without a reason what its pods say at once. */
export class PodFollower {
  readonly #client: Pick<Client, 'informer'>;
  readonly #concerned: (owner: Identity) => void;
  #pods: Informer<Pod> | undefined;
  #sets: Informer<ReplicaSet> | undefined;
  #subscription: { close(): void } | undefined;

  /** `concerned` is told of each object whose pods changed what they say of it. */
  constructor(client: Pick<Client, 'informer'>, concerned: (owner: Identity) => void) {
    this.#client = client;
    this.#concerned = concerned;
  }

  /** Begins with the first workload: who applies none pays for no cache. */
  async open(): Promise<void> {
    if (this.#pods) return;
    this.#sets = this.#client.informer(REPLICA_SETS);
    this.#pods = this.#client.informer(PODS);
    for (const informer of [this.#sets, this.#pods] as Informer<KubeObject>[]) {
      informer.index(BY_CONTROLLER, (object) => {
        const uid = controllerOf(object)?.uid;
        return uid ? [uid] : [];
      });
    }
    await Promise.all([this.#sets.synced, this.#pods.synced]);
    this.#subscription = this.#pods.follow(({ before, after }) => this.#changed(before, after));
  }

  close(): void {
    this.#subscription?.close();
  }

  /** What the pods of a workload need a person for, or why they wait; undefined when they say nothing. */
  plightOf(workload: KubeObject): Health | undefined {
    const { group } = splitApiVersion(workload.apiVersion);
    if (!this.#pods || !workload.metadata.uid || !runsPods({ group, kind: workload.kind })) return undefined;
    return worstOf(this.#newestOwners(workload).flatMap((uid) => this.#pods!.by(BY_CONTROLLER, uid)));
  }

  /** The pods of a former template are on their way out: what ails them is being mended. */
  #newestOwners({ kind, metadata }: KubeObject): readonly string[] {
    if (kind !== 'Deployment') return [metadata.uid!];
    const revision = metadata.annotations?.[REVISION];
    return this.#sets!.by(BY_CONTROLLER, metadata.uid!).flatMap((set) =>
      set.metadata.annotations?.[REVISION] === revision ? [set.metadata.uid!] : [],
    );
  }

  #changed(before: Pod | undefined, after: Pod | undefined): void {
    const [was, is] = [before && plight(before), after && plight(after)];
    if (was?.state === is?.state && was?.message === is?.message) return;
    const owner = controllerOf((after ?? before)!);
    if (owner) for (const identity of this.#above(owner, (after ?? before)!.metadata.namespace)) this.#concerned(identity);
  }

  /** A controller, and the one above it: a ReplicaSet's Deployment. */
  #above({ apiVersion, kind, name, uid }: OwnerReference, namespace: string | undefined): readonly Identity[] {
    const own = identityOf({ apiVersion, kind, namespace, name });
    if (kind !== 'ReplicaSet') return [own];
    const set = this.#sets?.get(`${namespace}/${name}`);
    const above = set?.metadata.uid === uid ? controllerOf(set) : undefined;
    return above ? [own, identityOf({ ...above, namespace })] : [own];
  }
}

/** What a pod says that its workload does not: that it needs a person, or that no node takes it. */
export function plight(pod: Pod): Health | undefined {
  if (!isActive(pod)) return undefined;
  const health = healthOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
  if (health.state === 'Degraded') return health;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return unscheduled?.message ? { state: 'Progressing', message: unscheduled.message } : undefined;
}

export function worstOf(pods: readonly Pod[]): Health | undefined {
  let worst: { pod: Pod; health: Health } | undefined;
  for (const pod of pods) {
    const health = plight(pod);
    if (health && (!worst || isWorse(health.state, worst.health.state))) worst = { pod, health };
  }
  if (!worst) return undefined;
  const { namespace, name } = worst.pod.metadata;
  return { state: worst.health.state, message: `Pod ${namespace}/${name}: ${worst.health.message}` };
}

/** An object's own health, with the culprit among its pods where it is not well. */
export function withPlight(own: Health, plight: Health | undefined): Health {
  if (!plight || (own.state !== 'Progressing' && own.state !== 'Degraded')) return own;
  const state = isWorse(plight.state, own.state) ? plight.state : own.state;
  return { state, message: [own.message, plight.message].filter(Boolean).join('; ') };
}
