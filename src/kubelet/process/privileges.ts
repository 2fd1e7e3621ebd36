import type { Security } from '../runtime.ts';
import type { MachineUser } from './users.ts';

/** What this machine lets a container's start change of who it is. */
export interface PrivilegeMeans {
  /** Who the daemon runs as. */
  readonly uid: number;
  /** The program that changes who somebody is; undefined where there is none. */
  readonly setpriv: string | undefined;
  /** Nothing can be mounted here, for this reason. */
  readonly noMounts: string | undefined;
  /** The capabilities that the daemon may hand on, by name: `NET_ADMIN`. */
  readonly capabilities: ReadonlySet<string>;
}

export type Privileges =
  /** The words that go before a command that is to run so. */
  | { readonly ok: true; readonly words: readonly string[] }
  /** What is asked for and cannot be had, as a clause: `runAsUser: 1000, and ...`. */
  | { readonly ok: false; readonly problem: string };

/** How a container comes to run as it should. Who asks for nothing runs as the daemon does. */
export function privilegesOf(security: Security, means: PrivilegeMeans, userOf: (uid: number) => MachineUser): Privileges {
  const problem = whyNot(security, means);
  if (problem !== undefined) return { ok: false, problem };
  const options = [...identityOptions(security, means, userOf), ...capabilityOptions(security)];
  if (security.noNewPrivileges) options.push('--no-new-privs');
  if (options.length === 0) return { ok: true, words: [] };
  return means.setpriv ? { ok: true, words: [means.setpriv, ...options] } : { ok: false, problem: 'setpriv (util-linux) is not installed' };
}

function whyNot({ user, group, groups, privileged, readOnlyRoot, capabilities, ...profiles }: Security, means: PrivilegeMeans): string | undefined {
  const notRoot = `the daemon runs as user ${means.uid}, and only root can give that`;
  if (means.uid !== 0) {
    if (user !== undefined && user !== means.uid) return `runAsUser ${user}: ${notRoot}`;
    if (group !== undefined) return `runAsGroup ${group}: ${notRoot}`;
    if (groups?.length) return `the groups ${groups.join(', ')}: ${notRoot}`;
    if (privileged) return `privileged: ${notRoot}`;
  }
  if (readOnlyRoot && means.noMounts !== undefined) return `readOnlyRootFilesystem: nothing can be mounted here (${means.noMounts})`;
  for (const [field, profile] of [['seccompProfile', profiles.seccomp], ['appArmorProfile', profiles.appArmor]] as const)
    if (profile?.type === 'Localhost') return `${field} ${profile.localhostProfile ?? ''}: processes run under no profile here, use RuntimeDefault or Unconfined`;
  const unknown = [...namesOf(capabilities?.add), ...namesOf(capabilities?.drop)].find((name) => name !== 'ALL' && !CAPABILITIES.includes(name));
  if (unknown !== undefined) return `unknown capability "CAP_${unknown}"`;
  const missing = namesOf(capabilities?.add).find((name) => name !== 'ALL' && !means.capabilities.has(name));
  return missing === undefined ? undefined : `the capability ${missing}: the daemon does not have it itself`;
} // prettier-ignore

function identityOptions(
  { user, group, groups = [], strictGroups }: Security,
  { uid }: PrivilegeMeans,
  userOf: (uid: number) => MachineUser,
): string[] {
  if (uid !== 0 || (user === undefined && group === undefined && groups.length === 0 && !strictGroups)) return [];
  const known = userOf(user ?? 0);
  const all = [...new Set([...(strictGroups ? [] : known.groups), ...groups])];
  const others = all.length > 0 ? [`--groups=${all.join(',')}`] : ['--clear-groups'];
  return [`--reuid=${user ?? 0}`, `--regid=${group ?? known.group}`, ...others];
}

/** What is not dropped stays: without a word, a process of root has all that the daemon has. */
function capabilityOptions({ capabilities, privileged }: Security): string[] {
  const dropped = namesOf(capabilities?.drop);
  if (dropped.length === 0 || privileged) return [];
  const kept = namesOf(capabilities?.add);
  const changes = [...dropped.map((name) => `-${name.toLowerCase()}`), ...kept.map((name) => `+${name.toLowerCase()}`)];
  return [`--bounding-set=${changes.join(',')}`, '--inh-caps=-all'];
}

function namesOf(names: readonly string[] = []): string[] {
  return names.map((name) => name.toUpperCase().replace(/^CAP_/, ''));
}

/** By their numbers. */
export const CAPABILITIES = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT',
  'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE',
  'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ',
  'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
]; // prettier-ignore

/** From the mask in a process's `status`. */
export function capabilitiesIn(status: string): ReadonlySet<string> {
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return new Set(CAPABILITIES.filter((_, number) => (mask >> BigInt(number)) & 1n));
}
