/** The messages of `protocol/`, as far as they are read or written here. What is left out has its default on the wire. */
export interface Labels {
  readonly [name: string]: string;
}

export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';

export interface NamespaceOption {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  readonly targetId?: string;
}

export interface Wrapped {
  readonly value: number;
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  readonly localhostRef?: string;
}

export interface LinuxSecurityContext {
  readonly namespaceOptions: NamespaceOption;
  readonly privileged?: boolean;
  readonly runAsUser?: Wrapped;
  readonly runAsGroup?: Wrapped;
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict';
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dnsConfig?: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] };
  readonly portMappings: readonly PortMapping[];
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly linux: { readonly cgroupParent?: string; readonly securityContext: LinuxSecurityContext; readonly sysctls: Labels };
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly createdAt: number;
  readonly labels: Labels;
}

export interface PodSandboxStatus extends PodSandbox {
  readonly network: { readonly ip: string } | null;
}

export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}

export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';

export interface CriContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly labels: Labels;
}

export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  /** Nanoseconds, as all times of the interface. */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly annotations: Labels;
}

export interface CriMount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation?: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL';
  readonly recursiveReadOnly?: boolean;
}

export interface LinuxContainerSecurityContext extends LinuxSecurityContext {
  readonly capabilities?: { readonly addCapabilities: readonly string[]; readonly dropCapabilities: readonly string[] };
  readonly runAsUsername?: string;
  readonly noNewPrivs?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export interface LinuxContainerResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  readonly image: { readonly image: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly CriMount[];
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly logPath: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly linux: { readonly resources: LinuxContainerResources; readonly securityContext: LinuxContainerSecurityContext };
}

export interface CriImage {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly uid: Wrapped | null;
  readonly username: string;
}

export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface ContainerStats {
  readonly attributes: { readonly id: string; readonly metadata: ContainerMetadata; readonly labels: Labels };
  readonly cpu: { readonly timestamp: number; readonly usageCoreNanoSeconds: Wrapped | null } | null;
  readonly memory: { readonly timestamp: number; readonly workingSetBytes: Wrapped | null } | null;
  readonly writableLayer: { readonly usedBytes: Wrapped | null } | null;
}

/** Each call of the runtime service: what it takes and what it gives. */
export interface RuntimeCalls {
  version: [object, { readonly runtimeName: string; readonly runtimeVersion: string }];
  status: [object, RuntimeStatus];
  runPodSandbox: [{ readonly config: PodSandboxConfig; readonly runtimeHandler?: string }, { readonly id: string }];
  stopPodSandbox: [{ readonly id: string }, object];
  removePodSandbox: [{ readonly id: string }, object];
  podSandboxStatus: [{ readonly id: string }, { readonly status: PodSandboxStatus }];
  listPodSandbox: [{ readonly filter: Filter }, { readonly items: readonly PodSandbox[] }];
  createContainer: [
    { readonly podSandboxId: string; readonly config: ContainerConfig; readonly sandboxConfig: PodSandboxConfig },
    { readonly id: string },
  ];
  startContainer: [{ readonly id: string }, object];
  stopContainer: [{ readonly id: string; readonly timeout: number }, object];
  updateContainerResources: [{ readonly containerId: string; readonly linux: LinuxContainerResources }, object];
  removeContainer: [{ readonly id: string }, object];
  listContainers: [{ readonly filter: Filter }, { readonly containers: readonly CriContainer[] }];
  containerStatus: [{ readonly id: string }, { readonly status: ContainerStatus }];
  reopenContainerLog: [{ readonly id: string }, object];
  execSync: [
    { readonly containerId: string; readonly cmd: readonly string[] },
    { readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly exitCode: number },
  ];
  exec: [StreamRequest & { readonly cmd: readonly string[] }, { readonly url: string }];
  attach: [StreamRequest, { readonly url: string }];
  portForward: [{ readonly podSandboxId: string; readonly port: readonly number[] }, { readonly url: string }];
  listContainerStats: [{ readonly filter: Filter }, { readonly stats: readonly ContainerStats[] }];
}

export interface ImageCalls {
  listImages: [object, { readonly images: readonly CriImage[] }];
  imageStatus: [{ readonly image: { readonly image: string } }, { readonly image: CriImage | null }];
  pullImage: [
    { readonly image: { readonly image: string }; readonly auth?: AuthConfig; readonly sandboxConfig?: PodSandboxConfig },
    { readonly imageRef: string },
  ];
}

export interface RuntimeStatus {
  readonly status: { readonly conditions: readonly RuntimeCondition[] } | null;
  readonly runtimeHandlers: readonly { readonly name: string; readonly features: { readonly recursiveReadOnlyMounts: boolean } | null }[];
  /** Older runtimes say nothing of it. */
  readonly features: { readonly supplementalGroupsPolicy: boolean } | null;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

interface Filter {
  readonly podSandboxId?: string;
  readonly labelSelector?: Labels;
}

interface StreamRequest {
  readonly containerId: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}
