import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, pathSegment, type FieldPath, type KindRef } from '../../meta/index.ts';
import { CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, type RoleBinding, type Subject } from '../../types/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SUBJECTS = ['ServiceAccount', 'User', 'Group'];

export const ROLE_BINDING = declareBinding(ROLE_BINDINGS, 'rbac.v1.RoleBinding');
export const CLUSTER_ROLE_BINDING = declareBinding(CLUSTER_ROLE_BINDINGS, 'rbac.v1.ClusterRoleBinding');

function declareBinding(ref: KindRef<RoleBinding>, definition: string) {
  return declareKind<RoleBinding>({
    ref,
    schema: { definition },
    name: pathSegment,
    createdByUpdate: true,
    defaults: (binding) => ({
      ...binding,
      ...(binding.subjects ? { subjects: binding.subjects.map(defaultSubject) } : {}),
      roleRef: { ...binding.roleRef, apiGroup: binding.roleRef?.apiGroup || GROUP },
    }),
    validate: (binding, old) => [
      ...validateRole(binding, ref.namespaced),
      ...(binding.subjects ?? []).flatMap((subject, i) => validateSubject(subject, ref.namespaced, ['subjects', i])),
      ...(old && !equalJson(binding.roleRef, old.roleRef) ? [invalid(['roleRef'], binding.roleRef, 'cannot change roleRef')] : []),
    ],
    columns: [NAME, textColumn('Role'), AGE, ...['Users', 'Groups', 'ServiceAccounts'].map(wideColumn)],
    row: (binding, clock) => {
      const { metadata, roleRef, subjects = [] } = binding;
      const accounts = subjects.filter(({ kind }) => kind === 'ServiceAccount').map(({ name, namespace }) => `${namespace ?? ''}/${name}`);
      const named = ['User', 'Group'].map((kind) => namesOf(subjects, kind));
      return [metadata.name, `${roleRef.kind}/${roleRef.name}`, ageOf(binding, clock), ...named, accounts.join(', ')];
    },
  });
}

function namesOf(subjects: readonly Subject[], kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name }) => name)
    .join(', ');
}

/** Users and groups are RBAC's own words; an account is an object of the core. */
function defaultSubject(subject: Subject): Subject {
  return subject.apiGroup || (subject.kind !== 'User' && subject.kind !== 'Group') ? subject : { ...subject, apiGroup: GROUP };
}

function validateRole({ roleRef }: RoleBinding, namespaced: boolean): FieldProblem[] {
  const { apiGroup, kind = '', name } = roleRef;
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...(apiGroup === GROUP ? [] : [notSupported(['roleRef', 'apiGroup'], apiGroup, [GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported(['roleRef', 'kind'], kind, kinds)]),
    ...(name ? pathSegment(name).map((why) => invalid(['roleRef', 'name'], name, why)) : [required(['roleRef', 'name'])]),
  ];
}

function validateSubject({ kind, apiGroup = '', name, namespace }: Subject, namespaced: boolean, path: FieldPath): FieldProblem[] {
  const expected = kind === 'ServiceAccount' ? '' : GROUP;
  const isKnown = SUBJECTS.includes(kind);
  const isAccount = kind === 'ServiceAccount';
  return [
    ...(name ? [] : [required([...path, 'name'])]),
    ...(isAccount && name ? dns1123Subdomain(name).map((why) => invalid([...path, 'name'], name, why)) : []),
    ...(isKnown && apiGroup !== expected ? [notSupported([...path, 'apiGroup'], apiGroup, [expected])] : []),
    ...(isAccount && !namespaced && !namespace ? [required([...path, 'namespace'])] : []),
    ...(isKnown ? [] : [notSupported([...path, 'kind'], kind ?? '', SUBJECTS)]),
  ];
}
