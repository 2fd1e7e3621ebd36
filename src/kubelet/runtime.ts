import type { Duplex } from 'node:stream';
import type { Millis } from '../base/index.ts';
import type { Pod, SecurityProfile } from '../model/index.ts';
import type { Tasks } from './tasks.ts';

export type Environment = Readonly<Record<string, string>>;

/** What a runtime can do. The kubelet asks for a capability, never for a runtime's name. */
export interface RuntimeFeatures {
  /** An image says what to run. Without this a container needs a command. */
  readonly images: boolean;
  /** Where a container finds its volumes: at their paths, under `$SLIPWAY_ROOT` if the pod agrees to that, or nowhere because nothing reads them. */
  readonly volumes: 'mounted' | 'underRoot' | 'ignored';
  /** Pods answer on the network, so that probes can ask them. Without it every probe passes. */
  readonly network: boolean;
  /** Pods share the machine's ports, so that one which listens on all addresses disturbs the others. */
  readonly sharedPorts: boolean;
  /** What is mounted below a volume can be read only with it. */
  readonly recursiveReadOnly?: boolean;
  /** A container can have the groups that its pod names and no others; undefined: nobody knows. */
  readonly strictGroups?: boolean;
  /**
   * How a pod's containers start, by its annotations. At once: that one is being created would be over before it could be
   * read. Late: nobody waits for it. Missing: soon, and waited for.
   */
  readonly starts?: (annotations: Readonly<Record<string, string>>) => 'atOnce' | 'late';
}

/** What the runtime sets bounds to. */
export interface Limits {
  readonly memoryBytes?: number;
  readonly cpuMillis?: number;
  readonly cpuRequestMillis?: number;
}

/** With whom a container shares its view of processes: nobody, the others of its pod, or the machine. */
export type ProcessScope = 'container' | 'pod' | 'host';

export interface SandboxSpec {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Which of its containers do work that ends by itself. */
  readonly tasks?: Tasks | undefined;
  /** `container` where it is not said. */
  readonly processes?: ProcessScope;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: SandboxNetwork;
  /** It uses the machine's shared memory and semaphores. */
  readonly hostIpc?: boolean;
  /** One of its containers may do everything. */
  readonly privileged?: boolean;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** The way of running it that its runtime class names; the usual one where it is not said. */
  readonly handler?: string;
}

