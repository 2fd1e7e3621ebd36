import type { FieldPath } from '../../meta/index.ts';
import type { PodSpec } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

const SYSTEMS = ['linux', 'windows'];

/** What a pod asks of the machine's system, and what does not go together there. */
export function validateSystem(spec: PodSpec, path: FieldPath): FieldProblem[] {
  return [
    ...(spec.hostUsers === false ? validateOwnUsers(spec, path) : []),
    ...validateSysctls(spec, [...path, 'securityContext', 'sysctls']),
    ...(spec.os ? validateOs(spec, path) : []),
  ];
}

function validateOwnUsers(spec: PodSpec, path: FieldPath): FieldProblem[] {
  return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => spec[field])
    .map((field) => forbidden([...path, field], 'when `hostUsers` is false'));
}

const LONGEST_SYSCTL = 253;
const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const OF_NETWORK = /^net[./]/;
const OF_IPC = /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/;

function validateSysctls({ securityContext, hostNetwork, hostIPC }: PodSpec, path: FieldPath): FieldProblem[] {
  return (securityContext?.sysctls ?? []).flatMap(({ name = '' }, i, all) => {
    const at = [...path, i, 'name'];
    if (!name) return [required(at)];
    if (name.length > LONGEST_SYSCTL || !new RegExp(SYSCTL).test(name)) {
      return [invalid(at, name, `must have at most ${LONGEST_SYSCTL} characters and match regex ${SYSCTL}`)];
    }
    return [
      ...(all.findIndex((other) => other.name === name) < i ? [duplicate(at, name)] : []),
      ...(hostNetwork && OF_NETWORK.test(name) ? [invalid(at, name, "may not be specified when 'hostNetwork' is true")] : []),
      ...(hostIPC && OF_IPC.test(name) ? [invalid(at, name, "may not be specified when 'hostIPC' is true")] : []),
    ];
  });
}

const NOT_ON_WINDOWS = {
  pod: ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'],
  podContext: ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy'],
  context: ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
}; // prettier-ignore

/** A pod that names its system must not ask for what is another's. */
function validateOs(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const { name = '' } = spec.os!;
  if (!name) return [required([...path, 'os', 'name'], 'cannot be empty')];
  if (!SYSTEMS.includes(name)) return [notSupported([...path, 'os'], name, SYSTEMS)];
  const contexts = (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }, i) => ({ context: securityContext, at: [...path, list, i, 'securityContext'] })),
  );
  const ofPod = { context: spec.securityContext, at: [...path, 'securityContext'] };
  if (name === 'linux') return [ofPod, ...contexts].flatMap(({ context, at }) => forbid(context, ['windowsOptions'], at, 'windows options cannot be set for a linux pod'));
  const refusal = 'cannot be set for a windows pod';
  return [
    ...forbid(ofPod.context, NOT_ON_WINDOWS.podContext, ofPod.at, refusal),
    ...forbid(spec, NOT_ON_WINDOWS.pod, path, refusal),
    ...contexts.flatMap(({ context, at }) => forbid(context, NOT_ON_WINDOWS.context, at, refusal)),
  ];
} // prettier-ignore

function forbid(given: object | undefined, fields: readonly string[], path: FieldPath, why: string): FieldProblem[] {
  const set = (given ?? {}) as Readonly<Record<string, unknown>>;
  return fields.filter((field) => set[field] !== undefined && set[field] !== false).map((field) => forbidden([...path, field], why));
}
