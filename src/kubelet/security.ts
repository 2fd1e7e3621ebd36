import type { Container, Pod, PodSpec } from '../model/index.ts';
import type { Security } from './runtime.ts';

/** What a pod and its container say of it together: of what both say, the container's word counts. */
export function securityOf({ spec }: Pod, container: Container): Security | undefined {
  if (!container.securityContext && isEmpty(spec.securityContext)) return undefined;
  const { fsGroup, supplementalGroups = [], ...shared } = spec.securityContext ?? {};
  const context = { ...shared, ...container.securityContext };
  const groups = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])];
  const { runAsUser, runAsGroup, runAsNonRoot, privileged, readOnlyRootFilesystem, allowPrivilegeEscalation } = context;
  const { capabilities, seccompProfile, appArmorProfile, supplementalGroupsPolicy } = context;
  const security: Security = {
    ...(runAsUser === undefined ? {} : { user: runAsUser }),
    ...(runAsGroup === undefined ? {} : { group: runAsGroup }),
    ...(groups.length > 0 ? { groups } : {}),
    ...(supplementalGroupsPolicy === 'Strict' ? { strictGroups: true } : {}),
    ...(runAsNonRoot ? { mustNotBeRoot: true } : {}),
    ...(privileged ? { privileged } : {}),
    ...(readOnlyRootFilesystem ? { readOnlyRoot: true } : {}),
    ...(allowPrivilegeEscalation === false ? { noNewPrivileges: true } : {}),
    ...(capabilities?.add?.length || capabilities?.drop?.length ? { capabilities } : {}),
    ...(seccompProfile ? { seccomp: seccompProfile } : {}),
    ...(appArmorProfile ? { appArmor: appArmorProfile } : {}),
  };
  return Object.keys(security).length > 0 ? security : undefined;
}

function isEmpty(context: PodSpec['securityContext']): boolean {
  for (const field in context) if (context[field as keyof typeof context] !== undefined) return false;
  return true;
}

/** Whose image's user it is that a container has where nothing else is said: its number, or its name where that is all that is known. */
export type ImageUser = { readonly uid: number } | { readonly name: string };

export interface ContainerName {
  readonly podUid: string;
  readonly namespace: string;
  readonly podName: string;
  readonly container: string;
}

/** Why a container that must not run as root would do so, or might, in a kubelet's words; undefined when all is well. */
export function rootProblem({ user, mustNotBeRoot }: Security, image: ImageUser, at: ContainerName): string | undefined {
  if (!mustNotBeRoot) return undefined;
  const where = `(pod: "${at.podName}_${at.namespace}(${at.podUid})", container: ${at.container})`;
  if (user !== undefined) return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  if ('name' in image)
    return `container has runAsNonRoot and image has non-numeric user (${image.name}), cannot verify user is non-root ${where}`;
  return image.uid === 0 ? `container has runAsNonRoot and image will run as root ${where}` : undefined;
}