/** How a pod finds others and is found, where pods have a network of their own. */
export interface SandboxNetwork {
  /** It uses the machine's instead. */
  readonly host?: boolean;
  readonly hostname: string;
  /** With its domain, where it has one. */
  readonly fqdn?: string;
  /** It calls itself by that. */
  readonly callsItselfFqdn?: boolean;
  readonly aliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  /** Absent: as the machine does it. */
  readonly dns?: DnsConfig;
  readonly ports?: readonly HostPort[];
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** A port of the machine that leads to one of the pod. */
export interface HostPort {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

/** What the containers of a pod share: its address, and a place for its volumes. */
export interface Sandbox {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  /** Where the kubelet lays the pod's volumes; absent where volumes are ignored. */
  readonly volumes?: string;
  /** The same for those that are to lie in memory, where the machine has a place for them. */
  readonly memoryVolumes?: string;
  /** Each of these can be a file system of its own. */
  readonly boundsMemory?: boolean;
  readonly processes?: ProcessScope;
}

export interface ContainerRef {
  readonly podUid: string;
  readonly name: string;
  /** How many attempts came before this one: the restart count. */
  readonly attempt: number;
}

export interface Mount {
  readonly source: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** Whether what is mounted below it later is seen on the other side; neither way where it is not said. */
  readonly propagation?: 'HostToContainer' | 'Bidirectional';
  /** What is mounted below it is read only too. */
  readonly recursive?: boolean;
}

/** Who a container runs as and what it may do. What is not said is as the runtime and the image have it. */
export interface Security {
  readonly user?: number;
  readonly group?: number;
  /** Beside those that its user has. */
  readonly groups?: readonly number[];
  /** It has no others. */
  readonly strictGroups?: boolean;
  readonly mustNotBeRoot?: boolean;
  readonly privileged?: boolean;
  readonly readOnlyRoot?: boolean;
  /** Programs may not give it more than it has. */
  readonly noNewPrivileges?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccomp?: SecurityProfile;
  readonly appArmor?: SecurityProfile;
}

export interface ContainerSpec extends ContainerRef {
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Environment;
  readonly workingDir?: string;
  readonly mounts: readonly Mount[];
  readonly limits?: Limits;
  /** How soon the kernel ends it when the machine has no memory left, from -1000 (never) to 1000. */
  readonly oomScore?: number;
  /** Where the container may leave a last word, and whether the end of its log stands in for it after a failure. */
  readonly lastWord?: { readonly path: string; readonly orLog: boolean };
  /** It has an input that others can write to. */
  readonly stdin?: boolean;
  /** The input ends when the first who wrote to it goes. */
  readonly stdinOnce?: boolean;
  /** It runs on a terminal. */
  readonly tty?: boolean;
  /** Instead of TERM. */
  readonly stopSignal?: string;
  readonly security?: Security;
  /** The running container whose processes it sees. */
  readonly target?: string;
}

export type RunState =
  | { readonly kind: 'running'; readonly startedAt: Millis }
  | {
      readonly kind: 'exited';
      readonly startedAt: Millis;
      readonly finishedAt: Millis;
      readonly exitCode: number;
      /** Where it is neither `Completed` nor `Error`: `StartError`, `ContainerStatusUnknown`, `OOMKilled`. */
      readonly reason?: string;
      readonly message?: string;
    };

/** What is said of a container that has gone unseen, in the words that people look for. */
export const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
} as const;

/** The same of one that was ended so that all of its pod is started anew. */
export const RESET = {
  exitCode: 137,
  reason: 'RestartingAllContainers',
  message: 'The container is removed because RestartAllContainers in place',
} as const;

export interface RuntimeContainer extends ContainerRef {
  readonly id: string;
  readonly state: RunState;
  /** The image that was asked for; absent where nobody remembers. */
  readonly asked?: string;
  /** What it was made from: the image's full name, and the name that means this very one. */
  readonly image?: { readonly name: string; readonly id: string };
}

export interface RuntimePod {
  readonly sandbox: Sandbox;
  readonly containers: readonly RuntimeContainer[];
  /** What its containers share is gone: nothing can be started in it until it is made anew. */
  readonly broken?: boolean;
}

export interface LogRequest {
  /** Goes on until the container has ended. */
  readonly follow?: boolean;
  readonly tailLines?: number;
  /** Only what was written at this time or later. */
  readonly since?: Millis;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ExecStreams {
  /** What it gives is awaited before more is read. */
  stdout(chunk: Uint8Array): unknown;
  stderr(chunk: Uint8Array): unknown;
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Present: the command runs on a terminal, of each of these sizes in turn. */
  readonly terminal?: AsyncIterable<TerminalSize>;
  /** Nobody follows the output: it may come as a whole at the end. */
  readonly atEnd?: boolean;
}

/** What a container has used up to a time, and what it holds at it. */
export interface ContainerUsage extends ContainerRef {
  readonly at: Millis;
  /** Since its start. */
  readonly cpuNanos: number;
  /** Without what would be given back when it is needed. */
  readonly memoryBytes: number;
}

/** The same of the whole machine, since its own start. */
export type MachineUsage = Pick<ContainerUsage, 'at' | 'cpuNanos' | 'memoryBytes'>;

/** What a container holds on the disk: what it wrote where no volume is, and its logs. */
export interface ContainerStorage extends ContainerRef {
  readonly bytes: number;
}

export interface Image {
  /** All its names, those with a digest first. */
  readonly names: readonly string[];
  readonly id: string;
  readonly sizeBytes: number;
}

export interface RegistryLogin {
  readonly username?: string;
  readonly password?: string;
  /** Both of them, as a registry's configuration file has it. */
  readonly auth?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

/** What containers are made from, where that is an image. */
export interface Images {
  list(): Promise<readonly Image[]>;
  /** Undefined where it is not on this machine. */
  find(name: string): Promise<Image | undefined>;
  /** Fetches it, whether it is there or not; one login after another is tried. */
  pull(name: string, logins: readonly RegistryLogin[], signal: AbortSignal): Promise<Image>;
}

/**
 * The one port to whatever runs pods. It knows sandboxes and containers as plain values, no Kubernetes objects.
 * What was started outlives the runtime object: a new one over the same place finds it again, with its exit codes.
 * Every runtime passes the suite in `test/contract/runtime.test.ts`.
 */
export interface Runtime {
  readonly name: string;
  readonly version: string;
  readonly features: RuntimeFeatures;
  /** Present where `features.images` says that images mean something. */
  readonly images?: Images;
  /** Those that a container of a pod with these annotations finds, or undefined: it finds whatever it asks for. */
  imagesFor?(annotations: Readonly<Record<string, string>>, container: string): Images | undefined;
  /** How it does what differs from machine to machine: shown as annotations of the node, under `slipway.dev/`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Everything that exists, or what exists of one pod. */
  list(podUid?: string): Promise<readonly RuntimePod[]>;
  /** Takes over a pod of which nothing but its status is left; present where nothing else tells of what ran before. */
  adopt?(pod: Pod): void;
  /** Told of each pod in which a container's state changed. It must only take note. */
  subscribe(changed: (podUid: string) => void): { close(): void };
  /** Repeating it gives the same sandbox. */
  ensureSandbox(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /** Removes the pod with all that it left. Its containers must have ended. */
  removeSandbox(podUid: string): Promise<void>;
  /** What the runtime itself gives to a container: usable as `$(NAME)` in its command, and overridden by the container's own. */
  variables(container: ContainerRef, sandbox: Sandbox): Environment;
  /** Resolves with the container's id once it runs, or once it is known as exited with `StartError`. An attempt is started only once. */
  start(spec: ContainerSpec, signal?: AbortSignal): Promise<string>;
  /** Gives a running container other bounds. What is not said of them stays as it is. */
  resize(id: string, limits: Limits): Promise<void>;
  /** Asks the container to end, forces it after the grace, resolves when it has ended. Repeating it can only shorten the grace. */
  stop(id: string, graceMs: Millis): Promise<void>;
  /** Forgets an ended container with its log. */
  remove(id: string): Promise<void>;
  logs(id: string, request: LogRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Runs a command beside the container, as it would run it; resolves with the exit code. Aborting ends the command. */
  exec(id: string, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number>;
  /** Writes to the container's input until there is no more. */
  feed(id: string, stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** Connects to the container's own input and output; where it is missing, its input is fed and its log is followed. */
  attach?(id: string, streams: ExecStreams, signal: AbortSignal): Promise<void>;
  /** A connection to a port of the pod's own localhost; where it is missing, the pod's address leads there. */
  dial?(podUid: string, port: number): Promise<Duplex>;
  /** Those of the ports on which the pod listens on all addresses of the machine. */
  wildcardPorts(podUid: string, ports: readonly number[]): Promise<readonly number[]>;
  /** What the running containers of these pods use, measured now. Where it is missing, nobody knows. */
  usage?(podUids: readonly string[]): Promise<readonly ContainerUsage[]>;
  /** What the running containers of a pod hold on the disk, measured now. Where it is missing, nobody knows. */
  storage?(podUid: string): Promise<readonly ContainerStorage[]>;
  /** What the machine uses; where it is missing, a node uses what its pods use. */
  machineUsage?(): Promise<MachineUsage>;
  /** Ends what pods hold beside containers that run; they can be started again. Where it is missing, they hold nothing. */
  halt?(): Promise<void>;
  /** Lets go of everything and leaves it running. */
  close(): Promise<void>;
}

/** A container that cannot be made as it asks. The reason is the one that its status shows. */
export class StartRefusedError extends Error {
  readonly reason: 'CreateContainerConfigError' | 'CreateContainerError';

  constructor(reason: StartRefusedError['reason'], message: string) {
    super(message);
    this.name = 'StartRefusedError';
    this.reason = reason;
  }
}

export class UnknownContainerError extends Error {
  constructor(id: string) {
    super(`container ${id} is not known to the runtime`);
    this.name = 'UnknownContainerError';
  }
}
