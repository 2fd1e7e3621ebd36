import { decideDeployment } from '../../src/controllers/deployment/index.ts';
import { decideReplicas, decideStatus, type ReplicaDecision } from '../../src/controllers/replicaset/index.ts';
import { formatTime, resolveCount, type Deployment, type IntOrString, type Pod, type ReplicaSet } from '../../src/model/index.ts';
import { isReady } from '../../src/status/index.ts';

const IDLE: ReplicaDecision = { create: 0, remove: [] };

/** A rollout without a cluster: the decisions alone, in whatever order a test takes them. */
export class RolloutModel {
  deployment: Deployment;
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly #sets = new Map<string, { set: ReplicaSet; pods: Pod[] }>();
  #made = 0;

  constructor(replicas: number, maxSurge: IntOrString, maxUnavailable: IntOrString) {
    this.deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', uid: 'deployment', generation: 1 },
      spec: {
        replicas,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:0' }] } },
        progressDeadlineSeconds: 600,
      },
    };
  }

  get pods(): readonly Pod[] {
    return [...this.#sets.values()].flatMap(({ pods }) => pods);
  }

  get sets(): readonly ReplicaSet[] {
    return [...this.#sets.values()].map(({ set }) => set);
  }

  get available(): number {
    return this.pods.filter(isReady).length;
  }

  get mostPods(): number {
    return this.#wanted + resolveCount(this.#bounds.maxSurge, this.#wanted, 'up');
  }

  get leastAvailable(): number {
    const { maxSurge, maxUnavailable } = this.#bounds;
    const unavailable = resolveCount(maxUnavailable, this.#wanted, 'down');
    return this.#wanted - (unavailable === 0 && resolveCount(maxSurge, this.#wanted, 'up') === 0 ? 1 : unavailable);
  }

  get #wanted(): number {
    return this.deployment.spec.replicas!;
  }

  get #bounds() {
    return this.deployment.spec.strategy!.rollingUpdate!;
  }

  edit(spec: Partial<Deployment['spec']>): void {
    const generation = this.deployment.metadata.generation! + 1;
    this.deployment = {
      ...this.deployment,
      metadata: { ...this.deployment.metadata, generation },
      spec: { ...this.deployment.spec, ...spec },
    };
  }

  setImage(image: string): void {
    const { template } = this.deployment.spec;
    if (template.spec.containers[0]!.image !== image)
      this.edit({ template: { ...template, spec: { containers: [{ name: 'main', image }] } } });
  }

  /** One turn of the Deployment's controller. */
  deploy(): void {
    const { create, change, remove, status } = decideDeployment(
      { deployment: this.deployment, sets: this.sets, podsOf: () => [] },
      this.now,
    );
    if (create) {
      const created = { uid: `set-${++this.#made}`, generation: 1, creationTimestamp: formatTime(this.now + this.#made * 1000) };
      this.#sets.set(create.metadata.name, { set: { ...create, metadata: { ...create.metadata, ...created } }, pods: [] });
    }
    for (const { before, after } of change) {
      const generation = before.metadata.generation! + (before.spec === after.spec ? 0 : 1);
      this.#sets.get(after.metadata.name)!.set = { ...after, metadata: { ...after.metadata, generation } };
    }
    for (const set of remove) this.#sets.delete(set.metadata.name);
    this.deployment = { ...this.deployment, status };
  }

  /** One turn of a set's controller, which counts its pods before or after it has made and removed some, or can do neither. */
  sync(index: number, counts: 'before' | 'after' | 'refused'): void {
    const entry = [...this.#sets.values()][index % Math.max(1, this.#sets.size)];
    if (!entry) return;
    const count = () => decideStatus(entry.set, entry.pods, undefined, this.now).status;
    const early = count();
    const { create, remove } =
      counts === 'refused' ? IDLE : decideReplicas(entry.set.spec.replicas!, entry.pods, () => this.pods, this.now);
    entry.pods = entry.pods.filter((pod) => !remove.includes(pod));
    for (let i = 0; i < create; i++) entry.pods.push(this.#pod(entry.set));
    entry.set = { ...entry.set, status: counts === 'before' ? early : count() };
  }

  setReady(index: number, ready: boolean): void {
    const candidates = this.pods.filter((pod) => isReady(pod) !== ready);
    const chosen = candidates[index % Math.max(1, candidates.length)];
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: formatTime(this.now) } as const];
    for (const entry of this.#sets.values()) {
      entry.pods = entry.pods.map((pod) => (pod === chosen ? { ...pod, status: { phase: 'Running', conditions } } : pod));
    }
  }

  /** Everybody takes turns until nothing changes. */
  settle(): void {
    for (let turn = 0; turn < 500; turn++) {
      const before = this.#picture();
      this.deploy();
      for (let i = 0; i < this.#sets.size; i++) this.sync(i, 'after');
      while (this.available < this.pods.length) this.setReady(0, true);
      if (this.#picture() === before) return;
    }
    throw new Error(
      `no rest after 500 turns: ${JSON.stringify(this.sets.map(({ metadata, spec, status }) => [metadata.name, spec.replicas, status]))}`,
    );
  }

  #picture(): string {
    return JSON.stringify([this.sets, this.pods, this.deployment]);
  }

  #pod({ metadata, spec }: ReplicaSet): Pod {
    const name = `${metadata.name}-${++this.#made}`;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', uid: name, labels: metadata.labels },
      spec: { ...spec.template.spec, nodeName: 'here' },
    };
  }
}
