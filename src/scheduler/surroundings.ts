import { oncePerObject } from '../base/index.ts';
import type { Client, Informer } from '../client/index.ts';
import {
  CSI_NODES, EVERYTHING, matches, NAMESPACES, PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES, POD_DISRUPTION_BUDGETS, REPLICA_SETS, REPLICATION_CONTROLLERS, RESOURCE_CLAIMS,
  selectorFrom, selectorFromLabels, SERVICES, STATEFUL_SETS, STORAGE_CLASSES, VOLUME_ATTACHMENTS,
  type CsiNode, type KindRef, type KubeObject, type Labels, type LabelSelector, type Namespace, type PersistentVolume, type PersistentVolumeClaim,
  type Pod, type PodDisruptionBudget, type Requirement, type ResourceClaim, type Selector, type Service, type StorageClass, type VolumeAttachment,
} from '../model/index.ts'; // prettier-ignore

/** What placing depends on beside nodes and pods. */
export interface Surroundings {
  readonly namespaceLabels: (namespace: string) => Labels | undefined;
  /** What tells the pods of the same workload, or behind the same Services, from others; undefined when there is no such thing. */
  siblings(pod: Pod): Selector | undefined;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  /** How many volumes of each driver can be attached to the node, where it says so. */
  attachable(node: string): ReadonlyMap<string, number>;
  /** The names of the volumes that are attached to the node, or are to be. */
  attached(node: string): readonly string[];
  deviceClaim(namespace: string, name: string): ResourceClaim | undefined;
  budgets(namespace: string): readonly PodDisruptionBudget[];
}

/** A cluster in which there is nothing else. */
export const ALONE: Surroundings = {
  namespaceLabels: () => undefined,
  siblings: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  volumes: () => [],
  storageClass: () => undefined,
  attachable: () => new Map(),
  attached: () => [],
  deviceClaim: () => undefined,
  budgets: () => [],
};

interface Workload {
  readonly spec?: { readonly selector?: LabelSelector | Labels };
}

const WORKLOADS: readonly KindRef<unknown>[] = [REPLICA_SETS, STATEFUL_SETS, REPLICATION_CONTROLLERS];

/** What is waited for before the first pod is placed. */
export const SURROUNDING_KINDS: readonly KindRef<unknown>[] = [
  NAMESPACES,
  SERVICES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
  CSI_NODES,
  VOLUME_ATTACHMENTS,
  POD_DISRUPTION_BUDGETS,
  ...WORKLOADS,
];

const BY_NAMESPACE = 'namespace';
const BY_NODE = 'node';

/** What the caches of a client know. `changed` is told of what placing depends on. */
export class ClusterSurroundings implements Surroundings {
  readonly #namespaces: Informer<Namespace>;
  readonly #services: Informer<Service>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #csiNodes: Informer<CsiNode>;
  readonly #attachments: Informer<VolumeAttachment>;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #owners: ReadonlyMap<string, Informer<KubeObject & Workload>>;
  readonly #client: Client;
  readonly #changed: () => void;
  /** Watched once a pod has any: not every server knows them. */
  #deviceClaims: Informer<ResourceClaim> | undefined;
  readonly #subscriptions: { close(): void }[];

  constructor(client: Client, changed: () => void) {
    this.#client = client;
    this.#changed = changed;
    this.#namespaces = client.informer(NAMESPACES);
    this.#services = byNamespace(client.informer(SERVICES));
    this.#claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#volumes = client.informer(PERSISTENT_VOLUMES);
    this.#classes = client.informer(STORAGE_CLASSES);
    this.#csiNodes = client.informer(CSI_NODES);
    this.#attachments = client.informer(VOLUME_ATTACHMENTS);
    this.#attachments.index(BY_NODE, ({ spec }) => [spec?.nodeName ?? '']);
    this.#budgets = byNamespace(client.informer(POD_DISRUPTION_BUDGETS));
    this.#owners = new Map(WORKLOADS.map((kind) => [kind.kind, client.informer(kind as KindRef<KubeObject & Workload>)]));
    const told = [
      this.#namespaces,
      this.#claims,
      this.#volumes,
      this.#classes,
      this.#csiNodes,
      this.#attachments,
    ] as readonly Informer<KubeObject>[];
    const detached = this.#attachments.subscribe(({ after }) => (after ? undefined : changed()));
    this.#subscriptions = [detached, ...told.map((informer) => informer.subscribe(changed))];
  }

  async synced(): Promise<void> {
    await Promise.all(SURROUNDING_KINDS.map((kind) => this.#client.informer(kind as KindRef<KubeObject>).synced));
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  readonly namespaceLabels = (namespace: string): Labels | undefined => this.#namespaces.get(namespace)?.metadata.labels;

  siblings({ metadata }: Pod): Selector | undefined {
    const namespace = metadata.namespace ?? '';
    const serving: Requirement[] = [];
    for (const { spec } of this.#services.by(BY_NAMESPACE, namespace)) {
      const selector = spec?.selector ? selectedBy(spec.selector) : EVERYTHING;
      if (selector.length > 0 && matches(selector, metadata.labels)) serving.push(...selector);
    }
    const owner = metadata.ownerReferences?.find(({ controller }) => controller);
    const owned = owner && selectorOf(this.#owners.get(owner.kind)?.get(`${namespace}/${owner.name}`));
    const all = owned && serving.length === 0 ? owned : [...serving, ...(owned ?? EVERYTHING)];
    return all.length > 0 ? all : undefined;
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name);
  }

  volumes(): readonly PersistentVolume[] {
    return this.#volumes.list();
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#classes.get(name);
  }

  attachable(node: string): ReadonlyMap<string, number> {
    const drivers = this.#csiNodes.get(node)?.spec?.drivers ?? [];
    return new Map(drivers.flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count]])));
  }

  attached(node: string): readonly string[] {
    return this.#attachments.by(BY_NODE, node).flatMap(({ spec }) => spec?.source?.persistentVolumeName ?? []);
  }

  deviceClaim(namespace: string, name: string): ResourceClaim | undefined {
    if (!this.#deviceClaims) {
      this.#deviceClaims = this.#client.informer(RESOURCE_CLAIMS);
      this.#subscriptions.push(this.#deviceClaims.subscribe(this.#changed));
    }
    return this.#deviceClaims.get(`${namespace}/${name}`);
  }

  budgets(namespace: string): readonly PodDisruptionBudget[] {
    return this.#budgets.by(BY_NAMESPACE, namespace);
  }
}

/** Both are asked for each pod of the workload. */
const selectedBy = oncePerObject(selectorFromLabels);
const selectedByWorkload = oncePerObject<LabelSelector, Selector | undefined>(selectorFrom);

/** A replication controller's selector is plain labels. */
function selectorOf(owner: (KubeObject & Workload) | undefined): Selector | undefined {
  const said = owner?.spec?.selector;
  if (!said) return undefined;
  return owner.kind === 'ReplicationController' ? selectedBy(said as Labels) : selectedByWorkload(said as LabelSelector);
}

function byNamespace<T extends KubeObject>(informer: Informer<T>): Informer<T> {
  informer.index(BY_NAMESPACE, ({ metadata }) => [metadata.namespace ?? '']);
  return informer;
}
