import {
  approvalOf,
  BUILT_IN_KINDS,
  formatTime,
  type Condition,
  type CustomResourceDefinition,
  type CustomResourceNames,
  type Kind,
} from '../../model/index.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}

/** Names that something else of the group goes by. */
interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/**
 * The definition with its names judged against what else is served: which it may have, whether that establishes it, and
 * which versions may lie in the store. What is established once stays so.
 */
export function acceptNames(definition: CustomResourceDefinition, served: readonly Kind[], now: number): CustomResourceDefinition {
  const { spec, status } = definition;
  const { accepted, conflict } = judge(spec.names, status?.acceptedNames ?? {}, takenBy(served, definition));
  const named: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const established: Condition | undefined = isEstablished(definition)
    ? undefined
    : conflict
      ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
      : { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
  const approval = approvalOf(definition);
  const conforms: Condition | undefined = approval && {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: approval.state === 'Approved' ? 'True' : 'False',
    reason: `${approval.state}Annotation`,
    message: approval.why,
  };
  const conditions = [named, ...(established ? [established] : []), ...(conforms ? [conforms] : [])].reduce(
    (conditions, next) => withCondition(conditions, next, now),
    status?.conditions ?? [],
  );
  const storage = spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
  const storedVersions = [...new Set([...(status?.storedVersions ?? []), ...storage])];
  return { ...definition, status: { conditions, acceptedNames: accepted, storedVersions } };
}

function takenBy(served: readonly Kind[], { spec }: CustomResourceDefinition): Taken {
  const others = served.filter((kind) => kind.group === spec.group && (kind.plural !== spec.names.plural || BUILT_IN_KINDS.includes(kind)));
  return {
    resources: new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames])),
    kinds: new Set(others.flatMap(({ kind, listKind }) => [kind, listKind ?? `${kind}List`])),
  };
}

/** A name that is taken keeps the value that was accepted before, if any; the last conflict is the one that is told. */
function judge(wanted: CustomResourceNames, before: Partial<CustomResourceNames>, { resources, kinds }: Taken) {
  const conflicts: Conflict[] = [];
  const pick = <T>(value: T, old: T, names: readonly string[], taken: ReadonlySet<string>, reason: string): T => {
    const clash = names.filter((name) => taken.has(name));
    if (clash.length === 0) return value;
    const said = clash.map((name) => `${JSON.stringify(name)} is already in use`);
    conflicts.push({ reason, message: said.length === 1 ? said[0]! : `[${said.join(', ')}]` });
    return old;
  };
  const one = (name: string | undefined) => (name ? [name] : []);
  const plural = pick(wanted.plural, before.plural ?? '', one(wanted.plural), resources, 'PluralConflict');
  const singular = pick(wanted.singular, before.singular, one(wanted.singular), resources, 'SingularConflict');
  const shortNames = pick(wanted.shortNames, before.shortNames, wanted.shortNames ?? [], resources, 'ShortNamesConflict');
  const kind = pick(wanted.kind, before.kind ?? '', one(wanted.kind), kinds, 'KindConflict');
  const listKind = pick(wanted.listKind, before.listKind, one(wanted.listKind), kinds, 'ListKindConflict');
  const accepted: CustomResourceNames = {
    plural,
    ...(singular ? { singular } : {}),
    ...(shortNames?.length ? { shortNames } : {}),
    kind,
    ...(listKind ? { listKind } : {}),
    ...(wanted.categories?.length ? { categories: wanted.categories } : {}),
  };
  return { accepted, conflict: conflicts.at(-1) };
}

/** The definition as it is once its deletion was asked for: it waits until its objects are gone. */
export function condemn(definition: CustomResourceDefinition, now: number): CustomResourceDefinition {
  const { metadata, status } = definition;
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.includes(CLEANUP_FINALIZER)) return definition;
  const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will be initiated soon';
  const terminating: Condition = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message };
  return {
    ...definition,
    metadata: { ...metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] },
    status: { ...status, conditions: withCondition(status?.conditions ?? [], terminating, now) },
  };
}

function withCondition(conditions: readonly Condition[], next: Condition, now: number): readonly Condition[] {
  const known = conditions.find(({ type }) => type === next.type);
  const { type, status, reason, message } = next;
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : formatTime(now);
  const entry = { type, status, lastTransitionTime, reason, message };
  return known ? conditions.map((condition) => (condition === known ? entry : condition)) : [...conditions, entry];
}
