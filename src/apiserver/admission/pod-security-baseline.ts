import { SAFE_SYSCTLS, type Container, type PodSpec, type SecurityContext } from '../../model/index.ts';

export const containersOf = (spec: PodSpec): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

export const securedBy = ({ securityContext = {} }: Container): SecurityContext => securityContext;

/** What a spec does that a standard does not allow: the short name of it and where; undefined when it does not. */
export type Check = (spec: PodSpec) => string | undefined;

export const quoted = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(', ');

export function named(containers: readonly Container[]): string {
  return `${containers.length === 1 ? 'container' : 'containers'} ${quoted(containers.map(({ name }) => name))}`;
}

const CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
);
const SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);

/** What gives a pod hold of its machine. */
export const BASELINE: readonly Check[] = [
  ({ hostNetwork, hostPID, hostIPC }) => {
    const taken = [hostNetwork && 'hostNetwork=true', hostPID && 'hostPID=true', hostIPC && 'hostIPC=true'].filter(Boolean);
    return taken.length > 0 ? `host namespaces (${taken.join(', ')})` : undefined;
  },
  (spec) =>
    where(spec, 'privileged', ({ privileged }) => privileged === true, 'must not set securityContext.privileged=true'),
  (spec) => {
    const bad = (container: Container) => (securedBy(container).capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));
    const found = containersOf(spec).filter((container) => bad(container).length > 0);
    if (found.length === 0) return undefined;
    return `non-default capabilities (${named(found)} must not include ${quoted([...new Set(found.flatMap(bad))].toSorted())} in securityContext.capabilities.add)`;
  },
  ({ volumes = [] }) => {
    const found = volumes.filter((volume) => volume['hostPath'] !== undefined).map(({ name }) => name);
    return found.length > 0 ? `hostPath volumes (${found.length === 1 ? 'volume' : 'volumes'} ${quoted(found)})` : undefined;
  },
  (spec) => {
    const portsOf = ({ ports = [] }: Container) => ports.flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
    const found = containersOf(spec).filter((container) => portsOf(container).length > 0);
    const ports = found.flatMap(portsOf);
    const word = ports.length === 1 ? 'hostPort' : 'hostPorts';
    return found.length > 0 ? `hostPort (${named(found)} ${found.length === 1 ? 'uses' : 'use'} ${word} ${ports.join(', ')})` : undefined;
  },
  (spec) => anywhere(spec, 'seLinuxOptions', ({ seLinuxOptions: { type = '', user, role } = {} }) => !SELINUX_TYPES.has(type) || Boolean(user) || Boolean(role)),
  (spec) => where(spec, 'procMount', ({ procMount = 'Default' }) => procMount !== 'Default', 'must not set securityContext.procMount'),
  (spec) => anywhere(spec, 'seccompProfile', ({ seccompProfile }) => seccompProfile?.type === 'Unconfined'),
  (spec) => anywhere(spec, 'appArmorProfile', ({ appArmorProfile }) => appArmorProfile?.type === 'Unconfined'),
  (spec) => anywhere(spec, 'hostProcess', ({ windowsOptions }) => windowsOptions?.hostProcess === true),
  ({ securityContext }) => {
    const found = (securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SAFE_SYSCTLS.has(name));
    return found.length > 0 ? `forbidden sysctls (${found.join(', ')})` : undefined;
  },
]; // prettier-ignore

function where(spec: PodSpec, what: string, isBad: (context: SecurityContext) => boolean, must: string): string | undefined {
  const found = containersOf(spec).filter((container) => isBad(securedBy(container)));
  return found.length > 0 ? `${what} (${named(found)} ${must})` : undefined;
}

/** What may be said of the pod and of each container. */
function anywhere(spec: PodSpec, what: string, isBad: (context: SecurityContext) => boolean): string | undefined {
  const found = containersOf(spec).filter((container) => isBad(securedBy(container)));
  const places = [...(isBad(spec.securityContext ?? {}) ? ['pod'] : []), ...(found.length > 0 ? [named(found)] : [])];
  return places.length > 0 ? `${what} (${places.join(' and ')} must not set it to a value that is not allowed)` : undefined;
}
