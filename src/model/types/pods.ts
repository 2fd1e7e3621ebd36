import type { Condition, KubeObject } from '../meta/index.ts';
import type { Container, EphemeralContainer, ResourceList, ResourceRequirements, SecurityContext } from './containers.ts';
import type { ObjectReference } from './core.ts';
import type { Affinity, Toleration, TopologySpreadConstraint } from './placement.ts';

export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: Affinity;
  readonly tolerations?: readonly Toleration[];
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly Volume[];
  readonly serviceAccountName?: string;
  /** The old name of `serviceAccountName`; both always say the same. */
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly activeDeadlineSeconds?: number;
  readonly dnsPolicy?: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';
  readonly securityContext?: SecurityContext;
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
  readonly schedulerName?: string;
  readonly schedulingGates?: readonly { readonly name: string }[];
  /** The devices that it wants: a claim that is there, or one that is made for it. */
  readonly resourceClaims?: readonly {
    readonly name: string;
    readonly resourceClaimName?: string;
    readonly resourceClaimTemplateName?: string;
  }[];
  readonly priority?: number;
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never';
  /** Of all its containers together. */
  readonly resources?: ResourceRequirements;
  readonly overhead?: ResourceList;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly os?: { readonly name?: string };
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly { readonly name?: string; readonly value?: string }[];
  };
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly ephemeralContainers?: readonly EphemeralContainer[];
  readonly hostname?: string;
  /** What the pod calls itself, whatever names lead to it. */
  readonly hostnameOverride?: string;
  readonly setHostnameAsFQDN?: boolean;
  readonly subdomain?: string;
  readonly readinessGates?: readonly { readonly conditionType: string }[];
  readonly enableServiceLinks?: boolean;
}

/** By this one everybody knows a pod that stands for a file on its node. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** How unwillingly a pod is given up, where some must go. */
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string | null;
    readonly finishedAt?: string | null;
    readonly containerID?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  /** What it runs with: its spec may ask for something else by now. */
  readonly resources?: ResourceRequirements;
  readonly allocatedResources?: ResourceList;
  readonly volumeMounts?: readonly VolumeMountStatus[];
}

export interface VolumeMountStatus {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly recursiveReadOnly?: 'Disabled' | 'Enabled';
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

/** Conditions of pods say when they were last probed: nobody probes them, and Kubernetes writes that too. */
export const NEVER_PROBED = { lastProbeTime: null };

export type PodCondition = Condition & { readonly lastProbeTime?: string | null };

export interface PodStatus {
  /** Of a pod that asks for resources as a whole. */
  readonly resources?: ResourceRequirements;
  readonly allocatedResources?: ResourceList;
  readonly phase?: PodPhase;
  readonly conditions?: readonly PodCondition[];
  readonly reason?: string;
  readonly message?: string;
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip: string }[];
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly startTime?: string;
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  readonly nominatedNodeName?: string;
  /** The claims that were made for it; without a name none is needed. */
  readonly resourceClaimStatuses?: readonly { readonly name: string; readonly resourceClaimName?: string }[];
  readonly observedGeneration?: number;
}

/** A pod that has its node waits for no other one. */
export function withoutNomination(status: PodStatus = {}): PodStatus {
  if (status.nominatedNodeName === undefined) return status;
  const { nominatedNodeName: _, ...others } = status;
  return others;
}

export interface PodTemplateSpec {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly name?: string;
  };
  readonly spec: PodSpec;
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

/** Posted to `pods/binding` or, by name, to `bindings`. */
export interface Binding extends KubeObject {
  readonly target: ObjectReference;
}
