import type { Millis } from '../../base/index.ts';
import type { Container, ContainerStatus, Node, Pod, PodSpec, ResourceRequirements } from '../../model/index.ts';
import type { RuntimeContainer, RuntimeFeatures, RuntimePod, Sandbox } from '../runtime.ts';
import type { Backoff } from './backoff.ts';
import type { NodeShare } from './nodeshare.ts';

/** What the probes of one container said last; undefined: nothing yet. */
export interface ProbeResults {
  readonly startup?: boolean;
  readonly readiness?: boolean;
  readonly liveness?: boolean;
  /** Ports on which it listens on all addresses instead of its pod's own. */
  readonly wildcardPorts?: readonly number[];
}

/** Why something could not be done, and from when on it may be tried again. */
export interface Retry {
  readonly message: string;
  readonly retryAt: Millis;
}

/** Why a container could not be started. */
export interface StartFailure extends Retry {
  readonly reason: string;
  /** How long was waited since it failed, where it is tried ever more rarely. */
  readonly waitMs?: Millis;
}

/** The pod's volumes lie where they should; `stale`: something that they are made from has changed. */
export interface Laid {
  readonly stale: boolean;
  readonly renewAt: Millis | undefined;
}

/** Why a pod has to end before its time. */
export interface Doom {
  readonly reason: string;
  readonly message: string;
  /** The node must be rid of it: it is given no time. */
  readonly isPressing?: boolean;
  /** It is through no fault of its own. */
  readonly isDisrupted?: boolean;
  /** The node does not begin with it. */
  readonly isRejection?: boolean;
}

/** What the worker of a pod remembers between its turns; it may be lost at any time. */
export interface Memory {
  /** By container name. */
  readonly backoffs: ReadonlyMap<string, Backoff>;
  /** By container name. */
  readonly failures: ReadonlyMap<string, StartFailure>;
  /** By container name: its image is on its way. */
  readonly pulling?: ReadonlySet<string>;
  /** By container name: it is being started, and that takes its time. */
  readonly starting?: ReadonlySet<string>;
  /** By container id: when a container that is being stopped is killed. */
  readonly stopping: ReadonlyMap<string, Millis>;
  /** By container id: it has been told that it will be stopped. */
  readonly warned: ReadonlySet<string>;
  /** Undefined: nobody has looked at them yet. */
  readonly volumes?: Laid | StartFailure;
  /** By container id: its postStart hook runs, or has failed. */
  readonly hooks: ReadonlyMap<string, 'running' | 'failed'>;
  /** By container name: the id of the attempt that was ended so that another takes its place, whatever the restart policy says. */
  readonly replaced: ReadonlyMap<string, string>;
  /** The same of those that were ended so that all of the pod starts anew. */
  readonly reset: ReadonlyMap<string, string>;
  /** The spec whose resources the node has agreed to; undefined: what the status tells. */
  readonly granted?: PodSpec | undefined;
  /** By container id: what it has, where the status does not know that yet. */
  readonly sizes: ReadonlyMap<string, ResourceRequirements>;
  /** By container id: why it could not be given what it is to have. */
  readonly unresized: ReadonlyMap<string, Retry>;
  readonly doom?: Doom;
}

/** All that a decision is made from. */
export interface PodView {
  readonly pod: Pod;
  readonly runtime: RuntimePod | undefined;
  readonly runtimeName: string;
  readonly features: RuntimeFeatures;
  readonly probes: (containerId: string) => ProbeResults;
  readonly memory: Memory;
  readonly hostIP: string;
  /** Asked only where a pod is to be resized, or came without a scheduler. */
  readonly share: (pod: Pod) => NodeShare;
  readonly node: () => Node | undefined;
  readonly now: Millis;
}

/**
 * What the containers can start in, as it is reported. Volumes are laid within the sandbox here and before it in Kubernetes, where
 * a pod that waits for one has no address.
 */
export function readySandbox({ pod, runtime, memory: { volumes } }: PodView): Sandbox | undefined {
  const isLaid = !pod.spec.volumes?.length || (volumes !== undefined && !('retryAt' in volumes));
  return isLaid || runtime?.containers.length ? runtime?.sandbox : undefined;
}

/** Runs to its end before the others, beside them, is what the pod is for, or was added later to look at it. */
export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** One container of the spec, and what is known of it. */
export interface Seen {
  readonly spec: Container;
  readonly role: Role;
  /** Its last attempt, in the runtime or, where the runtime has lost it, in the status. */
  readonly current: RuntimeContainer | undefined;
  readonly previous: RuntimeContainer | undefined;
  readonly prior: ContainerStatus | undefined;
  readonly probes: ProbeResults;
  readonly failure: StartFailure | undefined;
  readonly backoff: Backoff | undefined;
  /** How far its postStart hook is; undefined: it has done, or there is none. */
  readonly hook: 'running' | 'failed' | undefined;
  /** It was ended so that another takes its place. */
  readonly replaced: boolean;
  /** What it is to run with. */
  readonly granted: ResourceRequirements;
  /** What it runs with, as far as it is known; else what it is to. */
  readonly held: ResourceRequirements;
  readonly unresized: Retry | undefined;
}

export function containerOf({ spec }: Pod, name: string): Container | undefined {
  const isNamed = (container: Container) => container.name === name;
  return spec.containers.find(isNamed) ?? spec.initContainers?.find(isNamed) ?? spec.ephemeralContainers?.find(isNamed);
}
