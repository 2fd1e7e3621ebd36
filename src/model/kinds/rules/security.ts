import type { FieldPath } from '../../meta/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import type { Container, PodSpec, SecurityContext } from '../../types/index.ts';
import { validateBetween } from './numbers.ts';

/** What a number of 32 bits can hold. */
const LARGEST_ID = 2_147_483_647;

export function validatePodSecurity(spec: PodSpec, path: FieldPath): FieldProblem[] {
  const context = spec.securityContext ?? {};
  const at = [...path, 'securityContext'];
  return [
    ...validateIds(context, at),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => validateBetween(id, 0, LARGEST_ID, [...at, 'supplementalGroups', i])),
    ...validateProfiles(context, at),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [invalid([...path, 'shareProcessNamespace'], true, 'ShareProcessNamespace and HostPID cannot both be enabled')]
      : []),
  ];
}

export function validateContainerSecurity({ securityContext: context }: Container, { hostUsers }: PodSpec, path: FieldPath): FieldProblem[] {
  if (!context) return [];
  const at = [...path, 'securityContext'];
  const may = context.allowPrivilegeEscalation;
  const isAdministrator = (context.capabilities?.add ?? []).some((name) => name === 'CAP_SYS_ADMIN');
  const refuse = (why: string) => invalid(at, context, `cannot set \`allowPrivilegeEscalation\` to false and ${why}`);
  return [
    ...validateIds(context, at),
    ...validateProfiles(context, at),
    ...(context.procMount === 'Unmasked' && hostUsers !== false
      ? [invalid([...at, 'procMount'], context.procMount, '`hostUsers` must be false to use `Unmasked`')]
      : []),
    ...(may === false && context.privileged ? [refuse('`privileged` to true')] : []),
    ...(may === false && isAdministrator ? [refuse('`capabilities.Add` CAP_SYS_ADMIN')] : []),
  ];
} // prettier-ignore

function validateIds(context: SecurityContext, path: FieldPath): FieldProblem[] {
  return (['runAsUser', 'runAsGroup', 'fsGroup'] as const).flatMap((field) =>
    validateBetween(context[field], 0, LARGEST_ID, [...path, field]),
  );
}

const PROFILES = [
  ['seccompProfile', 'seccomp'],
  ['appArmorProfile', 'AppArmor'],
] as const;

function validateProfiles(context: SecurityContext, path: FieldPath): FieldProblem[] {
  return PROFILES.flatMap(([field, word]) => {
    const { type, localhostProfile: profile } = context[field] ?? {};
    const at = [...path, field, 'localhostProfile'];
    if (context[field] && !type) return [required([...path, field, 'type'], `type is required when ${field} is set`)];
    if (context[field] === undefined || (type === 'Localhost') === (profile !== undefined)) return [];
    return type === 'Localhost'
      ? [required(at, `must be set when ${word} type is Localhost`)]
      : [invalid(at, context[field], `can only be set when ${word} type is Localhost`)];
  });
}
