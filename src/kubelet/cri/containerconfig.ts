import type { ContainerSpec, Limits, Mount } from '../runtime.ts';
import type { SecurityProfile as KubeProfile } from '../../model/index.ts';
import type { ImageUser } from '../security.ts';
import { logPath } from './layout.ts';
import type {
  ContainerConfig,
  CriMount,
  Labels,
  LinuxContainerResources,
  LinuxContainerSecurityContext,
  PodSandboxConfig,
  SecurityProfile,
} from './messages.ts';
import { LABELS } from './sandboxconfig.ts';

/** What has to be known of a container by a daemon that did not start it. */
const ANNOTATIONS = {
  image: 'slipway.dev/image',
  lastWord: 'io.kubernetes.container.terminationMessagePolicy',
  stopSignal: 'slipway.dev/stop-signal',
} as const;

export interface Remembered {
  /** The image that was asked for. */
  readonly image?: string | undefined;
  /** The end of its log stands in for the last word that it did not leave. */
  readonly wordFromLog: boolean;
  readonly stopSignal?: string | undefined;
}

export function rememberedOf(annotations: Labels): Remembered {
  return {
    image: annotations[ANNOTATIONS.image],
    wordFromLog: annotations[ANNOTATIONS.lastWord] === 'FallbackToLogsOnError',
    stopSignal: annotations[ANNOTATIONS.stopSignal],
  };
}

/** A container as the runtime is asked for it, with the mounts that the runtime adds to its own. */
export function containerConfig(
  spec: ContainerSpec,
  sandbox: PodSandboxConfig,
  added: readonly CriMount[],
  seccompFolder: string,
  imageUser?: ImageUser,
): ContainerConfig {
  const { name, attempt, image, command, args, workingDir, env, mounts, stdin, stdinOnce, tty, oomScore } = spec;
  const owned = mounts.map(criMount);
  return {
    metadata: { name, attempt },
    image: { image },
    command,
    args,
    ...(workingDir ? { workingDir } : {}),
    envs: Object.entries(env).map(([key, value]) => ({ key, value })),
    mounts: [...added.filter(({ containerPath }) => !owned.some((own) => own.containerPath === containerPath)), ...owned],
    labels: { ...ownLabels(sandbox), [LABELS.containerName]: name },
    annotations: {
      [ANNOTATIONS.image]: image,
      ...(spec.lastWord?.orLog ? { [ANNOTATIONS.lastWord]: 'FallbackToLogsOnError' } : {}),
      ...(spec.stopSignal ? { [ANNOTATIONS.stopSignal]: spec.stopSignal } : {}),
    },
    logPath: logPath(spec),
    ...(stdin ? { stdin } : {}),
    ...(stdinOnce ? { stdinOnce } : {}),
    ...(tty ? { tty } : {}),
    linux: {
      resources: { ...resourcesOf(spec.limits ?? {}), ...(oomScore === undefined ? {} : { oomScoreAdj: oomScore }) },
      securityContext: securityContext(spec, sandbox, seccompFolder, imageUser),
    },
  };
}

const PROPAGATION = { HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER', Bidirectional: 'PROPAGATION_BIDIRECTIONAL' } as const;

function criMount({ path, source, readOnly, propagation, recursive }: Mount): CriMount {
  return {
    containerPath: path,
    hostPath: source,
    readonly: readOnly,
    ...(propagation ? { propagation: PROPAGATION[propagation] } : {}),
    ...(recursive ? { recursiveReadOnly: true } : {}),
  };
}

function ownLabels({ labels }: PodSandboxConfig): Labels {
  const own: readonly string[] = [LABELS.podName, LABELS.podNamespace, LABELS.podUid, LABELS.owner];
  return Object.fromEntries(Object.entries(labels).filter(([name]) => own.includes(name)));
}

const CPU_PERIOD = 100_000;
/** The kernel refuses less. */
const LEAST_CPU_QUOTA = 1000;
const LEAST_CPU_SHARES = 2;

export function resourcesOf({ memoryBytes, cpuMillis, cpuRequestMillis = 0 }: Limits): LinuxContainerResources {
  return {
    cpuShares: Math.max(LEAST_CPU_SHARES, Math.floor((cpuRequestMillis * 1024) / 1000)),
    ...(memoryBytes ? { memoryLimitInBytes: memoryBytes } : {}),
    ...(cpuMillis ? { cpuPeriod: CPU_PERIOD, cpuQuota: Math.max(LEAST_CPU_QUOTA, (cpuMillis * CPU_PERIOD) / 1000) } : {}),
  };
}

/** What of the kernel's own view no container may see or change, as a kubelet asks for it. */
const MASKED = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function securityContext(
  { security = {}, target }: Pick<ContainerSpec, 'security' | 'target'>,
  sandbox: PodSandboxConfig,
  seccompFolder: string,
  imageUser: ImageUser | undefined,
): LinuxContainerSecurityContext {
  const { user, group, groups, strictGroups, privileged, readOnlyRoot, noNewPrivileges, capabilities, seccomp, appArmor } = security;
  const { namespaceOptions } = sandbox.linux.securityContext;
  return {
    namespaceOptions: target ? { ...namespaceOptions, pid: 'TARGET', targetId: target } : namespaceOptions,
    ...runAs(user === undefined ? imageUser : { uid: user }),
    ...(group === undefined ? {} : { runAsGroup: { value: group } }),
    ...(groups ? { supplementalGroups: groups } : {}),
    ...(strictGroups ? { supplementalGroupsPolicy: 'Strict' } : {}),
    ...(privileged ? { privileged } : { maskedPaths: MASKED, readonlyPaths: READ_ONLY }),
    ...(readOnlyRoot ? { readonlyRootfs: true } : {}),
    ...(noNewPrivileges ? { noNewPrivs: true } : {}),
    ...(capabilities ? { capabilities: { addCapabilities: capabilities.add ?? [], dropCapabilities: capabilities.drop ?? [] } } : {}),
    // Kubernetes leaves a container unconfined whose pod does not say otherwise.
    seccomp: profileOf(seccomp, seccompFolder) ?? { profileType: 'Unconfined' },
    ...(appArmor ? { apparmor: profileOf(appArmor, '')! } : {}),
  };
}

function runAs(user: ImageUser | undefined): Pick<LinuxContainerSecurityContext, 'runAsUser' | 'runAsUsername'> {
  if (!user) return {};
  return 'uid' in user ? { runAsUser: { value: user.uid } } : { runAsUsername: user.name };
}

function profileOf(profile: KubeProfile | undefined, folder: string): SecurityProfile | undefined {
  if (profile?.type === 'RuntimeDefault' || profile?.type === 'Unconfined') return { profileType: profile.type };
  if (profile?.type !== 'Localhost') return undefined;
  return { profileType: 'Localhost', localhostRef: `${folder}${profile.localhostProfile ?? ''}` };
}
